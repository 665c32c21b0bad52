/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of states when records of the log that create, alter and drop them are replayed. */
class StateReplayTest {
    private static final String NAME = "s";

    record Count(int n) {}

    record LongCount(long n) {}

    record Other(byte[] n) {}

    private final StateStore source = new StateStore(PagedMemory.anonymous(1));
    private final AtomicLong targetClock = new AtomicLong(System.currentTimeMillis());
    private final StateStore target =
            new StateStore(PagedMemory.anonymous(2), targetClock::get, SystemNanoClock.INSTANCE);
    private final StateReplay replay = new StateReplay(target);

    @AfterEach
    void close() {
        source.close();
        target.close();
    }

    private void replay(final byte type, final int stateId, final byte[] key, final byte[] value) {
        final long pointer = RawMemory.allocate(key.length + value.length + 1L);
        try {
            RawMemory.copy(key, RawMemory.ARRAY_OFFSET, null, pointer, key.length);
            RawMemory.copy(value, RawMemory.ARRAY_OFFSET, null, pointer + key.length, value.length);
            replay.onRecord(type, stateId, pointer, key.length, pointer + key.length, value.length);
        } finally {
            RawMemory.free(pointer);
        }
    }

    private void create(final StateDescriptor state) {
        final byte[] name = state.name().getBytes(StandardCharsets.UTF_8);
        replay(ChangeRecordDescriptor.TYPE_CREATE_STATE, state.id(), name, state.encode());
    }

    private void alter(final StateDescriptor state) {
        replay(ChangeRecordDescriptor.TYPE_ALTER_STATE, state.id(), new byte[0], state.encode());
    }

    private void drop(final int stateId, final String name, final StateDescriptor state) {
        replay(ChangeRecordDescriptor.TYPE_DROP_STATE, stateId, name.getBytes(StandardCharsets.UTF_8), state.encode());
    }

    private StateDescriptor first() {
        source.valueState(NAME, Codecs.LONG, Codecs.record(Count.class));
        return source.descriptor(1);
    }

    private StateDescriptor evolved() {
        source.valueState(NAME, Codecs.LONG, Codecs.record(LongCount.class));
        return source.descriptor(1);
    }

    @Test
    void shouldAlterAStateAsItWasAltered() {
        final StateDescriptor first = first();
        create(first);
        final ValueState<Long, Count> before = target.valueState(NAME, Codecs.LONG, Codecs.record(Count.class));
        before.put(1L, new Count(7));
        final StateDescriptor evolved = evolved();
        assertThat(evolved).isNotEqualTo(first);
        alter(evolved);
        assertThat(target.descriptor(1)).isEqualTo(evolved);
        final ValueState<Long, LongCount> after = target.valueState(NAME, Codecs.LONG, Codecs.record(LongCount.class));
        assertThat(target.descriptor(1))
                .as("asking for it again alters nothing")
                .isEqualTo(evolved);
        assertThat(after.get(1L)).isEqualTo(new LongCount(7));
    }

    @Test
    void shouldTakeTheLastExpiryTimeAsItIs() {
        final byte[] timeMs = new byte[Long.BYTES];
        for (final long time : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 5}) { // the clock was reset in between
            RawMemory.putLong(timeMs, RawMemory.ARRAY_OFFSET, time);
            replay(ChangeRecordDescriptor.TYPE_EXPIRY_TIME, 0, new byte[0], timeMs);
            assertThat(target.expiryClock().nowMs()).isEqualTo(time);
        }
        for (final byte[] malformed : new byte[][] {{}, {1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
            assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_EXPIRY_TIME, 0, new byte[0], malformed))
                    .isInstanceOf(CorruptStoreException.class);
        }
        assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_EXPIRY_TIME, 0, new byte[1], timeMs))
                .isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldRefuseADescriptorThatDoesNotContinueTheStates() {
        create(first());
        final StateDescriptor there = target.descriptor(1);
        final StateStore other = new StateStore(PagedMemory.anonymous(3));
        other.valueState(NAME, Codecs.LONG, Codecs.record(Other.class));
        final StateDescriptor foreign = other.descriptor(1);
        other.close();
        assertThatThrownBy(() -> alter(foreign))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("state=s");
        assertThat(target.descriptor(1)).isEqualTo(there);
    }

    @Test
    void shouldRefuseToAlterOrDropAStateThatIsNotThere() {
        final StateDescriptor first = first();
        assertThatThrownBy(() -> alter(first)).isInstanceOf(CorruptStoreException.class);
        create(first);
        assertThatThrownBy(() -> drop(1, "other", first)).isInstanceOf(CorruptStoreException.class);
        drop(1, NAME, first);
        assertThat(target.states()).isEmpty();
        assertThat(target.descriptor(1)).as("for who reads the log later").isEqualTo(first);
        assertThat(target.descriptor(2)).isNull();
        assertThatThrownBy(() -> alter(first)).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> drop(1, NAME, first)).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldGiveEntriesTheTimeAtWhichTheStateGotItsFirstTimeToLive() {
        final StateDescriptor timestamped = timestamped();
        final long sinceMs = timestamped.expiry().sinceMs();
        create(new StateDescriptor(1, NAME, timestamped.kind(), timestamped.codecs()));
        assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[8], new byte[16]))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("valueLength=16");
        replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[8], new byte[8]);
        final LongLongState before = target.longLongState(NAME);
        assertThat(before.get(0, -1)).isZero();
        alter(timestamped);
        assertThat(target.descriptor(1)).isEqualTo(timestamped);
        assertThatThrownBy(() -> before.get(0, -1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[8], new byte[8]))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("valueLength=8");
        replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, new byte[16]);
        targetClock.set(sinceMs + 9);
        final LongLongState after = target.longLongState(NAME);
        assertThat(after.get(0, -1)).isZero();
        assertThat(after.get(1, -1)).as("has the time 0").isEqualTo(-1);
        targetClock.set(sinceMs + 10);
        assertThat(after.get(0, -1)).isEqualTo(-1);
        alter(timestamped.with(timestamped.expiry().off()));
        assertThat(target.longLongState(NAME)).as("nothing is copied any more").isSameAs(after);
        assertThat(after.get(0, -1)).isZero();
    }

    @Test
    void shouldRefuseToTakeTimestampsAwayOrToGiveThemTwice() {
        final StateDescriptor timestamped = timestamped();
        final StateDescriptor plain = new StateDescriptor(1, NAME, timestamped.kind(), timestamped.codecs());
        create(plain);
        final StateDescriptor later = timestamped.with(timestamped.expiry().sincePosition(8));
        alter(later);
        assertThatThrownBy(() -> alter(plain)).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> alter(timestamped))
                .as("of another position")
                .isInstanceOf(CorruptStoreException.class);
        alter(later.with(later.expiry().off()));
        drop(1, NAME, later);
    }

    private StateDescriptor timestamped() {
        source.longLongState(NAME, TimeToLive.ofMillis(10));
        return source.descriptor(1);
    }

    @Test
    void shouldReplayWhatExpiresWithoutAskingAnyClock() {
        source.longLongState(NAME, TimeToLive.ofMillis(10));
        create(source.descriptor(1));
        replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[8], new byte[16]); // written in 1970
        assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_PUT, 1, new byte[8], new byte[8]))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("valueLength=8");
        assertThat(target.longLongState(NAME).size()).isEqualTo(1);
        assertThat(target.longLongState(NAME).containsKey(0)).isFalse();
        source.bytesState("bytes", TimeToLive.ofMillis(10));
        create(source.descriptor(2));
        replay(ChangeRecordDescriptor.TYPE_PUT, 2, new byte[3], new byte[8]);
        assertThatThrownBy(() -> replay(ChangeRecordDescriptor.TYPE_PUT, 2, new byte[3], new byte[7]))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("no timestamp");
        assertThat(target.bytesState("bytes").size()).isEqualTo(1);
    }
}

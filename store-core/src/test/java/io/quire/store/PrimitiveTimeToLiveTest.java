/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When entries of states of primitives and bytes expire, and what is done about them. */
class PrimitiveTimeToLiveTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);
    private static final TimeToLive TEN_AFTER_CREATE = TEN.updatedBy(UpdateType.ON_CREATE);
    private static final TimeToLive TEN_AFTER_READ = TEN.updatedBy(UpdateType.ON_READ_AND_WRITE);

    private final AtomicLong clock = new AtomicLong(1_000);
    private final AtomicLong nanos = new AtomicLong();
    private final StateStore store = new StateStore(PagedMemory.anonymous(7), clock::get, () -> nanos.addAndGet(1_000));
    private final UnsafeBuffer found = new UnsafeBuffer(new byte[0]);

    /** How each kind of state is opened. */
    private enum Kind {
        LONG_LONG(store -> store.longLongState("s"), (store, ttl) -> store.longLongState("s", ttl)),
        LONG_DOUBLE(store -> store.longDoubleState("s"), (store, ttl) -> store.longDoubleState("s", ttl)),
        LONG_SET(store -> store.longSetState("s"), (store, ttl) -> store.longSetState("s", ttl)),
        LONG_BYTES(store -> store.longBytesState("s"), (store, ttl) -> store.longBytesState("s", ttl)),
        BYTES(store -> store.bytesState("s"), (store, ttl) -> store.bytesState("s", ttl)),
        FIXED_BYTES(store -> store.fixedBytesState("s", 8, 5), (store, ttl) -> store.fixedBytesState("s", 8, 5, ttl));

        private final Function<StateStore, KeyedState> opened;
        private final Opener openedWith;

        Kind(final Function<StateStore, KeyedState> opened, final Opener openedWith) {
            this.opened = opened;
            this.openedWith = openedWith;
        }

        interface Opener {
            KeyedState open(StateStore store, TimeToLive timeToLive);
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static UnsafeBuffer bytes(final String text) {
        return new UnsafeBuffer(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(final DirectBuffer buffer) {
        return buffer.getStringWithoutLengthAscii(0, buffer.capacity());
    }

    private static UnsafeBuffer longs(final long... values) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[values.length * Long.BYTES]);
        for (int i = 0; i < values.length; i++) {
            buffer.putLong(i * Long.BYTES, values[i], ByteOrder.LITTLE_ENDIAN);
        }
        return buffer;
    }

    private void atEach(final Consumer<Long> write, final long... times) {
        for (final long timeMs : times) {
            clock.set(timeMs);
            write.accept(timeMs);
        }
    }

    private static Map<Long, Long> entries(final LongLongState state) {
        final Map<Long, Long> entries = new HashMap<>();
        state.forEach(entries::put);
        final Map<Long, Long> walked = new HashMap<>();
        final LongLongCursor cursor = state.cursor();
        while (cursor.next()) {
            walked.put(cursor.key(), cursor.value());
        }
        assertThat(walked).isEqualTo(entries);
        return entries;
    }

    /** The clock is asked in the middle of a change, and any thread may ask for the group of a key. */
    @Test
    void shouldNotChangeAnotherKeyWhenTheGroupOfOneIsAskedForMeanwhile() {
        final AtomicReference<LongLongState> asked = new AtomicReference<>();
        final EpochClock asking = () -> {
            if (asked.get() != null) {
                assertThat(asked.get().keyGroupOf(2)).isNotNegative();
            }
            return 1_000;
        };
        try (StateStore own = new StateStore(PagedMemory.anonymous(7), asking, nanos::get)) {
            final LongLongState longs = own.longLongState("s", TEN);
            asked.set(longs);
            longs.addAndGet(1, 5);
            longs.put(1, longs.get(1, 0) + 1);
            assertThat(entries(longs)).isEqualTo(Map.of(1L, 6L));
        }
    }

    @Test
    void shouldExpireLongsExactlyAndShowThemNowhere() {
        store.expiryBudgetNs(0);
        final LongLongState state = store.longLongState("s", TEN);
        assertThat(state.timeToLive()).isEqualTo(TEN);
        state.put(0, 10);
        clock.set(1_005);
        state.put(2, 20);
        clock.set(1_009);
        assertThat(state.get(0, -1)).isEqualTo(10);
        clock.set(1_010);
        assertThat(state.get(0, -1)).isEqualTo(-1);
        assertThat(state.containsKey(0)).isFalse();
        final long[] values = new long[3];
        state.getAll(new long[] {0, 2, 3}, 0, 3, values, -1);
        assertThat(values).containsExactly(-1, 20, -1);
        assertThat(entries(state)).isEqualTo(Map.of(2L, 20L));
        assertThat(state.compareAndSet(0, 10, 11))
                .as("an expired key has no value")
                .isFalse();
        assertThat(state.size()).as("not removed yet").isEqualTo(2);
        assertThat(state.putIfAbsent(2, 5, -1)).isEqualTo(20);
        assertThat(state.putIfAbsent(0, 5, -1)).isEqualTo(-1);
        assertThat(state.get(0, -1)).isEqualTo(5);
        clock.set(1_020);
        assertThat(state.getAndAdd(0, 3)).as("what has expired counts as 0").isZero();
        assertThat(state.addAndGet(0, 4)).isEqualTo(7);
        assertThat(state.remove(2)).as("it was not there").isFalse();
        assertThat(state.size()).isEqualTo(1);
        assertThat(state.remove(0)).isTrue();
        assertThat(state.remove(0)).isFalse();
        state.checkInvariants();
    }

    @Test
    void shouldBeginAnewAfterTheTimeOfItsCreation() {
        final LongLongState sums = store.longLongState("sums", TEN_AFTER_CREATE);
        final LongDoubleState doubles = store.longDoubleState("doubles", TEN_AFTER_CREATE);
        final BytesState counters = store.bytesState("counters", TEN_AFTER_CREATE);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 17, TEN_AFTER_CREATE);
        final UnsafeBuffer key = bytes("key");
        final UnsafeBuffer otherKey = bytes("yek");
        for (int i = 0; i < 25; i++) {
            clock.set(1_000 + i);
            final int since = i % 10 + 1; // additions
            assertThat(sums.addAndGet(7, 2)).isEqualTo(2L * since);
            assertThat(doubles.addAndGet(7, 0.5)).isEqualTo(0.5 * since);
            assertThat(counters.addAndGet(key, 0, 3, 3)).isEqualTo(3L * since);
            assertThat(fixed.addAndGet(key, 0, 9, 4)).isEqualTo(4L * since);
            assertThat(doubles.getAndAdd(8, 0.5)).isEqualTo(0.5 * (since - 1));
            assertThat(fixed.getAndAdd(otherKey, 0, 9, 4)).isEqualTo(4L * (since - 1));
        }
        clock.set(1_029);
        sums.put(7, 100);
        assertThat(sums.compareAndSet(7, 100, 101)).isTrue();
        assertThat(counters.update(key, 0, 3, value -> value.putLong(0, 100))).isTrue();
        assertThat(fixed.update(key, 0, value -> value.putLong(9, 100))).isTrue();
        assertThat(sums.get(7, -1)).isEqualTo(101);
        clock.set(1_030);
        assertThat(sums.get(7, -1)).isEqualTo(-1);
        assertThat(counters.containsKey(key, 0, 3)).isFalse();
        assertThat(counters.update(key, 0, 3, value -> value.putLong(0, 100))).isFalse();
        assertThat(fixed.update(key, 0, value -> value.putLong(9, 100))).isFalse();
        assertThat(fixed.insertOrUpdate(
                        key, 0, value -> assertThat(value.getLong(9)).isZero()))
                .as("was there")
                .isFalse();
        assertThat(fixed.containsKey(key, 0)).isTrue();
    }

    @Test
    void shouldLetAValueExpireAsOldAsItWasWhenItExpiresWhileItIsUpdated() {
        final BytesState bytes = store.bytesState("bytes", TEN_AFTER_CREATE);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 8, TEN_AFTER_CREATE);
        final UnsafeBuffer key = bytes("key");
        bytes.put(key, 0, 3, longs(1), 0, 8);
        fixed.put(key, 0, longs(1), 0);
        clock.set(1_009);
        assertThat(bytes.update(key, 0, 3, this::setAfterItHasExpired)).isTrue();
        clock.set(1_009);
        assertThat(fixed.update(key, 0, this::setAfterItHasExpired)).isTrue();
        assertThat(bytes.containsKey(key, 0, 3)).isFalse();
        assertThat(fixed.containsKey(key, 0)).isFalse();
    }

    @Test
    void shouldHandOutWhatWasWrittenAnewWhileAWalkOfAReaderTookItsTime() {
        final LongLongState longs = store.longLongState("longs", TEN);
        for (long key = 0; key < 50; key++) {
            longs.put(key, key);
        }
        final Set<Long> seen = new TreeSet<>();
        try (StoreReader reader = store.reader()) {
            reader.longLongState("longs").forEach((key, value) -> {
                assertThat(seen.add(key)).isTrue();
                clock.addAndGet(5);
                for (long other = 0; other < 50; other++) {
                    longs.put(other, other);
                }
            });
        }
        assertThat(seen).hasSize(50);
    }

    private void setAfterItHasExpired(final MutableDirectBuffer value) {
        clock.set(1_010);
        store.poll(); // nothing is removed under an updater
        value.putLong(0, 2);
    }

    @Test
    void shouldStartTheTimeAnewWithReadsThatReturnTheValue() {
        final LongLongState longs = store.longLongState("longs", TEN_AFTER_READ);
        final LongSetState set = store.longSetState("set", TEN_AFTER_READ);
        final BytesState bytes = store.bytesState("bytes", TEN_AFTER_READ);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 5, TEN_AFTER_READ);
        final UnsafeBuffer key = bytes("key");
        longs.put(1, 11);
        longs.put(2, 12);
        set.add(1);
        set.add(2);
        bytes.put(key, 0, 3, bytes("value"), 0, 5);
        fixed.put(key, 0, bytes("value"), 0);
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[5]);
        final long[] values = new long[2];
        for (int i = 1; i < 10; i++) {
            clock.set(1_000 + 9L * i);
            longs.getAll(new long[] {1, 1}, 0, 2, values, -1);
            assertThat(values).containsExactly(11, 11);
            assertThat(set.contains(1)).isTrue();
            if (i % 2 == 0) {
                assertThat(bytes.get(key, 0, 3, copy, 0)).isEqualTo(5);
                assertThat(fixed.wrap(key, 0, found)).isTrue();
                assertThat(longs.get(1, -1)).isEqualTo(11);
            } else {
                assertThat(bytes.getAll(key, new int[] {0, 3}, 0, 1, (index, value) -> value.getBytes(0, copy, 0, 5)))
                        .isEqualTo(1);
                assertThat(fixed.get(key, 0, copy, 0)).isTrue();
            }
            assertThat(text(copy)).isEqualTo("value");
        }
        assertThat(longs.containsKey(2)).as("not read").isFalse();
        assertThat(set.contains(2)).as("not read").isFalse();
        clock.set(1_090);
        assertThat(longs.containsKey(1)).isTrue();
        assertThat(bytes.valueLength(key, 0, 3)).isEqualTo(5);
        assertThat(fixed.containsKey(key, 0)).isTrue();
        clock.set(1_091);
        assertThat(longs.containsKey(1))
                .as("asking for the key made it live longer")
                .isFalse();
        assertThat(bytes.containsKey(key, 0, 3)).isFalse();
        assertThat(fixed.containsKey(key, 0)).isFalse();
    }

    @Test
    void shouldTakeTheTimeOfAReadBackWithItsBatch() {
        final LongLongState longs = store.longLongState("longs", TEN_AFTER_READ);
        final LongBytesState bytes = store.longBytesState("bytes", TEN_AFTER_READ);
        longs.put(1, 11);
        bytes.put(1, bytes("value"), 0, 5);
        clock.set(1_009);
        store.beginBatch();
        assertThat(longs.get(1, -1)).isEqualTo(11);
        assertThat(bytes.wrap(1, found)).isTrue();
        store.rollbackBatch();
        clock.set(1_010);
        assertThat(longs.containsKey(1)).isFalse();
        assertThat(bytes.containsKey(1)).isFalse();
    }

    @Test
    void shouldReadOnWithoutWritingOnceTheStoreHasFailed() {
        final LongLongState longs = store.longLongState("longs", TEN_AFTER_READ);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 5, TEN_AFTER_READ);
        longs.put(1, 11);
        fixed.put(bytes("key"), 0, bytes("value"), 0);
        store.fail(new IllegalStateException("on purpose"));
        clock.set(1_005);
        assertThat(longs.get(1, -1)).isEqualTo(11);
        assertThat(fixed.wrap(bytes("key"), 0, found)).isTrue();
        clock.set(1_010);
        assertThat(longs.get(1, -1)).isEqualTo(-1);
        assertThat(fixed.wrap(bytes("key"), 0, found)).isFalse();
    }

    @Test
    void shouldExpireKeysOfASetAndTakeAddingForAWrite() {
        store.expiryBudgetNs(0);
        final LongSetState set = store.longSetState("s", TEN);
        atEach(set::add, 1_000, 1_003, 1_006);
        assertThat(set.add(1_000)).as("it is there, and as if written now").isFalse();
        clock.set(1_013);
        assertThat(set.contains(1_003)).isFalse();
        final Set<Long> keys = new TreeSet<>();
        set.forEach(keys::add);
        assertThat(keys).containsExactly(1_000L, 1_006L);
        final LongSetCursor cursor = set.cursor();
        final Set<Long> walked = new TreeSet<>();
        while (cursor.next()) {
            walked.add(cursor.key());
        }
        assertThat(walked).isEqualTo(keys);
        assertThat(set.add(1_003)).as("it was absent").isTrue();
        assertThat(set.remove(1_006)).isTrue();
        store.longSetState("s", TEN_AFTER_CREATE);
        assertThat(set.add(1_000)).isFalse();
        clock.set(1_016);
        assertThat(set.contains(1_000)).as("adding it again made it no younger").isFalse();
        assertThat(set.remove(1_000)).isFalse();
        assertThat(set.size()).isEqualTo(1);
        set.checkInvariants();
    }

    @Test
    void shouldExpireBytesOfAnyLengthAndShowThemWithoutTimestamps() {
        store.expiryBudgetNs(0);
        final BytesState state = store.bytesState("s", TEN);
        final UnsafeBuffer large = new UnsafeBuffer(new byte[200_000]);
        large.setMemory(0, large.capacity(), (byte) 7);
        state.put(bytes("empty"), 0, 5, bytes(""), 0, 0);
        state.put(bytes("large"), 0, 5, large, 0, large.capacity());
        clock.set(1_005);
        state.put(bytes("young"), 0, 5, bytes("value"), 0, 5);
        assertThat(state.valueLength(bytes("empty"), 0, 5)).isZero();
        assertThat(state.wrap(bytes("large"), 0, 5, found)).isTrue();
        assertThat(found).isEqualTo(large);
        final ExpandableArrayBuffer copy = new ExpandableArrayBuffer(8);
        assertThat(state.get(bytes("large"), 0, 5, copy, 3)).isEqualTo(large.capacity());
        assertThat(copy.getByte(200_002)).isEqualTo((byte) 7);
        assertThatThrownBy(() -> state.get(bytes("young"), 0, 5, new UnsafeBuffer(new byte[4]), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("valueLength=5");
        assertThat(state.get(bytes("young"), 0, 5, new UnsafeBuffer(new byte[5]), 0))
                .as("no room is needed for a timestamp")
                .isEqualTo(5);
        clock.set(1_010);
        assertThat(state.get(bytes("large"), 0, 5, new UnsafeBuffer(new byte[4]), 0))
                .isEqualTo(BytesState.NOT_FOUND);
        assertThat(state.valueLength(bytes("empty"), 0, 5)).isEqualTo(BytesState.NOT_FOUND);
        final Map<String, String> entries = new HashMap<>();
        state.forEach((key, value) -> entries.put(text(key), text(value)));
        assertThat(entries).isEqualTo(Map.of("young", "value"));
        try (BytesCursor cursor = state.cursor()) {
            assertThat(cursor.next()).isTrue();
            assertThat(text(cursor.value())).isEqualTo("value");
            assertThat(cursor.next()).isFalse();
        }
        assertThat(state.putIfAbsent(bytes("young"), 0, 5, bytes("other"), 0, 5))
                .isFalse();
        assertThat(state.putIfAbsent(bytes("large"), 0, 5, bytes("other"), 0, 5))
                .isTrue();
        assertThat(state.remove(bytes("empty"), 0, 5)).isFalse();
        assertThat(state.size()).isEqualTo(2);
        state.checkInvariants();
    }

    @Test
    void shouldCountInFieldsOfBytes() {
        final BytesState state = store.bytesState("s", TEN);
        final UnsafeBuffer key = bytes("key");
        assertThat(state.addAndGet(key, 0, 3, 5, 7)).isEqualTo(7);
        assertThat(state.valueLength(key, 0, 3)).isEqualTo(13);
        assertThatThrownBy(() -> state.addAndGet(key, 0, 3, 6, 7)).isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> state.addAndGet(key, 0, 3, 7)).isInstanceOf(StateMismatchException.class);
        clock.set(1_009);
        assertThat(state.addAndGet(key, 0, 3, 5, 8)).isEqualTo(15);
        clock.set(1_018);
        assertThat(state.addAndGet(key, 0, 3, 4, 0))
                .as("the bytes of 15, one on")
                .isEqualTo(15 << 8);
        clock.set(1_028);
        assertThat(state.addAndGet(key, 0, 3, 9))
                .as("it has expired, whatever its length")
                .isEqualTo(9);
        assertThat(state.valueLength(key, 0, 3)).isEqualTo(8);
    }

    @Test
    void shouldUpdateWhileTheUpdaterWritesToTheSameState() {
        final FixedBytesState fixed = store.fixedBytesState("fixed", 3, 16, TEN);
        final BytesState bytes = store.bytesState("bytes", TEN);
        fixed.put(bytes("one"), 0, longs(1, 2), 0);
        bytes.put(bytes("one"), 0, 3, longs(1, 2), 0, 16);
        fixed.update(bytes("one"), 0, value -> {
            fixed.put(bytes("two"), 0, longs(8, 9), 0);
            fixed.add(bytes("six"), 0);
            value.putLong(8, value.getLong(0) + 5);
        });
        bytes.update(bytes("one"), 0, 3, value -> {
            bytes.put(bytes("two"), 0, 3, longs(8), 0, 8);
            bytes.addAndGet(bytes("six"), 0, 3, 4);
            value.putLong(8, value.getLong(0) + 5);
        });
        assertThat(fixed.wrap(bytes("one"), 0, found)).isTrue();
        assertThat(found).isEqualTo(longs(1, 6));
        assertThat(fixed.wrap(bytes("six"), 0, found)).isTrue();
        assertThat(found).isEqualTo(longs(0, 0));
        assertThat(bytes.wrap(bytes("one"), 0, 3, found)).isTrue();
        assertThat(found).isEqualTo(longs(1, 6));
        assertThat(bytes.wrap(bytes("six"), 0, 3, found)).isTrue();
        assertThat(found).isEqualTo(longs(4));
    }

    @Test
    void shouldRefuseBytesThatLeaveNoRoomForATimestamp() {
        final BytesState state = store.bytesState("s", TEN);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[BytesState.VALUE_LENGTH_MAX - 7]);
        assertThatThrownBy(() -> state.put(bytes("key"), 0, 3, value, 0, value.capacity()))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("found=" + value.capacity());
        assertThat(state.size()).isZero();
        assertThatCode(() -> store.fixedBytesState("longest", FixedBytesState.KEY_LENGTH_MAX, 256, TEN))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> store.fixedBytesState("longer", 8, 257, TEN))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> store.fixedBytesState("longer", 8, 257)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldPassOverWhatHasExpiredInWalksOverParts() {
        store.expiryBudgetNs(0);
        final LongLongState longs = store.longLongState("longs", TEN);
        final LongBytesState bytes = store.longBytesState("bytes", TEN);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 8, 3, TEN);
        for (int i = 0; i < 20; i++) {
            clock.set(1_000 + i);
            longs.put(i, i);
            bytes.put(i, bytes("text"), 0, 4);
            fixed.put(longs(i), 0, bytes("abc"), 0);
        }
        final Set<Long> expected = new TreeSet<>(Set.of(10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L));
        final Set<Long> inLongs = new TreeSet<>();
        final Set<Long> inBytes = new TreeSet<>();
        final Set<Long> inFixed = new TreeSet<>();
        for (int part = 0; part < 3; part++) {
            final KeyGroupRange range = KeyGroupRange.part(part, 3);
            longs.forEach(range, (key, value) -> {
                assertThat(range.contains(longs.keyGroupOf(key))).isTrue();
                inLongs.add(key);
            });
            bytes.forEach(range, (key, value) -> inBytes.add(text(value).equals("text") ? key : -1));
            fixed.forEach(range, (key, value) -> inFixed.add(value.capacity() == 3 ? key.getLong(0) : -1));
        }
        assertThat(inLongs).isEqualTo(expected);
        assertThat(inBytes).isEqualTo(expected);
        assertThat(inFixed).isEqualTo(expected);
        final LongLongState plain = store.longLongState("plain");
        assertThat(longs.keyGroupOf(42)).as("as without a time to live").isEqualTo(plain.keyGroupOf(42));
    }

    @Test
    void shouldNoticeValuesThatAreTooShortForATimestamp() {
        final byte[] key = new byte[Long.BYTES];
        final RecordTable table = RecordTable.create(store.memory());
        table.put(key, RawMemory.ARRAY_OFFSET, Long.BYTES, new byte[8], RawMemory.ARRAY_OFFSET, 8);
        final BytesState bytes =
                new TimestampedBytesState(store, store.bytesState("b", TEN).descriptor(), table);
        final LongBytesState longBytes =
                new LongBytesState(store, store.longBytesState("l", TEN).descriptor(), table);
        bytes.checkInvariants();
        longBytes.checkInvariants();
        table.put(key, RawMemory.ARRAY_OFFSET, Long.BYTES, new byte[7], RawMemory.ARRAY_OFFSET, 7);
        assertThatThrownBy(bytes::checkInvariants)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("state=b");
        assertThatThrownBy(longBytes::checkInvariants)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("state=l");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldCreateAStateWithoutTimestampsWhenItsTimeToLiveIsOff(final Kind kind) {
        final KeyedState state = kind.openedWith.open(store, TimeToLive.OFF);
        assertThat(state.descriptor().expiry().isNone()).isTrue();
        assertThat(kind.openedWith.open(store, TimeToLive.OFF)).isSameAs(state);
        assertThat(kind.opened.apply(store)).isSameAs(state);
        assertThatThrownBy(() -> kind.openedWith.open(store, null)).isInstanceOf(NullPointerException.class);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLeaveAStateItsTimeToLiveAndChangeItWhenAsked(final Kind kind) {
        final KeyedState state = kind.openedWith.open(store, TEN);
        assertThat(kind.opened.apply(store)).as("the same object").isSameAs(state);
        assertThat(state.timeToLive()).isEqualTo(TEN);
        assertThat(kind.openedWith.open(store, TEN_AFTER_READ)).isSameAs(state);
        assertThat(state.timeToLive()).isEqualTo(TEN_AFTER_READ);
        kind.openedWith.open(store, TimeToLive.OFF);
        assertThat(state.timeToLive()).isEqualTo(TimeToLive.OFF);
        assertThat(kind.opened.apply(store)).isSameAs(state);
        kind.openedWith.open(store, TEN_AFTER_CREATE);
        assertThat(state.timeToLive()).isEqualTo(TEN_AFTER_CREATE);
        store.beginBatch();
        assertThatThrownBy(() -> kind.openedWith.open(store, TEN)).isInstanceOf(ConfigurationException.class);
        store.commitBatch();
    }

    @Test
    void shouldJudgeByTheTimeToLiveThatTheStateHasNow() {
        store.expiryBudgetNs(0);
        final LongLongState state = store.longLongState("s", TEN);
        state.put(1, 1);
        clock.set(1_010);
        assertThat(state.containsKey(1)).isFalse();
        store.longLongState("s", TimeToLive.ofMillis(20));
        assertThat(state.containsKey(1)).isTrue();
        store.longLongState("s", TimeToLive.OFF);
        clock.set(2_000);
        assertThat(state.get(1, -1)).isEqualTo(1);
        state.put(2, 2);
        clock.set(2_009);
        store.longLongState("s", TEN);
        assertThat(entries(state)).as("written while it was off").isEqualTo(Map.of(2L, 2L));
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(1);
        clock.set(1_000);
        assertThat(state.get(2, -1)).as("the store's time never goes back").isEqualTo(2);
    }

    @Test
    void shouldCleanByItselfWhileItWritesAndWhenItPolls() {
        final LongLongState longs = store.longLongState("longs", TEN);
        final LongDoubleState doubles = store.longDoubleState("doubles", TEN);
        final LongSetState set = store.longSetState("set", TEN);
        final LongBytesState longBytes = store.longBytesState("long bytes", TEN);
        final BytesState bytes = store.bytesState("bytes", TEN);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 8, 4, TEN);
        for (int i = 0; i < 5_000; i++) {
            clock.set(1_000 + i);
            longs.put(i, i);
            doubles.put(i, i);
            set.add(i);
            longBytes.put(i, bytes("value"), 0, 5);
            bytes.put(longs(i), 0, 8, bytes("value"), 0, 5);
            fixed.put(longs(i), 0, bytes("four"), 0);
        }
        for (final KeyedState state :
                Stream.of(longs, doubles, set, longBytes, bytes, fixed).toList()) {
            assertThat(state.size()).as(state.name()).isLessThan(1_000);
            state.checkInvariants();
        }
        clock.addAndGet(100);
        for (int i = 0; i < 1_000; i++) {
            store.poll();
        }
        for (final KeyedState state : store.states()) {
            assertThat(state.size()).as(state.name()).isZero();
        }
        assertThat(store.expiryCounters().removed()).isEqualTo(6 * 5_000);
    }

    @Test
    void shouldCleanWithinTheBudgetAndNotInsideBatchesAndWalks() {
        final LongLongState longs = store.longLongState("longs", TEN);
        for (int i = 0; i < 500; i++) {
            longs.put(i, i);
        }
        clock.set(1_010);
        assertThat(store.cleanExpired(0)).as("one step").isEqualTo(1);
        assertThat(store.cleanExpired(20_000)).isBetween(2L, 40L);
        store.beginBatch(); // before which it cleans by itself
        final long size = longs.size();
        assertThat(size).isGreaterThan(200);
        longs.forEach((key, value) -> {
            throw new AssertionError("nothing lives");
        });
        for (int i = 0; i < 200; i++) {
            longs.put(1_000_000 + i, 1);
        }
        store.poll();
        assertThat(longs.size()).isEqualTo(size + 200);
        store.rollbackBatch();
        assertThat(longs.size()).isEqualTo(size);
        final LongLongCursor cursor = longs.cursor();
        store.cleanExpired(Long.MAX_VALUE);
        assertThat(longs.size()).isZero();
        assertThat(cursor.next()).isFalse();
        longs.put(1, 1);
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void shouldHideWhatHasExpiredFromReadersOnOtherThreads() {
        store.expiryBudgetNs(0);
        final LongLongState longs = store.longLongState("longs", TEN);
        final LongDoubleState doubles = store.longDoubleState("doubles", TEN);
        final LongSetState set = store.longSetState("set", TEN);
        final LongBytesState longBytes = store.longBytesState("long bytes", TEN);
        final BytesState bytes = store.bytesState("bytes", TEN);
        final FixedBytesState fixed = store.fixedBytesState("fixed", 8, 5, TEN);
        final String large = "v".repeat(70_000);
        for (long i = 0; i < 2; i++) {
            clock.set(1_000 + i);
            longs.put(i, 10 + i);
            doubles.put(i, 0.5 + i);
            set.add(i);
            longBytes.put(i, bytes(large), 0, large.length());
            bytes.put(longs(i), 0, 8, bytes("value"), 0, 5);
            fixed.put(longs(i), 0, bytes("fixed"), 0);
        }
        try (StoreReader reader = store.reader()) {
            final UnsafeBuffer exact = new UnsafeBuffer(new byte[5]);
            final UnsafeBuffer none = new UnsafeBuffer(new byte[0]);
            final ExpandableArrayBuffer any = new ExpandableArrayBuffer(8);
            clock.set(1_010);
            final LongLongStateReader readLongs = reader.longLongState("longs");
            assertThat(readLongs.get(0, -1)).isEqualTo(-1);
            assertThat(readLongs.get(1, -1)).isEqualTo(11);
            assertThat(readLongs.containsKey(0)).isFalse();
            assertThat(readLongs.containsKey(1)).isTrue();
            final long[] values = new long[2];
            readLongs.getAll(new long[] {0, 1}, 0, 2, values, -1);
            assertThat(values).containsExactly(-1, 11);
            final Map<Long, Long> entries = new HashMap<>();
            readLongs.forEach(entries::put);
            assertThat(entries).isEqualTo(Map.of(1L, 11L));
            assertThat(reader.longDoubleState("doubles").get(0, -1)).isEqualTo(-1);
            assertThat(reader.longDoubleState("doubles").get(1, -1)).isEqualTo(1.5);
            assertThat(reader.longSetState("set").contains(0)).isFalse();
            assertThat(reader.longSetState("set").contains(1)).isTrue();
            final LongBytesStateReader readLongBytes = reader.longBytesState("long bytes");
            assertThat(readLongBytes.get(0, none, 0)).as("no room is needed").isEqualTo(BytesState.NOT_FOUND);
            assertThat(readLongBytes.get(1, any, 0)).isEqualTo(large.length());
            assertThat(any.getStringWithoutLengthAscii(0, large.length())).isEqualTo(large);
            assertThat(readLongBytes.valueLength(1)).isEqualTo(large.length());
            assertThat(readLongBytes.containsKey(0)).isFalse();
            final BytesStateReader readBytes = reader.bytesState("bytes");
            assertThat(readBytes.get(longs(1), 0, 8, exact, 0)).isEqualTo(5);
            assertThat(text(exact)).isEqualTo("value");
            assertThat(readBytes.getAll(
                            longs(0, 1),
                            new int[] {0, 8, 16},
                            0,
                            2,
                            (index, value) -> assertThat(text(value)).isEqualTo("value")))
                    .isEqualTo(1);
            readBytes.forEach(
                    (key, value) -> assertThat(text(value) + key.getLong(0)).isEqualTo("value1"));
            final FixedBytesStateReader readFixed = reader.fixedBytesState("fixed", 8, 5);
            assertThat(readFixed.get(longs(0), 0, exact, 0)).isFalse();
            assertThat(readFixed.get(longs(1), 0, exact, 0)).isTrue();
            assertThat(text(exact)).isEqualTo("fixed");
            assertThat(readFixed.containsKey(longs(0), 0)).isFalse();
            readFixed.forEach(
                    (key, value) -> assertThat(text(value) + key.getLong(0)).isEqualTo("fixed1"));
            store.longLongState("longs", TimeToLive.OFF);
            assertThat(readLongs.get(0, -1)).as("switched off by the writer").isEqualTo(10);
            clock.set(1_000_000);
            assertThat(readBytes.containsKey(longs(1), 0, 8)).isFalse();
            assertThat(reader.longSetState("set").contains(1)).isFalse();
        }
        longs.checkInvariants();
    }

    @Test
    void shouldGoOnAfterAStateWasClearedOrDroppedInTheMiddleOfAPass() {
        final LongLongState longs = store.longLongState("longs", TEN);
        for (int i = 0; i < 100; i++) {
            longs.put(i, i);
        }
        clock.set(1_010);
        assertThat(store.cleanExpired(0)).isEqualTo(1);
        longs.clear();
        longs.put(1, 1);
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isZero();
        clock.set(1_020);
        for (int i = 0; i < 10; i++) {
            longs.put(i + 10, i);
        }
        clock.set(1_030);
        assertThat(store.cleanExpired(0)).isEqualTo(1);
        store.dropState("longs");
        assertThatThrownBy(() -> longs.get(1, -1)).isInstanceOf(IllegalStateException.class);
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isZero();
        final LongLongState again = store.longLongState("longs");
        again.put(1, 1);
        clock.set(2_000);
        assertThat(again.get(1, -1)).as("created without a time to live").isEqualTo(1);
    }
}

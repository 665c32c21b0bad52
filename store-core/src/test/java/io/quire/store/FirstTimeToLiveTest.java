/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.TestMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** States of primitives and bytes that exist and get their first time to live. */
class FirstTimeToLiveTest {
    private static final TimeToLive TEN = TimeToLive.ofMillis(10);
    private static final String NAME = "s";
    private static final int KEYS = 5_000;
    private static final int FIXED_LENGTH = 13;

    private final AtomicLong clock = new AtomicLong(1_000);
    private final StateStore store = store(27, 1L << 32);

    private StateStore store(final int windowShift, final long lengthMax) {
        return new StateStore(
                PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(windowShift))
                        .hashSeed(7)
                        .lengthMax(lengthMax)),
                clock::get,
                SystemNanoClock.INSTANCE);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Each kind of state as a map from longs to longs. */
    private enum Kind {
        LONG_LONG,
        LONG_DOUBLE,
        LONG_SET,
        LONG_BYTES,
        BYTES,
        FIXED_BYTES,
        FIXED_SET;

        KeyedState open(final StateStore store, final TimeToLive ttl) {
            return switch (this) {
                case LONG_LONG -> ttl == null ? store.longLongState(NAME) : store.longLongState(NAME, ttl);
                case LONG_DOUBLE -> ttl == null ? store.longDoubleState(NAME) : store.longDoubleState(NAME, ttl);
                case LONG_SET -> ttl == null ? store.longSetState(NAME) : store.longSetState(NAME, ttl);
                case LONG_BYTES -> ttl == null ? store.longBytesState(NAME) : store.longBytesState(NAME, ttl);
                case BYTES -> ttl == null ? store.bytesState(NAME) : store.bytesState(NAME, ttl);
                case FIXED_BYTES -> fixed(store, FIXED_LENGTH, ttl);
                case FIXED_SET -> fixed(store, 0, ttl);
            };
        }

        private static KeyedState fixed(final StateStore store, final int length, final TimeToLive ttl) {
            return ttl == null
                    ? store.fixedBytesState(NAME, Long.BYTES, length)
                    : store.fixedBytesState(NAME, Long.BYTES, length, ttl);
        }

        boolean isSet() {
            return this == LONG_SET || this == FIXED_SET;
        }

        void put(final KeyedState state, final long key, final long value) {
            switch (this) {
                case LONG_LONG -> ((LongLongState) state).put(key, value);
                case LONG_DOUBLE -> ((LongDoubleState) state).put(key, value);
                case LONG_SET -> ((LongSetState) state).add(key);
                case LONG_BYTES -> {
                    final UnsafeBuffer bytes = bytes(value);
                    ((LongBytesState) state).put(key, bytes, 0, bytes.capacity());
                }
                case BYTES -> {
                    final UnsafeBuffer bytes = bytes(value);
                    ((BytesState) state).put(longs(key), 0, Long.BYTES, bytes, 0, bytes.capacity());
                }
                default -> ((FixedBytesState) state).put(longs(key), 0, fixedBytes(value), 0);
            }
        }

        private static UnsafeBuffer longs(final long value) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES]);
            buffer.putLong(0, value);
            return buffer;
        }

        /** Of no length for 0, and some that have an extent of their own. */
        private static UnsafeBuffer bytes(final long value) {
            final int length = value == 0 ? 0 : Long.BYTES + (int) (value % 500 == 0 ? 70_000 : value % 40);
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
            if (length > 0) {
                buffer.setMemory(0, length, (byte) value);
                buffer.putLong(0, value);
            }
            return buffer;
        }

        private static UnsafeBuffer fixedBytes(final long value) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[FIXED_LENGTH]);
            buffer.putLong(4, value);
            return buffer;
        }

        private static long longOf(final DirectBuffer value) {
            final long found = value.capacity() == 0 ? 0 : value.getLong(0);
            final UnsafeBuffer expected = bytes(found);
            assertThat(value.capacity()).isEqualTo(expected.capacity());
            assertThat(expected.equals(new UnsafeBuffer(value))).isTrue();
            return found;
        }

        Map<Long, Long> entries(final KeyedState state) {
            final Map<Long, Long> entries = new HashMap<>();
            final BiConsumer<Long, Long> once =
                    (key, value) -> assertThat(entries.put(key, value)).isNull();
            switch (this) {
                case LONG_LONG -> ((LongLongState) state).forEach(once::accept);
                case LONG_DOUBLE -> ((LongDoubleState) state).forEach((key, value) -> once.accept(key, (long) value));
                case LONG_SET -> ((LongSetState) state).forEach(key -> once.accept(key, 0L));
                case LONG_BYTES -> ((LongBytesState) state).forEach((key, value) -> once.accept(key, longOf(value)));
                case BYTES -> ((BytesState) state).forEach((key, value) -> once.accept(key.getLong(0), longOf(value)));
                case FIXED_BYTES ->
                    ((FixedBytesState) state).forEach((key, value) -> once.accept(key.getLong(0), value.getLong(4)));
                default -> ((FixedBytesState) state).forEach((key, value) -> once.accept(key.getLong(0), 0L));
            }
            return entries;
        }

        /** One step of a walk each time; says whether there was an entry. */
        BooleanSupplier cursor(final KeyedState state) {
            return switch (this) {
                case LONG_LONG -> ((LongLongState) state).cursor()::next;
                case LONG_DOUBLE -> ((LongDoubleState) state).cursor()::next;
                case LONG_SET -> ((LongSetState) state).cursor()::next;
                case LONG_BYTES -> ((LongBytesState) state).cursor()::next;
                case BYTES -> ((BytesState) state).cursor()::next;
                default -> ((FixedBytesState) state).cursor()::next;
            };
        }

        /** As a reader of the state reads, now and each time the result is asked. */
        Supplier<Map<Long, Long>> read(final StoreReader reader) {
            final Map<Long, Long> entries = new HashMap<>();
            final Runnable walk = switch (this) {
                case LONG_LONG -> {
                    final LongLongStateReader read = reader.longLongState(NAME);
                    yield () -> read.forEach(entries::put);
                }
                case LONG_DOUBLE -> {
                    final LongDoubleStateReader read = reader.longDoubleState(NAME);
                    yield () -> read.forEach((key, value) -> entries.put(key, (long) value));
                }
                case LONG_SET -> {
                    final LongSetStateReader read = reader.longSetState(NAME);
                    yield () -> read.forEach(key -> entries.put(key, 0L));
                }
                case LONG_BYTES -> {
                    final LongBytesStateReader read = reader.longBytesState(NAME);
                    yield () -> read.forEach((key, value) -> entries.put(key, longOf(value)));
                }
                case BYTES -> {
                    final BytesStateReader read = reader.bytesState(NAME);
                    yield () -> read.forEach((key, value) -> entries.put(key.getLong(0), longOf(value)));
                }
                case FIXED_BYTES -> {
                    final FixedBytesStateReader read = reader.fixedBytesState(NAME, Long.BYTES, FIXED_LENGTH);
                    yield () -> read.forEach((key, value) -> entries.put(key.getLong(0), value.getLong(4)));
                }
                case FIXED_SET -> {
                    final FixedBytesStateReader read = reader.fixedBytesState(NAME, Long.BYTES, 0);
                    yield () -> read.forEach((key, value) -> entries.put(key.getLong(0), 0L));
                }
            };
            return () -> {
                entries.clear();
                walk.run();
                return entries;
            };
        }
    }

    private static long usedExtents(final StateStore store) {
        final long[] counts = store.memory().extentsByKind();
        return Arrays.stream(counts).sum()
                - counts[ExtentKind.FREE.code()]
                - counts[ExtentKind.WINDOW.code()]; // of what has grown
    }

    private static Map<Long, Long> fill(final Kind kind, final KeyedState state) {
        final Map<Long, Long> expected = new HashMap<>();
        for (long key = 0; key < KEYS; key++) {
            kind.put(state, key, key);
            expected.put(key, kind.isSet() ? 0 : key);
        }
        return expected;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLetWhatIsThereLiveFromThenOnAndLoseNothing(final Kind kind) {
        final Map<Long, Long> expected = fill(kind, kind.open(store, null));
        clock.set(2_000);
        final KeyedState state = kind.open(store, TEN);
        assertThat(kind.open(store, null)).as("the same object each time").isSameAs(state);
        assertThat(kind.open(store, TEN)).isSameAs(state);
        assertThat(state.timeToLive()).isEqualTo(TEN);
        assertThat(state.size()).isEqualTo(KEYS);
        assertThat(kind.entries(state)).isEqualTo(expected);
        clock.set(2_009);
        assertThat(kind.entries(state)).isEqualTo(expected);
        try (StoreReader reader = store.reader()) {
            assertThat(kind.read(reader).get()).isEqualTo(expected);
            kind.put(state, 1, 42);
            clock.set(2_010);
            final Map<Long, Long> left = Map.of(1L, kind.isSet() ? 0L : 42L);
            assertThat(kind.entries(state)).isEqualTo(left);
            assertThat(kind.read(reader).get()).isEqualTo(left);
        }
        assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(KEYS - 1);
        assertThat(state.size()).isEqualTo(1);
        state.checkInvariants();
        assertThat(kind.open(store, TimeToLive.OFF)).isSameAs(state);
        clock.set(1_000_000);
        assertThat(kind.entries(state)).as("switched off").hasSize(1);
    }

    /** Neither the objects of before nor readers take the state for what it was. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldNotBeUsableByWhatWasOpenedBefore(final Kind kind) {
        final KeyedState before = kind.open(store, null);
        final Map<Long, Long> expected = fill(kind, before);
        final BooleanSupplier cursor = kind.cursor(before);
        assertThat(cursor.getAsBoolean()).isTrue();
        final BooleanSupplier cursorAtItsStart = kind.cursor(before);
        final BooleanSupplier endedCursor = kind.cursor(before);
        for (int i = 0; i < KEYS; i++) {
            assertThat(endedCursor.getAsBoolean()).isTrue();
        }
        assertThat(endedCursor.getAsBoolean()).isFalse();
        try (StoreReader reader = store.reader()) {
            final Supplier<Map<Long, Long>> readBefore = kind.read(reader);
            assertThat(readBefore.get()).isEqualTo(expected);
            kind.open(store, TEN);
            assertThatThrownBy(readBefore::get)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("opened again");
            assertThat(kind.read(reader).get()).isEqualTo(expected);
        }
        assertThatThrownBy(() -> kind.put(before, 1, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("opened again");
        assertThatThrownBy(() -> kind.entries(before)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(before::clear).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(before::checkInvariants).isInstanceOf(IllegalStateException.class);
        for (final BooleanSupplier open : List.of(cursor, cursorAtItsStart)) {
            assertThatThrownBy(open::getAsBoolean)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("opened again");
        }
        assertThat(endedCursor.getAsBoolean()).isFalse();
        assertThatThrownBy(before::statistics).isInstanceOf(IllegalStateException.class);
        store.beginBatch();
        assertThatThrownBy(() -> kind.put(before, 1, 1)).isInstanceOf(IllegalStateException.class);
        store.rollbackBatch();
        assertThat(kind.entries(kind.open(store, null))).isEqualTo(expected);
        assertThat(store.failure()).isNull();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldGiveTheSpaceOfTheOldTableBack(final Kind kind) {
        final KeyedState state = kind.open(store, null);
        fill(kind, state);
        final KeyedState timestamped = kind.open(store, TEN);
        final long extents = timestamped.statistics().extentCount();
        fill(kind, timestamped);
        assertThat(timestamped.statistics().extentCount()).isLessThanOrEqualTo(2 * extents + 2);
        final long used = usedExtents(store);
        for (int i = 0; i < 5; i++) {
            store.dropState(NAME);
            fill(kind, kind.open(store, null));
            kind.open(store, TEN);
        }
        assertThat(usedExtents(store)).isLessThanOrEqualTo(used);
        store.dropState(NAME);
        assertThat(store.states()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldRefuseInsideBatchesAndWalksAndChangeNothing(final Kind kind) {
        final KeyedState state = kind.open(store, null);
        final Map<Long, Long> expected = fill(kind, state);
        store.beginBatch();
        assertThatThrownBy(() -> kind.open(store, TEN)).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        final LongSetState other = store.longSetState("other");
        other.add(1);
        final AtomicReference<Throwable> refused = new AtomicReference<>();
        other.forEach(key -> {
            try {
                kind.open(store, TEN);
            } catch (final ConfigurationException e) {
                refused.set(e);
            }
        });
        assertThat(refused.get()).hasMessageContaining("inside a walk").hasMessageContaining("state=s");
        assertThat(kind.open(store, null)).isSameAs(state);
        assertThat(state.timeToLive()).isEqualTo(TimeToLive.OFF);
        assertThat(kind.entries(state)).isEqualTo(expected);
        assertThat(kind.entries(kind.open(store, TEN))).isEqualTo(expected);
    }

    /** With less and less room, until there is none: whatever step it fails in, the state is as it was. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLeaveTheStateAsItWasWhenThereIsNoMemoryForTheCopy(final Kind kind) {
        int failed = 0;
        int succeeded = 0;
        for (long lengthMax = 4 << 16; succeeded == 0; lengthMax += Math.max(65_536, lengthMax / 8)) {
            try (StateStore small = store(20, lengthMax)) {
                final Map<Long, Long> expected;
                try {
                    expected = fill(kind, kind.open(small, null));
                } catch (final StoreFullException e) {
                    continue;
                }
                final KeyedState before = kind.open(small, null);
                final long used = usedExtents(small);
                try {
                    kind.open(small, TEN);
                    succeeded++;
                } catch (final StoreFullException e) {
                    failed++;
                    assertThat(kind.open(small, null)).isSameAs(before);
                    assertThat(usedExtents(small)).isEqualTo(used);
                }
                assertThat(small.failure()).isNull();
                assertThat(kind.entries(kind.open(small, null))).isEqualTo(expected);
                small.states().forEach(KeyedState::checkInvariants);
            }
        }
        assertThat(failed).isPositive();
    }

    /** Nothing is changed before all is loaded, so an older checkpoint and the log can do in its place. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldFailAsTheDamagedPageDoesWhenItIsOneThatOnlyGivingBackReads(final Kind kind) {
        final KeyedState original = kind.open(store, null);
        final Map<Long, Long> expected = fill(kind, original);
        final TestMemory.Replica replica = new TestMemory.Replica();
        replica.checkpoint(store.memory());
        final int damaged =
                (int) ((original.rootAddress() & -PageDescriptor.EXTENT_LENGTH) >>> PageDescriptor.PAGE_SHIFT);
        final StateDescriptor timestamped = kind.open(store, TEN).descriptor();
        final AtomicBoolean whole = new AtomicBoolean();
        try (StateStore recovered = recover(replica, damaged, whole)) {
            final StateReplay replay = new StateReplay(recovered);
            final KeyedState before = kind.open(recovered, null);
            assertThatThrownBy(() -> alter(replay, timestamped))
                    .isExactlyInstanceOf(CorruptStoreException.class)
                    .hasMessage("damaged");
            assertThat(recovered.failure()).isNull();
            assertThatThrownBy(() -> recovered.dropState(NAME))
                    .isExactlyInstanceOf(CorruptStoreException.class)
                    .hasMessage("damaged");
            assertThat(recovered.failure()).isNull();
            assertThat(kind.open(recovered, null)).isSameAs(before);
            assertThat(kind.entries(before)).isEqualTo(expected);
            whole.set(true);
            final long used = usedExtents(recovered);
            alter(replay, timestamped);
            assertThat(kind.entries(kind.open(recovered, null))).isEqualTo(expected);
            recovered.states().forEach(KeyedState::checkInvariants);
            recovered.dropState(NAME);
            assertThat(usedExtents(recovered))
                    .as("nothing is left of the first copy")
                    .isLessThan(used);
        }
        try (StateStore recovered = recover(replica, damaged, new AtomicBoolean())) {
            final KeyedState before = kind.open(recovered, null);
            assertThatThrownBy(() -> kind.open(recovered, TEN))
                    .isExactlyInstanceOf(CorruptStoreException.class)
                    .hasMessage("damaged");
            assertThat(recovered.failure()).as("nothing was changed").isNull();
            assertThat(kind.open(recovered, null)).isSameAs(before);
            assertThat(kind.entries(before)).isEqualTo(expected);
        }
    }

    private StateStore recover(final TestMemory.Replica replica, final int damaged, final AtomicBoolean whole) {
        return new StateStore(
                replica.recover((page, target) -> {
                    if (page == damaged && !whole.get()) {
                        throw new CorruptStoreException("damaged");
                    }
                    replica.load(page, target);
                }),
                clock::get,
                SystemNanoClock.INSTANCE);
    }

    private static void alter(final StateReplay replay, final StateDescriptor descriptor) {
        final UnsafeBuffer encoded = new UnsafeBuffer(ByteBuffer.allocateDirect(1_024));
        encoded.putBytes(0, descriptor.encode());
        replay.onRecord(
                ChangeRecordDescriptor.TYPE_ALTER_STATE,
                descriptor.id(),
                encoded.addressOffset(),
                0,
                encoded.addressOffset(),
                descriptor.encode().length);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldGiveTheCopyUpWhenTheStoreIsAboutToBeClosed(final Kind kind) {
        final KeyedState state = kind.open(store, null);
        final Map<Long, Long> expected = fill(kind, state);
        final long used = usedExtents(store);
        store.announceClose();
        assertThatThrownBy(() -> kind.open(store, TEN))
                .isInstanceOf(StoreClosedException.class)
                .hasMessageContaining("state=s");
        assertThat(store.failure()).isNull();
        assertThat(kind.open(store, null)).isSameAs(state);
        assertThat(state.timeToLive()).isEqualTo(TimeToLive.OFF);
        assertThat(kind.entries(state)).isEqualTo(expected);
        assertThat(usedExtents(store)).isEqualTo(used);
    }

    /** Closed by another thread while the writer is about to copy: without files nothing else announces it. */
    @Test
    void shouldGiveTheCopyUpWhenTheStoreIsClosed() throws InterruptedException {
        final AtomicReference<StateStore> closed = new AtomicReference<>();
        final AtomicInteger calls = new AtomicInteger(Integer.MIN_VALUE);
        final Thread closing = new Thread(() -> closed.get().close(), "closing");
        final StateStore plain = new StateStore(
                PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(7)),
                () -> {
                    if (calls.incrementAndGet() == 2) { // the last call before the copy, by the thread that copies
                        closing.start();
                        while (!closed.get().closed()) {
                            Thread.onSpinWait();
                        }
                    }
                    return 1_000;
                },
                SystemNanoClock.INSTANCE);
        closed.set(plain);
        plain.longLongState(NAME).put(1, 1);
        plain.releaseOwnership();
        calls.set(0);
        assertThatThrownBy(() -> plain.longLongState(NAME, TEN))
                .isInstanceOf(StoreClosedException.class)
                .hasMessageContaining("gets its first time to live");
        closing.join();
        assertThat(plain.failure()).isNull();
    }

    /** It may never call again, and who closes must not have to wait for that to unmap the memory. */
    @Test
    void shouldCountTheWriterAsGoneOnceItWasToldOfTheCloseInTheCopy() throws InterruptedException {
        final AtomicReference<StateStore> closed = new AtomicReference<>();
        final AtomicInteger calls = new AtomicInteger(Integer.MIN_VALUE);
        final AtomicBoolean alone = new AtomicBoolean();
        final Thread closing = new Thread(() -> alone.set(closed.get().closeToCallers()), "closing");
        final StateStore plain = new StateStore(
                PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)).hashSeed(7)),
                () -> {
                    if (calls.incrementAndGet() == 2) {
                        closing.start();
                        while (!closed.get().closed()) {
                            Thread.onSpinWait();
                        }
                    }
                    return 1_000;
                },
                SystemNanoClock.INSTANCE);
        closed.set(plain);
        plain.longLongState(NAME).put(1, 1); // and stays the writer
        calls.set(0);
        assertThatThrownBy(() -> plain.longLongState(NAME, TEN))
                .isInstanceOf(StoreClosedException.class)
                .hasMessageContaining("gets its first time to live");
        closing.join();
        assertThat(alone).isTrue();
        plain.close();
    }

    @Test
    void shouldRefuseValuesThatAreTooLongForATimestamp() {
        final BytesState bytes = store.bytesState(NAME);
        final UnsafeBuffer longest = new UnsafeBuffer(new byte[BytesState.VALUE_LENGTH_MAX]);
        bytes.put(Kind.longs(1), 0, Long.BYTES, longest, 0, longest.capacity() - 7);
        assertThatThrownBy(() -> store.bytesState(NAME, TEN))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("too long to get a timestamp")
                .hasMessageContaining("state=s");
        assertThat(bytes.valueLength(Kind.longs(1), 0, Long.BYTES)).isEqualTo(longest.capacity() - 7);
        bytes.put(Kind.longs(1), 0, Long.BYTES, longest, 0, longest.capacity() - 8);
        final ExpandableArrayBuffer found = new ExpandableArrayBuffer();
        assertThat(store.bytesState(NAME, TEN).get(Kind.longs(1), 0, Long.BYTES, found, 0))
                .isEqualTo(longest.capacity() - 8);
    }

    @Test
    void shouldCopyKeysOfAllLengths() {
        final BytesState bytes = store.bytesState(NAME);
        final List<Integer> lengths = List.of(0, 1, 63, 64, 65, 200, 70_000, BytesState.KEY_LENGTH_MAX);
        for (final int length : lengths) {
            final byte[] key = new byte[length];
            Arrays.fill(key, (byte) length);
            bytes.put(new UnsafeBuffer(key), 0, length, Kind.longs(length), 0, Long.BYTES);
        }
        final BytesState after = store.bytesState(NAME, TEN);
        final Map<Integer, Long> found = new HashMap<>();
        after.forEach((key, value) -> found.put(key.capacity(), value.getLong(0)));
        assertThat(found).hasSize(lengths.size());
        found.forEach((length, value) -> assertThat(value).isEqualTo(length.longValue()));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.BytesCursor;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.KeyedState;
import io.quire.store.LongBytesState;
import io.quire.store.LongBytesStateReader;
import io.quire.store.LongDoubleCursor;
import io.quire.store.LongDoubleState;
import io.quire.store.LongDoubleStateReader;
import io.quire.store.LongLongCursor;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.LongSetCursor;
import io.quire.store.LongSetState;
import io.quire.store.LongSetStateReader;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.table.KeyGroupRange;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A state of primitives or bytes with a time to live, seen as a map from longs to longs; null stands for what is
 * absent. What a kind of state cannot do says so by {@link #counts}, {@link #compares} and {@link #updates}.
 */
abstract class ExpiringPrimitive {
    final KeyedState state;

    ExpiringPrimitive(final KeyedState state) {
        this.state = state;
    }

    /** One of each kind; without a time to live they are opened as they are. */
    static List<ExpiringPrimitive> all(final DurableStateStore store, final TimeToLive timeToLive) {
        return List.of(
                new Longs(store, timeToLive),
                new Doubles(store, timeToLive),
                new LongSet(store, timeToLive),
                new LongBytes(store, timeToLive),
                new Bytes(store, timeToLive),
                new Fixed(store, timeToLive));
    }

    abstract void put(long key, long value);

    /** By any of the methods that return values; which one, the key and the time may say. */
    abstract Long get(long key, boolean another);

    abstract boolean containsKey(long key);

    abstract boolean remove(long key);

    /** Returns whether it was absent. */
    abstract boolean putIfAbsent(long key, long value);

    boolean counts() {
        return true;
    }

    long addAndGet(final long key, final long delta) {
        throw new UnsupportedOperationException();
    }

    boolean compares() {
        return true;
    }

    boolean compareAndSet(final long key, final long expected, final long value) {
        throw new UnsupportedOperationException();
    }

    boolean updates() {
        return true;
    }

    boolean update(final long key, final long value) {
        throw new UnsupportedOperationException();
    }

    /** Whether {@link #put} of what is there, and {@link #putIfAbsent}, are both {@code add}. */
    boolean isSet() {
        return false;
    }

    /** By a walk over parts, or by a cursor. */
    abstract Map<Long, Long> entries(boolean byCursor);

    /** As another thread sees them, by a walk, and each by its key, which must agree. */
    abstract Map<Long, Long> read(StoreReader reader, int keyCount);

    private static void add(final Map<Long, Long> entries, final long key, final long value) {
        assertThat(entries.put(key, value)).as("seen twice: " + key).isNull();
    }

    static UnsafeBuffer keyOf(final long key) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES]);
        buffer.putLong(0, key, ByteOrder.LITTLE_ENDIAN);
        return buffer;
    }

    /** A value of bytes: the long, and more or less behind it. */
    static UnsafeBuffer valueOf(final long value) {
        final int more = value % 97 == 0 ? 70_000 : (int) (value & 31);
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES + more]);
        buffer.setMemory(0, buffer.capacity(), (byte) more);
        buffer.putLong(0, value, ByteOrder.LITTLE_ENDIAN);
        return buffer;
    }

    static long longIn(final DirectBuffer value) {
        return value.getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    private static final class Longs extends ExpiringPrimitive {
        private final LongLongState longs;

        Longs(final DurableStateStore store, final TimeToLive ttl) {
            super(ttl == null ? store.longLongState("longs") : store.longLongState("longs", ttl));
            longs = (LongLongState) state;
        }

        @Override
        void put(final long key, final long value) {
            longs.put(key, value);
        }

        @Override
        Long get(final long key, final boolean another) {
            long found = longs.get(key, Long.MIN_VALUE);
            if (another) {
                final long[] values = new long[40];
                final long[] keys = new long[40];
                keys[37] = key;
                longs.getAll(keys, 37, 1, values, Long.MIN_VALUE);
                assertThat(values[37]).isEqualTo(found);
                found = values[37];
            }
            return found == Long.MIN_VALUE ? null : found;
        }

        @Override
        boolean containsKey(final long key) {
            return longs.containsKey(key);
        }

        @Override
        boolean remove(final long key) {
            return longs.remove(key);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            return longs.putIfAbsent(key, value, Long.MIN_VALUE) == Long.MIN_VALUE;
        }

        @Override
        long addAndGet(final long key, final long delta) {
            return longs.addAndGet(key, delta);
        }

        @Override
        boolean compareAndSet(final long key, final long expected, final long value) {
            return longs.compareAndSet(key, expected, value);
        }

        @Override
        boolean updates() {
            return false;
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                final LongLongCursor cursor = longs.cursor();
                while (cursor.next()) {
                    add(entries, cursor.key(), cursor.value());
                }
            } else {
                for (int part = 0; part < 3; part++) {
                    longs.forEach(KeyGroupRange.part(part, 3), (key, value) -> add(entries, key, value));
                }
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final LongLongStateReader read = reader.longLongState("longs");
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach((key, value) -> add(entries, key, value));
            for (long key = 0; key < keyCount; key++) {
                assertThat(read.get(key, Long.MIN_VALUE)).isEqualTo(entries.getOrDefault(key, Long.MIN_VALUE));
                assertThat(read.containsKey(key)).isEqualTo(entries.containsKey(key));
            }
            return entries;
        }
    }

    private static final class Doubles extends ExpiringPrimitive {
        private final LongDoubleState doubles;

        Doubles(final DurableStateStore store, final TimeToLive ttl) {
            super(ttl == null ? store.longDoubleState("doubles") : store.longDoubleState("doubles", ttl));
            doubles = (LongDoubleState) state;
        }

        @Override
        void put(final long key, final long value) {
            doubles.put(key, value);
        }

        @Override
        Long get(final long key, final boolean another) {
            double found = doubles.get(key, Double.NaN);
            if (another) {
                final double[] values = new double[40];
                final long[] keys = new long[40];
                keys[37] = key;
                doubles.getAll(keys, 37, 1, values, Double.NaN);
                assertThat(Double.compare(values[37], found)).isZero();
                found = values[37];
            }
            return Double.isNaN(found) ? null : Long.valueOf((long) found);
        }

        @Override
        boolean containsKey(final long key) {
            return doubles.containsKey(key);
        }

        @Override
        boolean remove(final long key) {
            return doubles.remove(key);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            return Double.isNaN(doubles.putIfAbsent(key, value, Double.NaN));
        }

        @Override
        long addAndGet(final long key, final long delta) {
            return (long) ((delta & 1) == 0 ? doubles.addAndGet(key, delta) : doubles.getAndAdd(key, delta) + delta);
        }

        @Override
        boolean compareAndSet(final long key, final long expected, final long value) {
            return doubles.compareAndSet(key, expected, value);
        }

        @Override
        boolean updates() {
            return false;
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                final LongDoubleCursor cursor = doubles.cursor();
                while (cursor.next()) {
                    add(entries, cursor.key(), (long) cursor.value());
                }
            } else {
                doubles.forEach((key, value) -> add(entries, key, (long) value));
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final LongDoubleStateReader read = reader.longDoubleState("doubles");
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach((key, value) -> add(entries, key, (long) value));
            for (long key = 0; key < keyCount; key++) {
                assertThat(read.containsKey(key)).isEqualTo(entries.containsKey(key));
            }
            return entries;
        }
    }

    /** Whose keys have the value 0. */
    private static final class LongSet extends ExpiringPrimitive {
        private final LongSetState set;

        LongSet(final DurableStateStore store, final TimeToLive ttl) {
            super(ttl == null ? store.longSetState("set") : store.longSetState("set", ttl));
            set = (LongSetState) state;
        }

        @Override
        void put(final long key, final long value) {
            set.add(key);
        }

        @Override
        Long get(final long key, final boolean another) {
            return set.contains(key) ? 0L : null;
        }

        @Override
        boolean containsKey(final long key) {
            return entries(false).containsKey(key); // contains is a read
        }

        @Override
        boolean remove(final long key) {
            return set.remove(key);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            return set.add(key);
        }

        @Override
        boolean isSet() {
            return true;
        }

        @Override
        boolean counts() {
            return false;
        }

        @Override
        boolean compares() {
            return false;
        }

        @Override
        boolean updates() {
            return false;
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                final LongSetCursor cursor = set.cursor();
                while (cursor.next()) {
                    add(entries, cursor.key(), 0);
                }
            } else {
                set.forEach(key -> add(entries, key, 0));
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final LongSetStateReader read = reader.longSetState("set");
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach(key -> add(entries, key, 0));
            for (long key = 0; key < keyCount; key++) {
                assertThat(read.contains(key)).isEqualTo(entries.containsKey(key));
            }
            return entries;
        }
    }

    private static final class LongBytes extends ExpiringPrimitive {
        private final LongBytesState bytes;
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

        LongBytes(final DurableStateStore store, final TimeToLive ttl) {
            super(ttl == null ? store.longBytesState("long bytes") : store.longBytesState("long bytes", ttl));
            bytes = (LongBytesState) state;
        }

        @Override
        void put(final long key, final long value) {
            final UnsafeBuffer encoded = valueOf(value);
            bytes.put(key, encoded, 0, encoded.capacity());
        }

        @Override
        Long get(final long key, final boolean another) {
            if (another) {
                final Long[] found = new Long[1];
                bytes.getAll(new long[] {key}, 0, 1, (index, value) -> found[index] = longIn(value));
                return found[0];
            }
            if (!bytes.wrap(key, view)) {
                return null;
            }
            assertThat(view).isEqualTo(valueOf(longIn(view)));
            return longIn(view);
        }

        @Override
        boolean containsKey(final long key) {
            return bytes.containsKey(key);
        }

        @Override
        boolean remove(final long key) {
            return bytes.remove(key);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            final UnsafeBuffer encoded = valueOf(value);
            return bytes.putIfAbsent(key, encoded, 0, encoded.capacity());
        }

        @Override
        boolean counts() {
            return false;
        }

        @Override
        boolean compares() {
            return false;
        }

        /** To a value of the same length. */
        @Override
        boolean update(final long key, final long value) {
            return bytes.update(key, buffer -> {
                final UnsafeBuffer encoded = valueOf(value);
                if (encoded.capacity() == buffer.capacity()) {
                    buffer.putBytes(0, encoded, 0, encoded.capacity());
                }
            });
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                try (BytesCursor cursor = bytes.cursor()) {
                    while (cursor.next()) {
                        assertThat(cursor.value()).isEqualTo(valueOf(longIn(cursor.value())));
                        add(entries, longIn(cursor.key()), longIn(cursor.value()));
                    }
                }
            } else {
                for (int part = 0; part < 2; part++) {
                    bytes.forEach(KeyGroupRange.part(part, 2), (key, value) -> add(entries, key, longIn(value)));
                }
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final LongBytesStateReader read = reader.longBytesState("long bytes");
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach((key, value) -> {
                assertThat(value).isEqualTo(valueOf(longIn(value)));
                add(entries, key, longIn(value));
            });
            for (long key = 0; key < keyCount; key++) {
                assertThat(read.containsKey(key)).isEqualTo(entries.containsKey(key));
            }
            return entries;
        }
    }

    private static final class Bytes extends ExpiringPrimitive {
        private final BytesState bytes;
        private final MutableDirectBuffer copy = new ExpandableArrayBuffer(64);

        Bytes(final DurableStateStore store, final TimeToLive ttl) {
            super(ttl == null ? store.bytesState("bytes") : store.bytesState("bytes", ttl));
            bytes = (BytesState) state;
        }

        @Override
        void put(final long key, final long value) {
            final UnsafeBuffer encoded = valueOf(value);
            bytes.put(keyOf(key), 0, Long.BYTES, encoded, 0, encoded.capacity());
        }

        @Override
        Long get(final long key, final boolean another) {
            if (another) {
                final Long[] found = new Long[1];
                bytes.getAll(
                        keyOf(key), new int[] {0, Long.BYTES}, 0, 1, (index, value) -> found[index] = longIn(value));
                return found[0];
            }
            final int length = bytes.get(keyOf(key), 0, Long.BYTES, copy, 0);
            return length == BytesState.NOT_FOUND ? null : longIn(copy);
        }

        @Override
        boolean containsKey(final long key) {
            return bytes.containsKey(keyOf(key), 0, Long.BYTES);
        }

        @Override
        boolean remove(final long key) {
            return bytes.remove(keyOf(key), 0, Long.BYTES);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            final UnsafeBuffer encoded = valueOf(value);
            return bytes.putIfAbsent(keyOf(key), 0, Long.BYTES, encoded, 0, encoded.capacity());
        }

        @Override
        long addAndGet(final long key, final long delta) {
            return bytes.addAndGet(keyOf(key), 0, Long.BYTES, 0, delta);
        }

        @Override
        boolean compares() {
            return false;
        }

        @Override
        boolean update(final long key, final long value) {
            return bytes.update(keyOf(key), 0, Long.BYTES, buffer -> buffer.putLong(0, value, ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                try (BytesCursor cursor = bytes.cursor()) {
                    while (cursor.next()) {
                        add(entries, longIn(cursor.key()), longIn(cursor.value()));
                    }
                }
            } else {
                bytes.forEach((key, value) -> add(entries, longIn(key), longIn(value)));
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final BytesStateReader read = reader.bytesState("bytes");
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach((key, value) -> add(entries, longIn(key), longIn(value)));
            for (long key = 0; key < keyCount; key++) {
                final int length = read.get(keyOf(key), 0, Long.BYTES, copy, 0);
                assertThat(length != BytesState.NOT_FOUND).isEqualTo(entries.containsKey(key));
                assertThat(length == BytesState.NOT_FOUND ? null : longIn(copy)).isEqualTo(entries.get(key));
            }
            return entries;
        }
    }

    /** Whose values are the long between bytes that say which key it is, so that nothing is aligned. */
    private static final class Fixed extends ExpiringPrimitive {
        private static final int KEY_LENGTH = 11;
        private static final int VALUE_LENGTH = 14;
        private static final int LONG_AT = 5;

        private final FixedBytesState fixed;
        private final UnsafeBuffer copy = new UnsafeBuffer(new byte[VALUE_LENGTH]);

        Fixed(final DurableStateStore store, final TimeToLive ttl) {
            super(
                    ttl == null
                            ? store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH)
                            : store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH, ttl));
            fixed = (FixedBytesState) state;
        }

        private static UnsafeBuffer wideKey(final long key) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[KEY_LENGTH]);
            buffer.putLong(3, key, ByteOrder.LITTLE_ENDIAN);
            return buffer;
        }

        private static UnsafeBuffer value(final long value) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[VALUE_LENGTH]);
            buffer.putLong(LONG_AT, value, ByteOrder.LITTLE_ENDIAN);
            return buffer;
        }

        private static long longOf(final DirectBuffer value) {
            assertThat(value.capacity()).isEqualTo(VALUE_LENGTH);
            assertThat(value.getByte(0)).isZero();
            assertThat(value.getByte(VALUE_LENGTH - 1)).isZero();
            return value.getLong(LONG_AT, ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        void put(final long key, final long value) {
            fixed.put(wideKey(key), 0, value(value), 0);
        }

        @Override
        Long get(final long key, final boolean another) {
            if (another) {
                final Long[] found = new Long[1];
                fixed.getAll(wideKey(key), 0, 1, (index, value) -> found[index] = longOf(value));
                return found[0];
            }
            return fixed.get(wideKey(key), 0, copy, 0) ? Long.valueOf(longOf(copy)) : null;
        }

        @Override
        boolean containsKey(final long key) {
            return fixed.containsKey(wideKey(key), 0);
        }

        @Override
        boolean remove(final long key) {
            return fixed.remove(wideKey(key), 0);
        }

        @Override
        boolean putIfAbsent(final long key, final long value) {
            return fixed.putIfAbsent(wideKey(key), 0, value(value), 0);
        }

        @Override
        long addAndGet(final long key, final long delta) {
            return fixed.addAndGet(wideKey(key), 0, LONG_AT, delta);
        }

        @Override
        boolean compareAndSet(final long key, final long expected, final long value) {
            return fixed.compareAndSet(wideKey(key), 0, value(expected), 0, value(value), 0);
        }

        @Override
        boolean update(final long key, final long value) {
            return fixed.update(wideKey(key), 0, buffer -> buffer.putLong(LONG_AT, value, ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        Map<Long, Long> entries(final boolean byCursor) {
            final Map<Long, Long> entries = new HashMap<>();
            if (byCursor) {
                try (BytesCursor cursor = fixed.cursor()) {
                    while (cursor.next()) {
                        add(entries, cursor.key().getLong(3, ByteOrder.LITTLE_ENDIAN), longOf(cursor.value()));
                    }
                }
            } else {
                fixed.forEach((key, value) -> add(entries, key.getLong(3, ByteOrder.LITTLE_ENDIAN), longOf(value)));
            }
            return entries;
        }

        @Override
        Map<Long, Long> read(final StoreReader reader, final int keyCount) {
            final FixedBytesStateReader read = reader.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final Map<Long, Long> entries = new HashMap<>();
            read.forEach((key, value) -> add(entries, key.getLong(3, ByteOrder.LITTLE_ENDIAN), longOf(value)));
            for (long key = 0; key < keyCount; key++) {
                assertThat(read.containsKey(wideKey(key), 0)).isEqualTo(entries.containsKey(key));
                assertThat(read.get(wideKey(key), 0, copy, 0)).isEqualTo(entries.containsKey(key));
            }
            return entries;
        }
    }
}

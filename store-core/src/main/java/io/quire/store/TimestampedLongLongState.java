/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesCursor;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import io.quire.store.table.ReadSession;
import java.util.Objects;

/**
 * {@link LongLongState} that has had a time to live: an entry is a key of 8 bytes, and a value of 16 that ends
 * with a {@linkplain TrailingTimestamps timestamp}. Both halves of a value change as one for readers.
 *
 * <p>Threading: single writer, which also reads.
 */
final class TimestampedLongLongState extends LongLongState {
    /** Bytes of value and timestamp. */
    static final int VALUE_LENGTH = Long.BYTES + TrailingTimestamps.LENGTH;

    private static final long NOT_FOUND = FixedBytesTable.NOT_FOUND;
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final FixedBytesTable table;
    private final TrailingTimestamps timestamps;
    private final byte[] keyBytes = new byte[Long.BYTES];
    private final byte[] valueBytes = new byte[VALUE_LENGTH];
    private final byte[] batchKeys = new byte[FixedBytesTable.BATCH_COUNT_MAX * Long.BYTES];
    private final long[] batchEntries = new long[FixedBytesTable.BATCH_COUNT_MAX];

    TimestampedLongLongState(final StateStore store, final StateDescriptor descriptor, final FixedBytesTable table) {
        super(store, descriptor, table);
        this.table = table;
        LongSetState.checkWidths(Long.BYTES, VALUE_LENGTH, table);
        timestamps = TrailingTimestamps.of(this);
    }

    /** The longs underneath another state, which is the one that the store knows. */
    TimestampedLongLongState(final KeyedState outer, final FixedBytesTable table) {
        super(outer.store, outer.descriptor(), table);
        this.table = table;
        LongSetState.checkWidths(Long.BYTES, VALUE_LENGTH, table);
        timestamps = TrailingTimestamps.of(outer);
    }

    /** The entry of a key, whether it has expired or not; the key's bytes are those that writes and undo take. */
    private long find(final long key) {
        RawMemory.putLong(keyBytes, AT, key);
        return table.find(keyBytes, AT);
    }

    private boolean isLive(final long entry) {
        return entry != NOT_FOUND && timestamps.test(timestampOf(entry));
    }

    private boolean isLive(final long entry, final long nowMs) {
        return entry != NOT_FOUND && timestamps.isLive(timestampOf(entry), nowMs);
    }

    private long valueOf(final long entry) {
        return RawMemory.getLong(table.valuePointer(entry));
    }

    private long timestampOf(final long entry) {
        return RawMemory.getLong(table.valuePointer(entry) + Long.BYTES);
    }

    @Override
    public long get(final long key, final long missingValue) {
        final boolean renews = beforeGet();
        final long entry = find(key);
        if (!isLive(entry)) {
            return missingValue;
        }
        final long value = valueOf(entry);
        if (renews) {
            renew(entry, timestamps.nowMs());
        }
        return value;
    }

    /** Whatever the writer has to do between two operations comes before the read, if that may write. */
    private boolean beforeGet() {
        final boolean renews = timestamps.renewedByReads();
        if (renews) {
            store.beforeWrite();
        } else {
            store.beforeRead();
        }
        return renews;
    }

    /** Of the key last looked for. */
    private void renew(final long entry, final long nowMs) {
        if (timestampOf(entry) != nowMs) {
            saveUndo(entry);
            write(entry, valueOf(entry), nowMs);
        }
    }

    @Override
    public void getAll(
            final long[] keys, final int from, final int count, final long[] values, final long missingValue) {
        final boolean renews = beforeGet();
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        final long nowMs = timestamps.nowMs();
        for (int done = 0; done < count; done += FixedBytesTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(FixedBytesTable.BATCH_COUNT_MAX, count - done);
            for (int i = 0; i < batch; i++) {
                RawMemory.putLong(batchKeys, AT + (long) i * Long.BYTES, keys[from + done + i]);
            }
            table.findAll(batchKeys, AT, batch, batchEntries);
            for (int i = 0; i < batch; i++) {
                final int index = from + done + i;
                final long entry = batchEntries[i];
                if (!isLive(entry, nowMs)) {
                    values[index] = missingValue;
                    continue;
                }
                if (renews) {
                    RawMemory.copy(batchKeys, AT + (long) i * Long.BYTES, keyBytes, AT, Long.BYTES);
                    renew(entry, nowMs);
                }
                values[index] = valueOf(entry);
            }
        }
    }

    @Override
    public boolean containsKey(final long key) {
        store.beforeRead();
        return isLive(find(key));
    }

    @Override
    public void put(final long key, final long value) {
        store.beforeWrite();
        RawMemory.putLong(keyBytes, AT, key);
        final boolean kept = timestamps.keptByWrites();
        final long entry = kept || store.inBatch() ? table.find(keyBytes, AT) : NOT_FOUND; // else found by the write
        final long nowMs = timestamps.nowMs();
        final long timestampMs = kept && isLive(entry, nowMs) ? timestampOf(entry) : nowMs;
        saveUndo(entry);
        write(entry, value, timestampMs);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        store.beforeWrite();
        final long entry = find(key);
        final long nowMs = timestamps.nowMs();
        final boolean live = isLive(entry, nowMs);
        final long sum = live ? valueOf(entry) + delta : delta;
        saveUndo(entry);
        write(entry, sum, timestampOfChange(entry, live, nowMs));
        return sum;
    }

    @Override
    double addAndGetDouble(final long key, final double delta) {
        return getAndAddDouble(key, delta) + delta;
    }

    @Override
    double getAndAddDouble(final long key, final double delta) {
        store.beforeWrite();
        final long entry = find(key);
        final long nowMs = timestamps.nowMs();
        final boolean live = isLive(entry, nowMs);
        final double before = live ? Double.longBitsToDouble(valueOf(entry)) : 0.0;
        saveUndo(entry);
        write(entry, Double.doubleToRawLongBits(before + delta), timestampOfChange(entry, live, nowMs));
        return before;
    }

    private long timestampOfChange(final long entry, final boolean live, final long nowMs) {
        return live && timestamps.keptByWrites() ? timestampOf(entry) : nowMs;
    }

    @Override
    public boolean compareAndSet(final long key, final long expected, final long value) {
        store.beforeWrite();
        final long entry = find(key);
        final long nowMs = timestamps.nowMs();
        if (!isLive(entry, nowMs) || valueOf(entry) != expected) {
            return false;
        }
        saveUndo(entry);
        write(entry, value, timestampOfChange(entry, true, nowMs));
        return true;
    }

    @Override
    public long putIfAbsent(final long key, final long value, final long missingValue) {
        store.beforeWrite();
        final long entry = find(key);
        final long nowMs = timestamps.nowMs();
        if (isLive(entry, nowMs)) {
            return valueOf(entry);
        }
        saveUndo(entry);
        write(entry, value, nowMs);
        return missingValue;
    }

    /** Sets value and timestamp under the key last looked for, whose entry may not have been, and logs both. */
    private void write(final long entry, final long value, final long timestampMs) {
        RawMemory.putLong(valueBytes, AT, value);
        RawMemory.putLong(valueBytes, AT + Long.BYTES, timestampMs);
        try {
            if (entry == NOT_FOUND) {
                table.put(keyBytes, AT, valueBytes, AT);
            } else {
                table.overwrite(entry, 0, valueBytes, AT, VALUE_LENGTH);
            }
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.put(id, keyBytes, AT, Long.BYTES, valueBytes, AT, VALUE_LENGTH);
        timestamps.wrote();
    }

    @Override
    public boolean remove(final long key) {
        store.beforeWrite();
        final long entry = find(key);
        if (entry == NOT_FOUND) {
            return false;
        }
        final boolean live = isLive(entry);
        saveUndo(entry);
        try {
            table.remove(keyBytes, AT);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.removeLong(id, key);
        return live;
    }

    /** What a batch that is taken back puts there again, under the key last looked for. */
    private void saveUndo(final long entry) {
        if (store.inBatch()) {
            final long pointer = entry == NOT_FOUND ? 0 : table.valuePointer(entry);
            store.undoLog().saveBytes(id, keyBytes, AT, Long.BYTES, pointer, VALUE_LENGTH);
        }
    }

    @Override
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        store.beginWalk();
        try {
            table.forEach(range, entry -> {
                if (isLive(entry)) {
                    consumer.accept(keyOf(entry), valueOf(entry));
                }
            });
        } finally {
            store.endWalk();
        }
    }

    private long keyOf(final long entry) {
        table.copyKey(entry, keyBytes, AT);
        return RawMemory.getLong(keyBytes, AT);
    }

    @Override
    LongLongTableReader tableReader(final ReadSession session) {
        return new TimestampedLongLongReader(table.reader(session, timestamps));
    }

    @Override
    public LongLongCursor cursor() {
        store.beforeRead();
        return new Cursor(table.cursor());
    }

    /** Passes over what has expired. */
    private final class Cursor extends LongLongCursor {
        private final FixedBytesCursor entries;
        private long key;
        private long value;

        Cursor(final FixedBytesCursor entries) {
            this.entries = entries;
        }

        @Override
        public boolean next() {
            store.beforeRead();
            do {
                if (!entries.next()) {
                    return false;
                }
            } while (!isLive(entries.entry()));
            key = keyOf(entries.entry());
            value = valueOf(entries.entry());
            return true;
        }

        @Override
        public long key() {
            return key;
        }

        @Override
        public long value() {
            return value;
        }
    }

    @Override
    public int keyGroupOf(final long key) {
        return table.keyGroupOf(key);
    }

    @Override
    ExpiryPass expiryPass(final KeyedState outer) {
        return new FixedExpiryPass(outer, table);
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
        checkWidth("valueLength", valueLength, VALUE_LENGTH);
        table.put(keyBase, keyOffset, valueBase, valueOffset);
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return keyLength == Long.BYTES ? table.fetch(null, keyPointer, hints, index) : 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedTable;
import io.quire.store.table.FixedTableCursor;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import io.quire.store.table.ReadSession;
import java.util.Objects;

/**
 * {@link LongLongState} without a time to live: the table of longs as it is.
 *
 * <p>Threading: single writer, which also reads.
 */
final class PlainLongLongState extends LongLongState {
    private final FixedTable table;

    PlainLongLongState(final StateStore store, final StateDescriptor descriptor, final FixedTable table) {
        super(store, descriptor, table);
        this.table = table;
    }

    @Override
    public long get(final long key, final long missingValue) {
        store.beforeRead();
        return table.get(key, missingValue);
    }

    @Override
    public void getAll(
            final long[] keys, final int from, final int count, final long[] values, final long missingValue) {
        store.beforeRead();
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        for (int done = 0; done < count; done += FixedTable.BATCH_COUNT_MAX) {
            table.getAll(keys, from + done, Math.min(FixedTable.BATCH_COUNT_MAX, count - done), values, missingValue);
        }
    }

    @Override
    public boolean containsKey(final long key) {
        store.beforeRead();
        return table.containsKey(key);
    }

    @Override
    public void put(final long key, final long value) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        set(key, value);
        log.putLong(id, key, value);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final long value;
        try {
            value = table.addAndGet(key, delta);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.putLong(id, key, value);
        return value;
    }

    @Override
    double addAndGetDouble(final long key, final double delta) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final double value;
        try {
            value = table.addAndGetDouble(key, delta);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.putLong(id, key, Double.doubleToRawLongBits(value));
        return value;
    }

    @Override
    double getAndAddDouble(final long key, final double delta) {
        // Not the sum less delta, which is rounded. Nothing changes in between: only the writer's thread writes.
        final double before = Double.longBitsToDouble(get(key, 0L));
        addAndGetDouble(key, delta);
        return before;
    }

    @Override
    public boolean compareAndSet(final long key, final long expected, final long value) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final boolean set;
        try {
            set = table.compareAndSet(key, expected, value); // an exception means that nothing has changed
        } catch (final Error e) {
            throw store.changeFailed(e);
        }
        if (set) {
            log.putLong(id, key, value);
        }
        return set;
    }

    @Override
    public long putIfAbsent(final long key, final long value, final long missingValue) {
        store.beforeWrite();
        if (table.containsKey(key)) {
            return table.get(key, missingValue);
        }
        if (store.inBatch()) {
            saveUndo(key);
        }
        set(key, value);
        log.putLong(id, key, value);
        return missingValue;
    }

    @Override
    public boolean remove(final long key) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        final boolean removed;
        try {
            removed = table.remove(key);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            log.removeLong(id, key);
        }
        return removed;
    }

    @Override
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        store.beginWalk();
        try {
            table.forEach(range, consumer::accept);
        } finally {
            store.endWalk();
        }
    }

    @Override
    LongLongTableReader tableReader(final ReadSession session) {
        return table.reader(session);
    }

    @Override
    public LongLongCursor cursor() {
        store.beforeRead();
        return new Cursor(table.cursor());
    }

    /** The table's cursor, for the writer only. */
    private final class Cursor extends LongLongCursor {
        private final FixedTableCursor entries;

        Cursor(final FixedTableCursor entries) {
            this.entries = entries;
        }

        @Override
        public boolean next() {
            store.beforeRead();
            return entries.next();
        }

        @Override
        public long key() {
            return entries.key();
        }

        @Override
        public long value() {
            return entries.value();
        }
    }

    @Override
    public int keyGroupOf(final long key) {
        return table.keyGroupOf(key);
    }

    private void set(final long key, final long value) {
        try {
            table.set(key, value);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
    }

    private void saveUndo(final long key) {
        final boolean present = table.containsKey(key);
        store.undoLog().saveLong(id, key, present, present ? table.get(key, 0) : 0);
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
        checkWidth("valueLength", valueLength, Long.BYTES);
        table.set(RawMemory.getLong(keyBase, keyOffset), RawMemory.getLong(valueBase, valueOffset));
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        table.forEach(target::put);
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return keyLength == Long.BYTES ? table.fetch(RawMemory.getLong(keyPointer), hints, index) : 0;
    }
}

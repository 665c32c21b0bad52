/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ReadSession;

/**
 * A set of longs, 8 bytes each and the room between them; one cache miss an operation, nothing boxed, nothing
 * allocated.
 *
 * <p>Methods throw what those of {@link LongLongState} do.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longSetState}.
 */
public final class LongSetState extends KeyedState {
    private final FixedBytesTable table;
    private final byte[] keyBytes = new byte[Long.BYTES];

    LongSetState(final StateStore store, final StateDescriptor descriptor, final FixedBytesTable table) {
        super(store, descriptor, table);
        this.table = table;
        checkWidths(Long.BYTES, 0, table);
    }

    /** Throws when a table that was opened is not of the widths of its state. */
    static void checkWidths(final int keyLength, final int valueLength, final FixedBytesTable table) {
        if (table.keyLength() != keyLength || table.valueLength() != valueLength) {
            throw new CorruptStoreException("table of other widths than its state: keyLength=" + table.keyLength()
                    + " valueLength=" + table.valueLength() + " expected=" + keyLength + "," + valueLength);
        }
    }

    private long find(final long key) {
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        return table.find(keyBytes, RawMemory.ARRAY_OFFSET);
    }

    /**
     * Whether a key is in the set.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean contains(final long key) {
        store.beforeRead();
        return find(key) != FixedBytesTable.NOT_FOUND;
    }

    /**
     * Adds a key.
     *
     * @param key any long
     * @return whether it was absent
     */
    public boolean add(final long key) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        if (!insert(key)) {
            return false;
        }
        log.put(id, keyBytes, RawMemory.ARRAY_OFFSET, Long.BYTES, null, 0, 0);
        return true;
    }

    private boolean insert(final long key) {
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        try {
            table.insertOrFind(keyBytes, RawMemory.ARRAY_OFFSET, null, 0);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
        return table.lastInserted();
    }

    /**
     * Removes a key.
     *
     * @param key any long
     * @return whether it was present
     */
    public boolean remove(final long key) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveUndo(key);
        }
        if (!delete(key)) {
            return false;
        }
        log.removeLong(id, key);
        return true;
    }

    private boolean delete(final long key) {
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        try {
            return table.remove(keyBytes, RawMemory.ARRAY_OFFSET);
        } catch (final StateStoreException e) {
            throw store.changeFailed(e);
        }
    }

    private void saveUndo(final long key) {
        final long entry = find(key);
        store.undoLog()
                .saveBytes(
                        id,
                        keyBytes,
                        RawMemory.ARRAY_OFFSET,
                        Long.BYTES,
                        entry == FixedBytesTable.NOT_FOUND ? 0 : table.valuePointer(entry),
                        0);
    }

    /**
     * Visits all keys, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each key once
     */
    public void forEach(final LongKeyConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the keys of some key groups, as {@link #forEach(LongKeyConsumer)} does.
     *
     * @param range which
     * @param consumer takes each key once
     */
    public void forEach(final KeyGroupRange range, final LongKeyConsumer consumer) {
        store.beginWalk();
        try {
            table.forEach(range, entry -> consumer.accept(keyOf(entry)));
        } finally {
            store.endWalk();
        }
    }

    private long keyOf(final long entry) {
        table.copyKey(entry, keyBytes, RawMemory.ARRAY_OFFSET);
        return RawMemory.getLong(keyBytes, RawMemory.ARRAY_OFFSET);
    }

    FixedBytesTableReader tableReader(final ReadSession session) {
        return table.reader(session);
    }

    /**
     * Starts a walk that tolerates writes between its steps, with the guarantees of {@link LongLongState#cursor}.
     *
     * @return a cursor before the first key; allocates about 64 KiB
     */
    public LongSetCursor cursor() {
        store.beforeRead();
        return new LongSetCursor(store, table);
    }

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        return table.keyGroupOf(keyBytes, RawMemory.ARRAY_OFFSET);
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
        checkWidth("valueLength", valueLength, 0);
        insert(RawMemory.getLong(keyBase, keyOffset));
    }

    @Override
    long fetch(final long keyPointer, final int keyLength, final long[] hints, final int index) {
        return keyLength == Long.BYTES ? table.fetch(null, keyPointer, hints, index) : 0;
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        checkWidth("keyLength", keyLength, Long.BYTES);
    }
}

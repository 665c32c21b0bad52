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
 * allocated. In a state with a time to live what has expired counts as absent; see {@link
 * StateStore#longSetState(String, TimeToLive)}.
 *
 * <p>Methods throw what those of {@link LongLongState} do.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#longSetState}.
 */
public class LongSetState extends KeyedState {
    final FixedBytesTable table;
    final byte[] keyBytes = new byte[Long.BYTES];

    LongSetState(final StateStore store, final StateDescriptor descriptor, final FixedBytesTable table) {
        this(store, descriptor, table, 0);
    }

    /** With as many bytes behind each key. */
    LongSetState(
            final StateStore store,
            final StateDescriptor descriptor,
            final FixedBytesTable table,
            final int valueLength) {
        super(store, descriptor, table);
        this.table = table;
        checkWidths(Long.BYTES, valueLength, table);
    }

    /** Throws when a table that was opened is not of the widths of its state. */
    static void checkWidths(final int keyLength, final int valueLength, final FixedBytesTable table) {
        if (table.keyLength() != keyLength || table.valueLength() != valueLength) {
            throw new CorruptStoreException("table of other widths than its state: keyLength=" + table.keyLength()
                    + " valueLength=" + table.valueLength() + " expected=" + keyLength + "," + valueLength);
        }
    }

    /** The entry of a key, whether it has expired or not; the key's bytes are those that writes and undo take. */
    final long find(final long key) {
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        return table.find(keyBytes, RawMemory.ARRAY_OFFSET);
    }

    /**
     * Whether a key is in the set. With a time to live of {@link TimeToLive.UpdateType#ON_READ_AND_WRITE} one that is
     * lives longer from then on, which is a write.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean contains(final long key) {
        store.beforeRead();
        return find(key) != FixedBytesTable.NOT_FOUND;
    }

    /**
     * Adds a key. With a time to live this is a write also of one that is there.
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
        } catch (final StateStoreException | Error e) {
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
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
    }

    final void saveUndo(final long key) {
        final long entry = find(key);
        store.undoLog()
                .saveBytes(
                        id,
                        keyBytes,
                        RawMemory.ARRAY_OFFSET,
                        Long.BYTES,
                        entry == FixedBytesTable.NOT_FOUND ? 0 : table.valuePointer(entry),
                        table.valueLength());
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
            table.forEach(range, entry -> {
                if (isLive(entry)) {
                    consumer.accept(keyOf(entry));
                }
            });
        } finally {
            store.endWalk();
        }
    }

    /** Whether an entry counts as there. */
    boolean isLive(final long entry) {
        return true;
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
        return new LongSetCursor(this, store);
    }

    /**
     * Key group of a key.
     *
     * @param key any long
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return table.keyGroupOf(key);
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
    void copyTo(final FirstTimestamps target) {
        table.forEach(entry -> {
            table.copyKey(entry, keyBytes, RawMemory.ARRAY_OFFSET);
            target.put(keyBytes, table.valuePointer(entry), 0);
        });
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

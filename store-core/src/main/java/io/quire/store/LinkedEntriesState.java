/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.table.MapTable;
import io.quire.store.table.StateTable;

/**
 * Entries that are linked per key: those of a map, or the timers of a key. What is done with all of a key at once
 * stands here.
 *
 * <p>Threading: single writer, which also reads.
 */
abstract class LinkedEntriesState extends KeyedState {
    private static final long NONE = MapTable.NONE;

    LinkedEntriesState(final StateStore store, final StateDescriptor descriptor, final StateTable table) {
        super(store, descriptor, table);
    }

    /** First entry of a key, {@link MapTable#NONE} when it has none. */
    abstract long firstEntry(byte[] key, long keyOffset, int keyLength);

    /** Entry of the same key behind an entry, {@link MapTable#NONE} when it is the last. */
    abstract long nextEntry(long entry);

    /** Saves how an entry, of which the one behind it was not removed, is put back. Keeps nothing. */
    abstract void saveEntry(long entry);

    /** Removes what a key has, in memory only. */
    abstract void removeEntries(byte[] key, long keyOffset, int keyLength);

    /**
     * Removes all entries of a key; inside a batch they are remembered, in memory in proportion to their number.
     *
     * @return whether there were any
     */
    final boolean removeAll(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeWrite();
        final long first = firstEntry(key, keyOffset, keyLength);
        if (first == NONE) {
            return false;
        }
        if (store.inBatch()) {
            saveEntries(first);
        }
        try {
            removeEntries(key, keyOffset, keyLength);
        } catch (final StoreIoException | CorruptStoreException e) { // some are gone, and the others are not
            throw store.failUnreadable(e);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.operation(ChangeRecordDescriptor.TYPE_MAP_CLEAR, id, key, keyOffset, keyLength, null, 0, 0);
        return true;
    }

    /** All of them or none. */
    private void saveEntries(final long first) {
        final int saved = store.undoLog().length();
        try {
            for (long entry = first; entry != NONE; entry = nextEntry(entry)) {
                saveEntry(entry);
            }
        } catch (final RuntimeException e) {
            store.undoLog().truncate(saved); // nothing has been removed
            throw e;
        }
    }

    @Override
    void applyOperation(
            final byte type,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (type == ChangeRecordDescriptor.TYPE_MAP_CLEAR) {
            removeEntries(keyBase, keyOffset, keyLength);
        } else {
            super.applyOperation(type, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
    }
}

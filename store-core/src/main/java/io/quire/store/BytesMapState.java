/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.MapDescriptor;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;

/**
 * Maps from bytes to bytes under byte keys, what a typed map state is a typed view of. Keys of entries and values are
 * given as {@link MapTable} takes them, in arrays only.
 *
 * <p>Threading: single writer, which also reads.
 */
final class BytesMapState extends LinkedEntriesState {
    private static final int LINKS_LENGTH = MapDescriptor.LINKS_LENGTH;

    private final MapTable table;
    private byte[] scratch = new byte[64];

    BytesMapState(final StateStore store, final StateDescriptor descriptor, final MapTable table) {
        super(store, descriptor, table);
        this.table = table;
    }

    MapTable table() {
        return table;
    }

    @Override
    ExpiryPass expiryPass() {
        return new MapExpiryPass(this);
    }

    long count(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeRead();
        return table.count(key, keyOffset, keyLength);
    }

    /** Address of an entry, or {@link MapTable#NONE}. */
    long find(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeRead();
        return table.find(key, keyOffset, keyLength);
    }

    /** The value stands behind room for the links; lengths are with them. */
    void put(
            final byte[] key,
            final long keyOffset,
            final int keyLength,
            final byte[] value,
            final long valueOffset,
            final int valueLength) {
        store.beforeWrite();
        if (store.inBatch()) {
            final long entry = table.find(key, keyOffset, keyLength);
            store.undoLog()
                    .saveBytes(
                            id,
                            key,
                            keyOffset,
                            keyLength,
                            entry == MapTable.NONE ? 0 : table.valuePointer(entry),
                            entry == MapTable.NONE ? 0 : table.valueLength(entry));
        }
        try {
            table.put(key, keyOffset, keyLength, value, valueOffset, valueLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.put(id, key, keyOffset, keyLength, value, valueOffset + LINKS_LENGTH, valueLength - LINKS_LENGTH);
    }

    boolean remove(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeWrite();
        if (store.inBatch()) {
            final long entry = table.find(key, keyOffset, keyLength);
            if (entry == MapTable.NONE) {
                return false;
            }
            saveEntry(entry);
        }
        final boolean removed;
        try {
            removed = table.remove(key, keyOffset, keyLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            log.remove(id, key, keyOffset, keyLength);
        }
        return removed;
    }

    @Override
    long firstEntry(final byte[] key, final long keyOffset, final int keyLength) {
        return table.first(key, keyOffset, keyLength);
    }

    @Override
    long nextEntry(final long entry) {
        return table.next(entry);
    }

    @Override
    void removeEntries(final byte[] key, final long keyOffset, final int keyLength) {
        table.removeAll(key, keyOffset, keyLength);
    }

    /** {@code [length of the next entry's key, 0 = it is the last][that key][value]}. */
    @Override
    void saveEntry(final long entry) {
        final long next = table.next(entry);
        final int nextLength = next == MapTable.NONE ? 0 : table.entries().keyLength(next);
        final int valueLength = table.valueLength(entry);
        final int length = Math.addExact(Math.addExact(Integer.BYTES, nextLength), valueLength);
        ensureScratch(length);
        final long start = RawMemory.ARRAY_OFFSET;
        RawMemory.putInt(scratch, start, nextLength);
        if (nextLength > 0) {
            RawMemory.copy(null, table.entries().keyPointer(next), scratch, start + Integer.BYTES, nextLength);
        }
        RawMemory.copy(null, table.valuePointer(entry), scratch, start + Integer.BYTES + nextLength, valueLength);
        store.undoLog()
                .save(
                        UndoLog.TYPE_MAP_INSERT,
                        id,
                        null,
                        table.entries().keyPointer(entry),
                        table.entries().keyLength(entry),
                        scratch,
                        start,
                        length);
    }

    private void ensureScratch(final int length) {
        if (scratch.length < length) {
            scratch = new byte[Math.max(length, (int) Math.min(2L * scratch.length, Integer.MAX_VALUE - 8))];
        }
    }

    /** Entries of each map in their order. */
    @Override
    void copyTo(final FirstTimestamps target) {
        final RecordTable heads = table.heads();
        final RecordTable entries = table.entries();
        heads.forEach(head -> {
            long entry = table.first(null, heads.keyPointer(head), heads.keyLength(head));
            for (; entry != MapTable.NONE; entry = table.next(entry)) {
                target.put(
                        entries.keyPointer(entry),
                        entries.keyLength(entry),
                        table.valuePointer(entry),
                        table.valueLength(entry));
            }
        });
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkKey(keyBase, keyOffset, keyLength);
        fillScratch(valueBase, valueOffset, valueLength);
        table.put(keyBase, keyOffset, keyLength, scratch, RawMemory.ARRAY_OFFSET, LINKS_LENGTH + valueLength);
    }

    private void fillScratch(final byte[] valueBase, final long valueOffset, final int valueLength) {
        ensureScratch(Math.addExact(LINKS_LENGTH, valueLength));
        RawMemory.copy(valueBase, valueOffset, scratch, RawMemory.ARRAY_OFFSET + LINKS_LENGTH, valueLength);
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (MapDescriptor.mapKeyLength(keyBase, keyOffset, keyLength) < 0) {
            throw new CorruptStoreException(
                    "change record whose key is no map entry's: state=" + name() + " keyLength=" + keyLength);
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
        switch (type) {
            case UndoLog.TYPE_MAP_INSERT ->
                applyInsert(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            default -> super.applyOperation(type, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
    }

    private void applyInsert(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (table.find(keyBase, keyOffset, keyLength) != MapTable.NONE) {
            return; // removing it may have failed, and a second one under its key would be tied to the first
        }
        final int nextLength = RawMemory.getInt(valueBase, valueOffset);
        final long nextKey = valueOffset + Integer.BYTES;
        final long next = nextLength == 0 ? MapTable.NONE : table.find(valueBase, nextKey, nextLength);
        final int length = valueLength - Integer.BYTES - nextLength;
        fillScratch(valueBase, nextKey + nextLength, length);
        table.insert(next, keyBase, keyOffset, keyLength, scratch, RawMemory.ARRAY_OFFSET, LINKS_LENGTH + length);
    }
}

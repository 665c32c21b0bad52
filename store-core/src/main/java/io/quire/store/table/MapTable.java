/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.MapDescriptor.COUNT_OFFSET;
import static io.quire.store.table.MapDescriptor.FIRST_OFFSET;
import static io.quire.store.table.MapDescriptor.HEADS_FIELD;
import static io.quire.store.table.MapDescriptor.HEAD_LENGTH;
import static io.quire.store.table.MapDescriptor.LAST_OFFSET;
import static io.quire.store.table.MapDescriptor.LINKS_LENGTH;
import static io.quire.store.table.MapDescriptor.NEXT_OFFSET;
import static io.quire.store.table.MapDescriptor.PREVIOUS_OFFSET;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Maps from bytes to bytes under byte keys: one table of the entries of all maps, found by the two keys together, and
 * one of heads. The entries of a map are linked in the order of insertion, so walking over one and removing it take
 * time in proportion to its size. A key without entries has no map.
 *
 * <p>Keys of entries are given as {@link MapDescriptor} says, keys and values as {@link RecordTable} takes them, except
 * that a value to put stands in an array behind {@link MapDescriptor#LINKS_LENGTH} bytes that the table fills.
 *
 * <p>Exceptions are those of {@link RecordTable}, after which a map is as it was before; while pages load after
 * recovery a removal that meets an unreadable page may be done in part.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class MapTable implements StateTable {
    /** Address of no entry. */
    public static final long NONE = RecordTable.NOT_FOUND;

    private final RecordTable entries;
    private final RecordTable heads;
    private long changeCount; // changes after which an address of an entry may not be good any more

    private MapTable(final RecordTable entries, final RecordTable heads) {
        this.entries = entries;
        this.heads = heads;
    }

    /**
     * Creates an empty table, which takes four extents.
     *
     * @param memory where
     * @return the table
     * @throws StoreFullException when there is no space; nothing has changed
     */
    public static MapTable create(final PagedMemory memory) {
        memory.ensureFree(4);
        final RecordTable heads = RecordTable.create(memory);
        try {
            final RecordTable entries = RecordTable.create(memory);
            entries.root.forWriteOwner();
            entries.root.ownerField(HEADS_FIELD, heads.rootAddress());
            return new MapTable(entries, heads);
        } catch (final RuntimeException e) {
            heads.drop();
            throw e;
        }
    }

    /**
     * Opens a table, in time independent of its size.
     *
     * @param memory where
     * @param rootAddress what {@link #rootAddress} returned
     * @return the table
     * @throws CorruptStoreException when no such table is there
     * @throws io.quire.store.errors.FormatTooNewException when a newer release wrote it
     */
    public static MapTable open(final PagedMemory memory, final long rootAddress) {
        final RecordTable entries = RecordTable.open(memory, rootAddress);
        return new MapTable(entries, RecordTable.open(memory, entries.root.ownerField(HEADS_FIELD)));
    }

    /** {@return address of the table's root, for {@link #open}} */
    @Override
    public long rootAddress() {
        return entries.rootAddress();
    }

    /** {@return entries of all maps} */
    @Override
    public long size() {
        return entries.size();
    }

    /** {@return the table of heads, for walking over the keys; it must not be changed} */
    public RecordTable heads() {
        return heads;
    }

    /** {@return the table of entries, for looking into it; it must not be changed} */
    public RecordTable entries() {
        return entries;
    }

    /**
     * Entries of a map.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the map's key
     * @return their number, 0 when there is no map
     */
    public long count(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        return head == NONE ? 0 : RawMemory.getLong(heads.valuePointer(head, keyLength) + COUNT_OFFSET);
    }

    /**
     * First entry of a map.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the map's key
     * @return address of its record, or {@link #NONE}
     */
    public long first(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        return head == NONE ? NONE : RawMemory.getLong(heads.valuePointer(head, keyLength) + FIRST_OFFSET);
    }

    /**
     * Entry after another of the same map.
     *
     * @param entry address of a record
     * @return address of its record, or {@link #NONE}
     */
    public long next(final long entry) {
        return link(entry, NEXT_OFFSET);
    }

    private long link(final long entry, final int offset) {
        return RawMemory.getLong(entries.valuePointer(entry) + offset);
    }

    /**
     * Finds an entry.
     *
     * @param base byte array or null
     * @param offset offset of the entry's key in the array or native pointer
     * @param length bytes of the entry's key
     * @return address of its record, or {@link #NONE}
     */
    public long find(final byte[] base, final long offset, final int length) {
        return entries.find(base, offset, length);
    }

    /**
     * Length of an entry's value.
     *
     * @param entry address of a record
     * @return bytes
     */
    public int valueLength(final long entry) {
        return entries.valueLength(entry) - LINKS_LENGTH;
    }

    /**
     * Pointer to an entry's value.
     *
     * @param entry address of a record
     * @return native pointer to all of the value; valid until the next call that writes to the store
     */
    public long valuePointer(final long entry) {
        return entries.valuePointer(entry) + LINKS_LENGTH;
    }

    /**
     * Sets the value of a key inside a map. A new entry becomes the last one; one that is there keeps its place.
     *
     * @param base byte array or null
     * @param offset offset of the entry's key in the array or native pointer
     * @param length bytes of the entry's key
     * @param value array of the links and the value
     * @param valueOffset offset of the links in the array
     * @param valueLength bytes of links and value
     * @return whether the entry is new
     */
    public boolean put(
            final byte[] base,
            final long offset,
            final int length,
            final byte[] value,
            final long valueOffset,
            final int valueLength) {
        final long entry = entries.find(base, offset, length);
        if (entry != NONE) {
            overwrite(entry, base, offset, length, value, valueOffset, valueLength);
            return false;
        }
        insert(NONE, base, offset, length, value, valueOffset, valueLength);
        return true;
    }

    private void overwrite(
            final long entry,
            final byte[] base,
            final long offset,
            final int length,
            final byte[] value,
            final long valueOffset,
            final int valueLength) {
        if (entries.valueLength(entry) == valueLength) {
            if (valueLength > LINKS_LENGTH) {
                final int bytes = valueLength - LINKS_LENGTH;
                final long target = entries.valuePointerForWrite(entry, length, LINKS_LENGTH, bytes);
                RawMemory.copy(value, valueOffset + LINKS_LENGTH, null, target, bytes);
            }
            return;
        }
        final long pointer = entries.valuePointer(entry, length);
        final long previous = RawMemory.getLong(pointer + PREVIOUS_OFFSET);
        final long next = RawMemory.getLong(pointer + NEXT_OFFSET);
        putLinks(value, valueOffset, previous, next);
        final long head = headForWrite(base, offset, length, previous, next);
        final long moved = entries.put(base, offset, length, value, valueOffset, valueLength);
        if (moved != entry) {
            changeCount++;
            relink(head, previous, next, moved, moved);
        }
    }

    private static void putLinks(final byte[] value, final long valueOffset, final long previous, final long next) {
        RawMemory.putLong(value, valueOffset + PREVIOUS_OFFSET, previous);
        RawMemory.putLong(value, valueOffset + NEXT_OFFSET, next);
    }

    /** Makes all writable that names what is between two entries. Returns a pointer to the head. */
    private long headForWrite(
            final byte[] base, final long offset, final int length, final long previous, final long next) {
        final int keyLength = MapDescriptor.mapKeyLength(base, offset, length);
        final long head = heads.find(base, offset, keyLength);
        if (head == NONE) {
            throw new CorruptStoreException(
                    "entry of a map that has no head: keyLength=" + keyLength + "; run 'quire verify'");
        }
        linksForWrite(previous);
        linksForWrite(next);
        return heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
    }

    private void linksForWrite(final long entry) {
        if (entry != NONE) {
            entries.valuePointerForWrite(entry, entries.keyLength(entry), 0, LINKS_LENGTH);
        }
    }

    /** Lets the neighbours of a place name other entries, after {@link #headForWrite}. */
    private void relink(
            final long head, final long previous, final long next, final long afterPrevious, final long beforeNext) {
        if (previous == NONE) {
            RawMemory.putLong(head + FIRST_OFFSET, afterPrevious);
        } else {
            RawMemory.putLong(entries.valuePointer(previous) + NEXT_OFFSET, afterPrevious);
        }
        if (next == NONE) {
            RawMemory.putLong(head + LAST_OFFSET, beforeNext);
        } else {
            RawMemory.putLong(entries.valuePointer(next) + PREVIOUS_OFFSET, beforeNext);
        }
    }

    /**
     * Inserts an entry before another one of its map.
     *
     * @param next address of that one's record, or {@link #NONE} to insert it as the last one
     * @param base byte array or null
     * @param offset offset of the new entry's key in the array or native pointer
     * @param length bytes of the new entry's key, which the map does not have
     * @param value array of the links and the value
     * @param valueOffset offset of the links in the array
     * @param valueLength bytes of links and value
     * @return address of its record
     */
    public long insert(
            final long next,
            final byte[] base,
            final long offset,
            final int length,
            final byte[] value,
            final long valueOffset,
            final int valueLength) {
        final int keyLength = MapDescriptor.mapKeyLength(base, offset, length);
        final long head = heads.insertOrFind(base, offset, keyLength, HEAD_LENGTH);
        final boolean created = heads.lastPutInserted();
        final long pointer;
        final long previous;
        final long entry;
        try {
            pointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
            previous = next == NONE ? RawMemory.getLong(pointer + LAST_OFFSET) : link(next, PREVIOUS_OFFSET);
            linksForWrite(previous);
            linksForWrite(next);
            putLinks(value, valueOffset, previous, next);
            entry = entries.put(base, offset, length, value, valueOffset, valueLength);
        } catch (final RuntimeException e) {
            if (created) {
                heads.remove(base, offset, keyLength);
            }
            throw e;
        }
        relink(pointer, previous, next, entry, entry);
        RawMemory.putLong(pointer + COUNT_OFFSET, RawMemory.getLong(pointer + COUNT_OFFSET) + 1);
        return entry;
    }

    /**
     * Removes an entry.
     *
     * @param base byte array or null
     * @param offset offset of the entry's key in the array or native pointer
     * @param length bytes of the entry's key
     * @return whether it was there
     */
    @Override
    public boolean remove(final byte[] base, final long offset, final int length) {
        final long entry = entries.find(base, offset, length);
        if (entry == NONE) {
            return false;
        }
        final long links = entries.valuePointer(entry, length);
        final long previous = RawMemory.getLong(links + PREVIOUS_OFFSET);
        final long next = RawMemory.getLong(links + NEXT_OFFSET);
        final long head = headForWrite(base, offset, length, previous, next);
        entries.remove(base, offset, length);
        changeCount++;
        if (previous == NONE && next == NONE) {
            heads.remove(base, offset, MapDescriptor.mapKeyLength(base, offset, length));
            return true;
        }
        relink(head, previous, next, next, previous);
        RawMemory.putLong(head + COUNT_OFFSET, RawMemory.getLong(head + COUNT_OFFSET) - 1);
        return true;
    }

    /**
     * Removes a map with all its entries.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the map's key
     * @return whether there was one
     */
    public boolean removeAll(final byte[] keyBase, final long keyOffset, final int keyLength) {
        long entry = first(keyBase, keyOffset, keyLength);
        if (entry == NONE) {
            return false;
        }
        changeCount++;
        while (entry != NONE) {
            final long next = next(entry);
            entries.remove(null, entries.keyPointer(entry), entries.keyLength(entry));
            entry = next;
        }
        return heads.remove(keyBase, keyOffset, keyLength);
    }

    /**
     * A number that changes whenever addresses of entries may not be good any more.
     *
     * @return how often entries were removed or moved since the table was opened
     */
    public long changeCount() {
        return changeCount;
    }

    /** Removes all maps; all extents but four go back to the store. O(extents). */
    @Override
    public void clear() {
        heads.prepareDrop(); // which reads pages, before a head can lead to an entry that is gone
        changeCount++;
        entries.clear();
        heads.clear();
    }

    @Override
    public void prepareDrop() {
        entries.prepareDrop();
        heads.prepareDrop();
    }

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    @Override
    public void drop() {
        prepareDrop(); // of both, before the first is gone
        changeCount++;
        entries.drop();
        heads.drop();
    }

    /** {@return sizes of both tables together; O(extents of the heaps)} */
    @Override
    public TableStatistics statistics() {
        final TableStatistics ofEntries = entries.statistics();
        final TableStatistics ofHeads = heads.statistics();
        return new TableStatistics(
                ofEntries.entryCount(),
                ofEntries.payloadLength() + ofHeads.payloadLength(),
                ofEntries.segmentCount() + ofHeads.segmentCount(),
                ofEntries.directoryNodeCount() + ofHeads.directoryNodeCount(),
                ofEntries.extentCount() + ofHeads.extentCount(),
                ofEntries.freeLength() + ofHeads.freeLength());
    }

    /**
     * Checks everything the table consists of, O(its size).
     *
     * @throws CorruptStoreException naming the first thing that is not as it must be
     */
    @Override
    public void checkInvariants() {
        entries.checkInvariants();
        checkMaps();
    }

    /** Checks heads and links, O(their number); entries are those of a table that was checked. */
    void checkMaps() {
        heads.checkInvariants();
        heads.forEach(this::checkMap);
        long linked = 0;
        for (final RecordTableCursor cursor = heads.cursor(); cursor.next(); ) {
            linked += RawMemory.getLong(heads.valuePointer(cursor.record()) + COUNT_OFFSET);
        }
        require(linked == entries.size(), entries.rootAddress(), "entries that no map has");
    }

    private void checkMap(final long head) {
        require(heads.valueLength(head) == HEAD_LENGTH, head, "length of a map's head");
        final int keyLength = heads.keyLength(head);
        final long pointer = heads.valuePointer(head, keyLength);
        final long count = RawMemory.getLong(pointer + COUNT_OFFSET);
        long previous = NONE;
        long found = 0;
        for (long entry = RawMemory.getLong(pointer + FIRST_OFFSET); entry != NONE && found <= count; found++) {
            final long key = entries.keyPointer(entry);
            final int length = entries.keyLength(entry);
            require(entries.find(null, key, length) == entry, entry, "linked record that is no entry");
            require(MapDescriptor.mapKeyLength(null, key, length) == keyLength, entry, "entry of another map");
            require(RawMemory.equal(null, key, heads.keyPointer(head), keyLength), entry, "entry of another map");
            require(entries.valueLength(entry) >= LINKS_LENGTH, entry, "entry without links");
            require(link(entry, PREVIOUS_OFFSET) == previous, entry, "previous entry");
            previous = entry;
            entry = next(entry);
        }
        require(count > 0 && found == count, head, "entries of a map");
        require(RawMemory.getLong(pointer + LAST_OFFSET) == previous, head, "last entry");
    }

    private static void require(final boolean condition, final long address, final String what) {
        if (!condition) {
            throw new CorruptStoreException(
                    "map is damaged: " + what + ": address=0x" + Long.toHexString(address) + "; run 'quire verify'");
        }
    }
}

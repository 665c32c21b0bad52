/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.ListDescriptor.COUNT_OFFSET;
import static io.quire.store.table.ListDescriptor.ELEMENTS_FIELD;
import static io.quire.store.table.ListDescriptor.FIRST_OFFSET;
import static io.quire.store.table.ListDescriptor.GENERATION_FIELD;
import static io.quire.store.table.ListDescriptor.GENERATION_OFFSET;
import static io.quire.store.table.ListDescriptor.HEAD_LENGTH;
import static io.quire.store.table.ListDescriptor.ITEMS_OFFSET;
import static io.quire.store.table.ListDescriptor.LAST_OFFSET;
import static io.quire.store.table.ListDescriptor.LENGTH_OFFSET;
import static io.quire.store.table.ListDescriptor.NEXT_OFFSET;
import static io.quire.store.table.ListDescriptor.USED_OFFSET;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Lists of byte strings under byte keys: a {@link RecordTable} of heads, and chunks in the same heap that hold the
 * elements one after the other. Appending costs the same whatever the length of the list; removing a list or replacing
 * it takes time in proportion to its chunks. A key without elements has no list.
 *
 * <p>Keys and items are given as {@link RecordTable} takes them; what an item is says {@link ListDescriptor}. Items
 * must not lie in this table.
 *
 * <p>Changes can be taken back: {@link #mark} notes where a list ends, {@link #rollBack} cuts off what was appended
 * since, and the forms of remove and replace that keep the old elements leave them to {@link #putBack} or {@link
 * #discard}. Marks are good as long as all later changes of the list were taken back.
 *
 * <p>Exceptions are those of {@link RecordTable}, after which a list is as it was before; while pages load after
 * recovery a removal that meets an unreadable page may be done in part.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class ListTable implements StateTable {
    /** Bytes of a mark. */
    public static final int MARK_LENGTH = HEAD_LENGTH + Long.BYTES;
    /** Bytes of a head that was kept. */
    public static final int KEPT_LENGTH = HEAD_LENGTH;

    private static final long NONE = 0;
    private static final int MARK_USED_OFFSET = HEAD_LENGTH;

    private final PagedMemory memory;
    private final RecordTable heads;
    private final TableRoot root;
    private final BlockHeap heap;
    private long changeCount; // changes that may take chunks from under a cursor
    private final ListCursor scan; // for one look at a time

    private ListTable(final PagedMemory memory, final RecordTable heads) {
        this.memory = memory;
        this.heads = heads;
        root = heads.root;
        heap = heads.heap;
        scan = new ListCursor(this, memory, null);
    }

    /**
     * Creates an empty table, which takes two extents.
     *
     * @param memory where
     * @return the table
     * @throws StoreFullException when there is no space; nothing has changed
     */
    public static ListTable create(final PagedMemory memory) {
        return new ListTable(memory, RecordTable.create(memory, TableRootDescriptor.KIND_LIST));
    }

    /**
     * Opens a table, in time independent of its size.
     *
     * @param memory where
     * @param rootAddress what {@link #rootAddress} returned
     * @return the table
     * @throws CorruptStoreException when no table of this kind is there
     * @throws io.quire.store.errors.FormatTooNewException when a newer release wrote it
     */
    public static ListTable open(final PagedMemory memory, final long rootAddress) {
        return new ListTable(memory, RecordTable.open(memory, rootAddress, TableRootDescriptor.KIND_LIST));
    }

    /** {@return address of the table's root, for {@link #open}} */
    @Override
    public long rootAddress() {
        return heads.rootAddress();
    }

    /** {@return the table of heads, for walking over the keys; it must not be changed} */
    public RecordTable heads() {
        return heads;
    }

    /** {@return elements of all lists} */
    @Override
    public long size() {
        heads.directory.checkPresent();
        return root.ownerField(ELEMENTS_FIELD);
    }

    /**
     * Elements of a list.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return their number, 0 when there is no list
     */
    public long count(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        return head == RecordTable.NOT_FOUND ? 0 : get(head, keyLength, COUNT_OFFSET);
    }

    /**
     * Elements of the list of a record of {@link #heads}.
     *
     * @param head address of the record
     * @return their number
     */
    public long count(final long head) {
        return get(head, heads.keyLength(head), COUNT_OFFSET);
    }

    private long get(final long head, final int keyLength, final int offset) {
        return RawMemory.getLong(heads.valuePointer(head, keyLength) + offset);
    }

    /**
     * Appends an element.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param itemBase byte array or null
     * @param itemOffset offset in the array or native pointer
     * @param itemLength bytes of the item
     */
    public void append(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] itemBase,
            final long itemOffset,
            final int itemLength) {
        final long head = heads.insertOrFind(keyBase, keyOffset, keyLength, HEAD_LENGTH);
        final boolean created = heads.lastPutInserted();
        try {
            appendTo(head, keyLength, itemBase, itemOffset, itemLength);
        } catch (final RuntimeException e) {
            if (created) {
                heads.remove(keyBase, keyOffset, keyLength);
            }
            throw e;
        }
    }

    private void appendTo(
            final long head, final int keyLength, final byte[] itemBase, final long itemOffset, final int itemLength) {
        final long headPointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
        root.forWriteCounters();
        root.forWriteOwner();
        final long last = RawMemory.getLong(headPointer + LAST_OFFSET);
        int lastLength = 0;
        long lastPointer = 0;
        if (last != NONE) {
            lastPointer = memory.forWrite(last, ITEMS_OFFSET);
            lastLength = RawMemory.getInt(lastPointer + LENGTH_OFFSET);
            final int used = RawMemory.getInt(lastPointer + USED_OFFSET);
            if (itemLength <= lastLength - used) {
                RawMemory.copy(itemBase, itemOffset, null, memory.forWrite(last + used, itemLength), itemLength);
                RawMemory.putInt(lastPointer + USED_OFFSET, used + itemLength);
                countAppended(headPointer, itemLength);
                return;
            }
        }
        final long chunk = newChunk(lastLength, itemBase, itemOffset, itemLength);
        // Nothing can fail from here on.
        if (last == NONE) {
            RawMemory.putLong(headPointer + FIRST_OFFSET, chunk);
            RawMemory.putLong(headPointer + GENERATION_OFFSET, nextGeneration());
        } else {
            RawMemory.putLong(lastPointer + NEXT_OFFSET, chunk);
        }
        RawMemory.putLong(headPointer + LAST_OFFSET, chunk);
        countAppended(headPointer, itemLength);
    }

    /** Takes a chunk with one item in it; only the lines in use count as changed. */
    private long newChunk(
            final int previousLength, final byte[] itemBase, final long itemOffset, final int itemLength) {
        final int length = ListDescriptor.chunkLength(previousLength, itemLength);
        final int sizeClass = SizeClasses.ofLength(length);
        final long chunk = sizeClass == SizeClasses.LARGE
                ? heap.allocateRecord(length)
                : heap.allocate(sizeClass, ITEMS_OFFSET + itemLength);
        final long pointer = memory.forRead(chunk, ITEMS_OFFSET + itemLength);
        RawMemory.putLong(pointer + NEXT_OFFSET, NONE);
        RawMemory.putInt(pointer + USED_OFFSET, ITEMS_OFFSET + itemLength);
        RawMemory.putInt(pointer + LENGTH_OFFSET, length);
        RawMemory.copy(itemBase, itemOffset, null, pointer + ITEMS_OFFSET, itemLength);
        return chunk;
    }

    private void countAppended(final long headPointer, final int itemLength) {
        RawMemory.putLong(headPointer + COUNT_OFFSET, RawMemory.getLong(headPointer + COUNT_OFFSET) + 1);
        addElements(1);
        root.addPayload(itemLength);
    }

    private void addElements(final long delta) {
        root.ownerField(ELEMENTS_FIELD, root.ownerField(ELEMENTS_FIELD) + delta);
    }

    private long nextGeneration() {
        final long generation = root.ownerField(GENERATION_FIELD) + 1;
        root.ownerField(GENERATION_FIELD, generation);
        return generation;
    }

    /**
     * Appends elements, all or none.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param itemsBase byte array or null
     * @param itemsOffset offset in the array or native pointer
     * @param itemsLength bytes of all items, which follow each other
     * @throws CorruptStoreException when the bytes are not whole items
     */
    public void appendAll(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] itemsBase,
            final long itemsOffset,
            final int itemsLength) {
        checkItems(itemsBase, itemsOffset, itemsLength);
        if (itemsLength == 0) {
            return;
        }
        final long head = heads.insertOrFind(keyBase, keyOffset, keyLength, HEAD_LENGTH);
        final boolean created = heads.lastPutInserted();
        final long headPointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
        final long count = RawMemory.getLong(headPointer + COUNT_OFFSET);
        final long last = RawMemory.getLong(headPointer + LAST_OFFSET);
        final int used = last == NONE ? 0 : RawMemory.getInt(memory.forRead(last, ITEMS_OFFSET) + USED_OFFSET);
        try {
            appendItems(head, keyLength, itemsBase, itemsOffset, itemsLength);
        } catch (final RuntimeException e) {
            cutOff(headPointer, count, last, used);
            if (created) {
                heads.remove(keyBase, keyOffset, keyLength);
            }
            throw e;
        }
    }

    private static void checkItems(final byte[] base, final long offset, final int length) {
        for (int at = 0; at < length; ) {
            final int itemLength = ListDescriptor.itemLength(base, offset + at, length - at);
            if (itemLength < 0) {
                throw new CorruptStoreException("not a sequence of list elements: offset=" + at + " length=" + length);
            }
            at += itemLength;
        }
    }

    private void appendItems(
            final long head, final int keyLength, final byte[] base, final long offset, final int length) {
        for (int at = 0; at < length; ) {
            final int itemLength = ListDescriptor.itemLength(base, offset + at, length - at);
            appendTo(head, keyLength, base, offset + at, itemLength);
            at += itemLength;
        }
    }

    /** Ends a list where it ended before, in chunks that were just written and so cannot fail to load. */
    private void cutOff(final long headPointer, final long count, final long last, final int used) {
        changeCount++;
        root.forWriteOwner();
        addElements(count - RawMemory.getLong(headPointer + COUNT_OFFSET));
        final long appended;
        if (last == NONE) {
            appended = RawMemory.getLong(headPointer + FIRST_OFFSET);
            RawMemory.putLong(headPointer + FIRST_OFFSET, NONE);
        } else {
            final long lastPointer = memory.forWrite(last, ITEMS_OFFSET);
            appended = RawMemory.getLong(lastPointer + NEXT_OFFSET);
            root.forWriteCounters();
            root.addPayload(used - RawMemory.getInt(lastPointer + USED_OFFSET));
            RawMemory.putLong(lastPointer + NEXT_OFFSET, NONE);
            RawMemory.putInt(lastPointer + USED_OFFSET, used);
        }
        RawMemory.putLong(headPointer + COUNT_OFFSET, count);
        RawMemory.putLong(headPointer + LAST_OFFSET, last);
        RawMemory.putLong(headPointer + GENERATION_OFFSET, nextGeneration());
        freeChunks(appended);
    }

    private void freeChunks(final long first) {
        freeChunks(first, NONE);
    }

    private void freeChunks(final long first, final long end) {
        root.forWriteCounters();
        for (long chunk = first; chunk != end; ) {
            final long pointer = memory.forRead(chunk, ITEMS_OFFSET);
            final long next = RawMemory.getLong(pointer + NEXT_OFFSET);
            root.addPayload(ITEMS_OFFSET - RawMemory.getInt(pointer + USED_OFFSET));
            heap.freeRecord(chunk, RawMemory.getInt(pointer + LENGTH_OFFSET));
            chunk = next;
        }
    }

    /** Loads the headers of a chain, so that freeing it meets no page that cannot be read. */
    private void loadChunks(final long first) {
        if (memory.hydrating()) {
            for (long chunk = first; chunk != NONE; ) {
                final long pointer = memory.forRead(chunk, ITEMS_OFFSET);
                heap.prepareFreeRecord(chunk, RawMemory.getInt(pointer + LENGTH_OFFSET));
                chunk = RawMemory.getLong(pointer + NEXT_OFFSET);
            }
        }
    }

    /**
     * Notes where a list ends.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param mark takes {@link #MARK_LENGTH} bytes, from its start
     * @return bytes of the mark; 0 when there is no list
     */
    public int mark(final byte[] keyBase, final long keyOffset, final int keyLength, final byte[] mark) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        if (head == RecordTable.NOT_FOUND) {
            return 0;
        }
        final long pointer = heads.valuePointer(head, keyLength);
        final long last = RawMemory.getLong(pointer + LAST_OFFSET);
        RawMemory.copy(null, pointer, mark, RawMemory.ARRAY_OFFSET, HEAD_LENGTH);
        RawMemory.putLong(
                mark,
                RawMemory.ARRAY_OFFSET + MARK_USED_OFFSET,
                RawMemory.getInt(memory.forRead(last, ITEMS_OFFSET) + USED_OFFSET));
        return MARK_LENGTH;
    }

    /**
     * Cuts off what was appended after a mark.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param markBase array of the mark
     * @param markOffset its offset in the array
     * @param markLength its bytes; 0 removes the list
     */
    public void rollBack(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] markBase,
            final long markOffset,
            final int markLength) {
        if (markLength == 0) {
            remove(keyBase, keyOffset, keyLength);
            return;
        }
        final long head = heads.find(keyBase, keyOffset, keyLength);
        final long count = RawMemory.getLong(markBase, markOffset + COUNT_OFFSET);
        if (head != RecordTable.NOT_FOUND && get(head, keyLength, COUNT_OFFSET) != count) {
            cutOff(
                    heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH),
                    count,
                    RawMemory.getLong(markBase, markOffset + LAST_OFFSET),
                    (int) RawMemory.getLong(markBase, markOffset + MARK_USED_OFFSET));
        }
    }

    /**
     * Removes a list.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return whether there was one
     */
    @Override
    public boolean remove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long first = detach(keyBase, keyOffset, keyLength, null, true);
        if (first == NONE) {
            return false;
        }
        freeChunks(first);
        return true;
    }

    /**
     * Removes a list but keeps its elements for {@link #putBack} or {@link #discard}.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param kept takes {@link #KEPT_LENGTH} bytes, from its start
     * @return whether there was one
     */
    public boolean removeKeeping(final byte[] keyBase, final long keyOffset, final int keyLength, final byte[] kept) {
        return detach(keyBase, keyOffset, keyLength, kept, false) != NONE;
    }

    private long detach(
            final byte[] keyBase, final long keyOffset, final int keyLength, final byte[] kept, final boolean toFree) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        if (head == RecordTable.NOT_FOUND) {
            return NONE;
        }
        final long pointer = heads.valuePointer(head, keyLength);
        final long count = RawMemory.getLong(pointer + COUNT_OFFSET);
        final long first = RawMemory.getLong(pointer + FIRST_OFFSET);
        if (toFree) {
            loadChunks(first);
        }
        if (kept != null) {
            RawMemory.copy(null, pointer, kept, RawMemory.ARRAY_OFFSET, HEAD_LENGTH);
        }
        root.forWriteOwner();
        heads.remove(keyBase, keyOffset, keyLength);
        changeCount++;
        addElements(-count);
        return first;
    }

    /**
     * Removes elements from the front of a list. Frees the chunks that have no others, and moves those that are left in
     * the first one: takes time in proportion to the chunks removed and to the elements in the last one of them.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param elementCount how many; 1 or more, and fewer than the list has
     * @throws CorruptStoreException when the list has no element where one must be; nothing has changed
     */
    public void removeFirst(final byte[] keyBase, final long keyOffset, final int keyLength, final long elementCount) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        final long headPointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
        final long first = RawMemory.getLong(headPointer + FIRST_OFFSET);
        long chunk = first;
        long left = elementCount;
        int offset = ITEMS_OFFSET; // of the first item that stays
        int used = 0;
        while (offset >= used) {
            if (used != 0) {
                chunk = nextToFree(chunk);
                offset = ITEMS_OFFSET;
            }
            used = usedOf(chunk);
            final long pointer = memory.forRead(chunk, used);
            for (; left > 0 && offset < used; left--) {
                final int length = ListDescriptor.itemLength(null, pointer + offset, used - offset);
                if (length < 0) {
                    throw damaged(chunk, offset);
                }
                offset += length;
            }
        }
        root.forWriteCounters();
        root.forWriteOwner();
        moveToFront(chunk, offset, used - offset);
        root.addPayload(ITEMS_OFFSET - offset);
        RawMemory.putLong(headPointer + COUNT_OFFSET, RawMemory.getLong(headPointer + COUNT_OFFSET) - elementCount);
        RawMemory.putLong(headPointer + FIRST_OFFSET, chunk);
        RawMemory.putLong(headPointer + GENERATION_OFFSET, nextGeneration());
        changeCount++;
        addElements(-elementCount);
        freeChunks(first, chunk);
    }

    private void moveToFront(final long chunk, final int offset, final int length) {
        if (offset != ITEMS_OFFSET) {
            final byte[] items = new byte[length];
            final long pointer = memory.forWrite(chunk, ITEMS_OFFSET + length);
            RawMemory.copy(null, pointer + offset, items, RawMemory.ARRAY_OFFSET, length);
            RawMemory.copy(items, RawMemory.ARRAY_OFFSET, null, pointer + ITEMS_OFFSET, length);
            RawMemory.putInt(pointer + USED_OFFSET, ITEMS_OFFSET + length);
        }
    }

    private int usedOf(final long chunk) {
        final int used = chunk == NONE ? 0 : RawMemory.getInt(memory.forRead(chunk, ITEMS_OFFSET) + USED_OFFSET);
        if (used <= ITEMS_OFFSET) {
            throw damaged(chunk, used);
        }
        return used;
    }

    /** The chunk after one that is to be freed, whose pages that takes are loaded. */
    private long nextToFree(final long chunk) {
        final long pointer = memory.forRead(chunk, ITEMS_OFFSET);
        if (memory.hydrating()) {
            heap.prepareFreeRecord(chunk, RawMemory.getInt(pointer + LENGTH_OFFSET));
        }
        return RawMemory.getLong(pointer + NEXT_OFFSET);
    }

    private static CorruptStoreException damaged(final long chunk, final int offset) {
        return new CorruptStoreException("list is damaged: no element where one must be: chunk=0x"
                + Long.toHexString(chunk) + " offset=" + offset + "; run 'quire verify'");
    }

    /**
     * Gives a key other elements, all or none of them.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param itemsBase byte array or null
     * @param itemsOffset offset in the array or native pointer
     * @param itemsLength bytes of all items, which follow each other; at least one
     * @param kept takes {@link #KEPT_LENGTH} bytes, from its start, and the old elements are kept; null frees them
     * @return whether there was a list before
     * @throws CorruptStoreException when the bytes are not whole items
     */
    public boolean replace(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] itemsBase,
            final long itemsOffset,
            final int itemsLength,
            final byte[] kept) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        if (head == RecordTable.NOT_FOUND) {
            appendAll(keyBase, keyOffset, keyLength, itemsBase, itemsOffset, itemsLength);
            return false;
        }
        checkItems(itemsBase, itemsOffset, itemsLength);
        final long pointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
        root.forWriteOwner();
        final long count = RawMemory.getLong(pointer + COUNT_OFFSET);
        final long first = RawMemory.getLong(pointer + FIRST_OFFSET);
        final long last = RawMemory.getLong(pointer + LAST_OFFSET);
        final long generation = RawMemory.getLong(pointer + GENERATION_OFFSET);
        if (kept == null) {
            loadChunks(first);
        } else {
            RawMemory.copy(null, pointer, kept, RawMemory.ARRAY_OFFSET, HEAD_LENGTH);
        }
        putHead(pointer, 0, NONE, NONE, generation);
        try {
            appendItems(head, keyLength, itemsBase, itemsOffset, itemsLength);
        } catch (final RuntimeException e) {
            cutOff(pointer, 0, NONE, 0);
            putHead(pointer, count, first, last, generation);
            throw e;
        }
        changeCount++;
        addElements(-count);
        if (kept == null) {
            freeChunks(first);
        }
        return true;
    }

    private static void putHead(
            final long pointer, final long count, final long first, final long last, final long generation) {
        RawMemory.putLong(pointer + COUNT_OFFSET, count);
        RawMemory.putLong(pointer + FIRST_OFFSET, first);
        RawMemory.putLong(pointer + LAST_OFFSET, last);
        RawMemory.putLong(pointer + GENERATION_OFFSET, generation);
    }

    /**
     * Gives a key the elements that were kept, in place of those it has.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param keptBase array of what was kept
     * @param keptOffset its offset in the array
     */
    public void putBack(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] keptBase,
            final long keptOffset) {
        final long head = heads.insertOrFind(keyBase, keyOffset, keyLength, HEAD_LENGTH);
        final long pointer = heads.valuePointerForWrite(head, keyLength, 0, HEAD_LENGTH);
        root.forWriteOwner();
        final long count = RawMemory.getLong(pointer + COUNT_OFFSET);
        final long first = RawMemory.getLong(pointer + FIRST_OFFSET);
        RawMemory.copy(keptBase, keptOffset, null, pointer, HEAD_LENGTH);
        changeCount++;
        addElements(RawMemory.getLong(pointer + COUNT_OFFSET) - count);
        freeChunks(first);
    }

    /**
     * Frees elements that were kept.
     *
     * @param keptBase array of what was kept
     * @param keptOffset its offset in the array
     */
    public void discard(final byte[] keptBase, final long keptOffset) {
        freeChunks(RawMemory.getLong(keptBase, keptOffset + FIRST_OFFSET));
    }

    /**
     * Appends the elements of one list to another and removes it, without touching them.
     *
     * @param targetBase byte array or null
     * @param targetOffset offset in the array or native pointer
     * @param targetLength bytes of the target's key
     * @param sourceBase byte array or null
     * @param sourceOffset offset in the array or native pointer
     * @param sourceLength bytes of the source's key, which is another than the target's
     * @return whether the source had elements
     */
    public boolean merge(
            final byte[] targetBase,
            final long targetOffset,
            final int targetLength,
            final byte[] sourceBase,
            final long sourceOffset,
            final int sourceLength) {
        final long source = heads.find(sourceBase, sourceOffset, sourceLength);
        if (source == RecordTable.NOT_FOUND) {
            return false;
        }
        final long sourcePointer = heads.valuePointer(source, sourceLength);
        final long count = RawMemory.getLong(sourcePointer + COUNT_OFFSET);
        final long first = RawMemory.getLong(sourcePointer + FIRST_OFFSET);
        final long last = RawMemory.getLong(sourcePointer + LAST_OFFSET);
        final long target = heads.insertOrFind(targetBase, targetOffset, targetLength, HEAD_LENGTH);
        final boolean created = heads.lastPutInserted();
        final long pointer;
        final long targetLast;
        final long lastPointer;
        try {
            pointer = heads.valuePointerForWrite(target, targetLength, 0, HEAD_LENGTH);
            root.forWriteOwner();
            targetLast = RawMemory.getLong(pointer + LAST_OFFSET);
            lastPointer = targetLast == NONE ? 0 : memory.forWrite(targetLast, ITEMS_OFFSET);
            heads.remove(sourceBase, sourceOffset, sourceLength);
        } catch (final RuntimeException e) {
            if (created) {
                heads.remove(targetBase, targetOffset, targetLength);
            }
            throw e;
        }
        changeCount++;
        if (targetLast == NONE) {
            putHead(pointer, count, first, last, nextGeneration());
        } else {
            RawMemory.putLong(lastPointer + NEXT_OFFSET, first);
            RawMemory.putLong(pointer + LAST_OFFSET, last);
            RawMemory.putLong(pointer + COUNT_OFFSET, RawMemory.getLong(pointer + COUNT_OFFSET) + count);
        }
        return true;
    }

    /**
     * Takes a merge back.
     *
     * @param targetBase array of the target's key
     * @param targetOffset offset in the array
     * @param targetLength bytes of the target's key
     * @param markBase array of the target's mark before the merge
     * @param markOffset its offset in the array
     * @param markLength its bytes, 0 when the target had no elements
     * @param sourceOffset offset of the source's key in the array
     * @param sourceLength bytes of the source's key
     */
    public void split(
            final byte[] targetBase,
            final long targetOffset,
            final int targetLength,
            final byte[] markBase,
            final long markOffset,
            final int markLength,
            final long sourceOffset,
            final int sourceLength) {
        final long source = heads.insertOrFind(markBase, sourceOffset, sourceLength, HEAD_LENGTH);
        final long target = heads.find(targetBase, targetOffset, targetLength);
        final long sourcePointer = heads.valuePointerForWrite(source, sourceLength, 0, HEAD_LENGTH);
        final long pointer = heads.valuePointerForWrite(target, targetLength, 0, HEAD_LENGTH);
        root.forWriteOwner();
        changeCount++;
        final long count = RawMemory.getLong(pointer + COUNT_OFFSET);
        final long last = RawMemory.getLong(pointer + LAST_OFFSET);
        if (markLength == 0) {
            putHead(sourcePointer, count, RawMemory.getLong(pointer + FIRST_OFFSET), last, nextGeneration());
            heads.remove(targetBase, targetOffset, targetLength);
            return;
        }
        final long oldCount = RawMemory.getLong(markBase, markOffset + COUNT_OFFSET);
        final long oldLast = RawMemory.getLong(markBase, markOffset + LAST_OFFSET);
        final long lastPointer = memory.forWrite(oldLast, ITEMS_OFFSET);
        final long first = RawMemory.getLong(lastPointer + NEXT_OFFSET);
        putHead(sourcePointer, count - oldCount, first, last, nextGeneration());
        RawMemory.putLong(lastPointer + NEXT_OFFSET, NONE);
        RawMemory.putLong(pointer + LAST_OFFSET, oldLast);
        RawMemory.putLong(pointer + COUNT_OFFSET, oldCount);
        RawMemory.putLong(pointer + GENERATION_OFFSET, nextGeneration());
    }

    /**
     * Starts a walk over the elements that a list has now.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return a cursor before the first element; allocates it and a copy of the key
     */
    public ListCursor cursor(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final byte[] key = new byte[keyLength];
        RawMemory.copy(keyBase, keyOffset, key, RawMemory.ARRAY_OFFSET, keyLength);
        return begin(new ListCursor(this, memory, key), keyBase, keyOffset, keyLength);
    }

    /**
     * Starts a walk that ends before anything is written, and before the next such walk. Allocates nothing.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return a cursor before the first element, the same object each time
     */
    public ListCursor scan(final byte[] keyBase, final long keyOffset, final int keyLength) {
        return begin(scan, keyBase, keyOffset, keyLength);
    }

    private ListCursor begin(final ListCursor cursor, final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long head = heads.find(keyBase, keyOffset, keyLength);
        if (head == RecordTable.NOT_FOUND) {
            cursor.begin(0, NONE, 0);
        } else {
            final long pointer = heads.valuePointer(head, keyLength);
            cursor.begin(
                    RawMemory.getLong(pointer + COUNT_OFFSET),
                    RawMemory.getLong(pointer + FIRST_OFFSET),
                    RawMemory.getLong(pointer + GENERATION_OFFSET));
        }
        return cursor;
    }

    long changeCount() {
        return changeCount;
    }

    /** Whether the chunks of a list are those it had in a generation, or more. */
    boolean hasGeneration(final byte[] key, final long generation) {
        final long head = heads.find(key, RawMemory.ARRAY_OFFSET, key.length);
        return head != RecordTable.NOT_FOUND && get(head, key.length, GENERATION_OFFSET) == generation;
    }

    /** Removes all lists; all extents but two go back to the store. O(extents). */
    @Override
    public void clear() {
        root.forWriteOwner();
        heads.clear();
        changeCount++;
        root.ownerField(ELEMENTS_FIELD, 0);
    }

    @Override
    public void prepareDrop() {
        heads.prepareDrop();
    }

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    @Override
    public void drop() {
        heads.drop();
        changeCount++;
    }

    /** {@return sizes of the table, with elements for entries; O(extents of the heap)} */
    @Override
    public TableStatistics statistics() {
        final TableStatistics statistics = heads.statistics();
        return new TableStatistics(
                size(),
                statistics.payloadLength(),
                statistics.segmentCount(),
                statistics.directoryNodeCount(),
                statistics.extentCount(),
                statistics.freeLength());
    }

    /**
     * Checks everything the table consists of, O(its size). Elements that were kept count as damage.
     *
     * @throws CorruptStoreException naming the first thing that is not as it must be
     */
    @Override
    public void checkInvariants() {
        new ListTableChecker(memory, heads).check();
    }
}

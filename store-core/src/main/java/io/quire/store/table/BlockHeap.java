/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.HeapExtentDescriptor.HEADER_LENGTH;
import static io.quire.store.table.HeapExtentDescriptor.extentAddress;
import static io.quire.store.table.HeapExtentDescriptor.extentNumber;
import static io.quire.store.table.HeapExtentDescriptor.extentOf;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * The heap of one table: blocks of size classes with addresses that never change. Each extent serves one class; those
 * with a free block are found through a ring per class whose head is in the table's root.
 *
 * <p>Invariants: in a ring, extents with room come before full ones; a class keeps at most one extent without any
 * block in use, all others go back to the store at once; extents are taken from the store only when no extent of the
 * class has room, so a heap never needs more extents than its largest population of each class did.
 *
 * <p>Each operation first makes everything writable that it will change, which may throw, and then changes it.
 *
 * <p>Threading: confined to the store's writer.
 */
final class BlockHeap {
    private static final int NONE = 0;

    private final PagedMemory memory;
    private final TableRoot root;
    private long lastFreedIn; // extent that a block was last freed in, 0 = none, or the extent is gone

    BlockHeap(final PagedMemory memory, final TableRoot root) {
        this.memory = memory;
        this.root = root;
    }

    /** Formats the first extent of nodes of a new table, whose first block is the table's root. */
    static void formatWithRoot(final long header, final long extent) {
        format(header, SizeClasses.NODE, 1);
        put(header, HeapExtentDescriptor.NEXT_OFFSET, extentNumber(extent));
        put(header, HeapExtentDescriptor.PREV_OFFSET, extentNumber(extent));
        takeFirst(header, SizeClasses.NODE);
    }

    /**
     * Takes a block for a record.
     *
     * @param length bytes, of which all are made writable
     * @return address of the block
     */
    long allocateRecord(final int length) {
        final int sizeClass = SizeClasses.ofLength(length);
        return sizeClass == SizeClasses.LARGE ? allocateLarge(length) : allocate(sizeClass, length);
    }

    /** Gives back the block of a record of a length. */
    void freeRecord(final long address, final int length) {
        final int sizeClass = SizeClasses.ofLength(length);
        if (sizeClass == SizeClasses.LARGE) {
            freeLarge(address);
        } else {
            free(address, sizeClass);
        }
    }

    long allocate(final int sizeClass, final int length) {
        final int head = root.head(sizeClass);
        if (head == NONE) {
            return allocateInNewExtent(sizeClass, length);
        }
        final long extent = extentAddress(head);
        final long header = memory.forRead(extent);
        if (get(header, HeapExtentDescriptor.USED_OFFSET) == SizeClasses.blocksPerExtent(sizeClass)) {
            return allocateInNewExtent(sizeClass, length);
        }
        return take(extent, sizeClass, length);
    }

    /** Takes a block of an extent that has room. */
    long take(final long extent, final int sizeClass, final int length) {
        final long header = memory.forRead(extent);
        final int used = get(header, HeapExtentDescriptor.USED_OFFSET);
        final int freed = get(header, HeapExtentDescriptor.FREE_OFFSET);
        final int offset = freed != 0 ? freed : get(header, HeapExtentDescriptor.BUMP_OFFSET);
        final long block = memory.forWrite(extent + offset, length);
        memory.forWrite(extent, HEADER_LENGTH);
        final boolean fills = used + 1 == SizeClasses.blocksPerExtent(sizeClass);
        if (fills) {
            root.forWriteClass(sizeClass);
        }
        // Nothing can fail from here on.
        if (freed != 0) {
            put(header, HeapExtentDescriptor.FREE_OFFSET, get(block, HeapExtentDescriptor.FREE_BLOCK_NEXT_OFFSET));
        } else {
            put(header, HeapExtentDescriptor.BUMP_OFFSET, offset + SizeClasses.blockLength(sizeClass));
        }
        put(header, HeapExtentDescriptor.USED_OFFSET, used + 1);
        if (fills) {
            root.head(sizeClass, get(header, HeapExtentDescriptor.NEXT_OFFSET)); // the full one is now the last
        }
        return extent + offset;
    }

    private long allocateInNewExtent(final int sizeClass, final int length) {
        final long extent = memory.allocateExtent(SizeClasses.extentKind(sizeClass));
        try {
            final long address = extent + SizeClasses.firstOffset(sizeClass);
            memory.forWrite(address, length);
            final long header = memory.forWrite(extent, HEADER_LENGTH);
            forWriteRingEnds(sizeClass);
            format(header, sizeClass, 1);
            link(extent, sizeClass, true);
            takeFirst(header, sizeClass);
            return address;
        } catch (final RuntimeException e) {
            memory.free(extent);
            throw e;
        }
    }

    private long allocateLarge(final int length) {
        final int extentCount = SizeClasses.largeExtentCount(length);
        final long run = memory.allocateRun(SizeClasses.extentKind(SizeClasses.LARGE), extentCount);
        try {
            final long header = memory.forWrite(run, HEADER_LENGTH + length);
            forWriteRingEnds(SizeClasses.LARGE);
            format(header, SizeClasses.LARGE, extentCount);
            put(header, HeapExtentDescriptor.USED_OFFSET, 1);
            link(run, SizeClasses.LARGE, false);
            return run + HEADER_LENGTH;
        } catch (final RuntimeException e) {
            memory.free(run);
            throw e;
        }
    }

    private static void format(final long header, final int sizeClass, final int extentCount) {
        RawMemory.setMemory(header, HEADER_LENGTH, (byte) 0);
        put(header, HeapExtentDescriptor.MAGIC_OFFSET, HeapExtentDescriptor.MAGIC);
        put(header, HeapExtentDescriptor.CLASS_OFFSET, sizeClass);
        put(header, HeapExtentDescriptor.BUMP_OFFSET, SizeClasses.firstOffset(sizeClass));
        put(header, HeapExtentDescriptor.EXTENTS_OFFSET, extentCount);
    }

    private static void takeFirst(final long header, final int sizeClass) {
        put(header, HeapExtentDescriptor.USED_OFFSET, 1);
        put(
                header,
                HeapExtentDescriptor.BUMP_OFFSET,
                SizeClasses.firstOffset(sizeClass) + SizeClasses.blockLength(sizeClass));
        put(header, HeapExtentDescriptor.FREE_OFFSET, 0);
    }

    void free(final long address, final int sizeClass) {
        final long extent = extentOf(address);
        final long header = memory.forWrite(extent, HEADER_LENGTH);
        assert get(header, HeapExtentDescriptor.CLASS_OFFSET) == sizeClass
                : "class=" + get(header, HeapExtentDescriptor.CLASS_OFFSET) + " expected=" + sizeClass;
        final int used = get(header, HeapExtentDescriptor.USED_OFFSET);
        if (used == 1) {
            freeLast(extent, header, sizeClass);
            return;
        }
        final long block = memory.forWrite(address, HeapExtentDescriptor.FREE_BLOCK_LENGTH);
        final boolean wasFull = used == SizeClasses.blocksPerExtent(sizeClass);
        if (wasFull) {
            forWriteNeighbours(extent, sizeClass);
            forWriteRingEnds(sizeClass);
        }
        // Nothing can fail from here on.
        final int offset = (int) (address - extent);
        put(block, HeapExtentDescriptor.FREE_BLOCK_NEXT_OFFSET, get(header, HeapExtentDescriptor.FREE_OFFSET));
        put(block, HeapExtentDescriptor.FREE_BLOCK_MARK_OFFSET, HeapExtentDescriptor.FREE_MARK);
        put(header, HeapExtentDescriptor.FREE_OFFSET, offset);
        put(header, HeapExtentDescriptor.USED_OFFSET, used - 1);
        if (wasFull) {
            moveToFront(extent, sizeClass);
        }
        lastFreedIn = extent;
    }

    /**
     * Loads what giving extents back to the store will read and change, its extent map, so that it cannot fail. Called
     * before anything changes that leads to it.
     */
    static void prepareRelease(final PagedMemory memory, final long address, final int extentCount) {
        memory.forRead(address & -(1L << memory.windowShift()));
        memory.kindOf(address);
        memory.kindOf(address + (long) (extentCount - 1) * PageDescriptor.EXTENT_LENGTH);
    }

    /** Loads what {@link #freeRecord} of a record will read and change, so that it cannot fail. */
    void prepareFreeRecord(final long address, final int length) {
        prepareFree(address, SizeClasses.ofLength(length));
    }

    /**
     * Loads what freeing a block will read and change, so that it cannot fail, as long as no other block of
     * its class is
     * allocated or freed before. A page that is loaded stays so, and changing it cannot fail.
     */
    void prepareFree(final long address, final int sizeClass) {
        if (memory.hydrating()) {
            memory.forRead(address);
            final long extent = extentOf(address);
            final long header = loadNeighbours(extent);
            loadNeighbours(extentAddress(root.head(sizeClass)));
            prepareRelease(memory, extent, get(header, HeapExtentDescriptor.EXTENTS_OFFSET));
        }
    }

    private long loadNeighbours(final long extent) {
        final long header = memory.forRead(extent);
        memory.forRead(extentAddress(get(header, HeapExtentDescriptor.NEXT_OFFSET)));
        memory.forRead(extentAddress(get(header, HeapExtentDescriptor.PREV_OFFSET)));
        return header;
    }

    /** Frees the only block in use of an extent, and the extent too unless it is the only one with room. */
    private void freeLast(final long extent, final long header, final int sizeClass) {
        lastFreedIn = 0;
        if (othersHaveRoom(extent, header, sizeClass)) {
            prepareRelease(memory, extent, 1);
            forWriteNeighbours(extent, sizeClass);
            unlink(extent, sizeClass);
            memory.free(extent);
        } else {
            put(header, HeapExtentDescriptor.USED_OFFSET, 0);
            put(header, HeapExtentDescriptor.FREE_OFFSET, 0);
            put(header, HeapExtentDescriptor.BUMP_OFFSET, SizeClasses.firstOffset(sizeClass));
        }
    }

    private boolean othersHaveRoom(final long extent, final long header, final int sizeClass) {
        final int number = extentNumber(extent);
        final int head = root.head(sizeClass);
        final int other = head != number ? head : get(header, HeapExtentDescriptor.NEXT_OFFSET);
        return other != number
                && get(memory.forRead(extentAddress(other)), HeapExtentDescriptor.USED_OFFSET)
                        < SizeClasses.blocksPerExtent(sizeClass);
    }

    private void freeLarge(final long address) {
        final long run = address - HEADER_LENGTH;
        prepareRelease(memory, run, get(memory.forRead(run), HeapExtentDescriptor.EXTENTS_OFFSET));
        forWriteNeighbours(run, SizeClasses.LARGE);
        unlink(run, SizeClasses.LARGE);
        memory.free(run);
    }

    // The ring of a class. Each change is preceded by one of the two forWrite methods.

    private void forWriteRingEnds(final int sizeClass) {
        root.forWriteClass(sizeClass);
        final int head = root.head(sizeClass);
        if (head != NONE) {
            final long header = memory.forWrite(extentAddress(head), HEADER_LENGTH);
            memory.forWrite(extentAddress(get(header, HeapExtentDescriptor.PREV_OFFSET)), HEADER_LENGTH);
        }
    }

    private void forWriteNeighbours(final long extent, final int sizeClass) {
        root.forWriteClass(sizeClass);
        final long header = memory.forRead(extent);
        memory.forWrite(extentAddress(get(header, HeapExtentDescriptor.NEXT_OFFSET)), HEADER_LENGTH);
        memory.forWrite(extentAddress(get(header, HeapExtentDescriptor.PREV_OFFSET)), HEADER_LENGTH);
    }

    private void link(final long extent, final int sizeClass, final boolean asHead) {
        final long header = memory.forRead(extent);
        insert(extentNumber(extent), header, sizeClass, asHead);
        root.addExtents(sizeClass, get(header, HeapExtentDescriptor.EXTENTS_OFFSET));
    }

    private void unlink(final long extent, final int sizeClass) {
        final long header = memory.forRead(extent);
        remove(extentNumber(extent), header, sizeClass);
        root.addExtents(sizeClass, -get(header, HeapExtentDescriptor.EXTENTS_OFFSET));
    }

    /** Extent that a block was freed in since the last call, 0 when in none or the extent has been given back. */
    long takeLastFreedIn() {
        final long extent = lastFreedIn;
        lastFreedIn = 0;
        return extent;
    }

    static int sizeClassOf(final long header) {
        return get(header, HeapExtentDescriptor.CLASS_OFFSET);
    }

    static int used(final long header) {
        return get(header, HeapExtentDescriptor.USED_OFFSET);
    }

    /** Offset behind the blocks of an extent that were ever handed out. */
    static int bump(final long header) {
        return get(header, HeapExtentDescriptor.BUMP_OFFSET);
    }

    /** The extent of a class that blocks are taken from first, or the one after it when that is the extent given. */
    long firstBut(final long extent, final int sizeClass) {
        final int head = root.head(sizeClass);
        return extentAddress(
                head != extentNumber(extent) ? head : get(memory.forRead(extent), HeapExtentDescriptor.NEXT_OFFSET));
    }

    /** Makes an extent with room the one that blocks are taken from first. */
    void takeFirstFrom(final long extent, final int sizeClass) {
        forWriteNeighbours(extent, sizeClass);
        forWriteRingEnds(sizeClass);
        memory.forWrite(extent, HEADER_LENGTH);
        moveToFront(extent, sizeClass);
    }

    private void moveToFront(final long extent, final int sizeClass) {
        final int number = extentNumber(extent);
        if (root.head(sizeClass) != number) {
            final long header = memory.forRead(extent);
            remove(number, header, sizeClass);
            insert(number, header, sizeClass, true);
        }
    }

    private void insert(final int number, final long header, final int sizeClass, final boolean asHead) {
        final int head = root.head(sizeClass);
        if (head == NONE) {
            put(header, HeapExtentDescriptor.NEXT_OFFSET, number);
            put(header, HeapExtentDescriptor.PREV_OFFSET, number);
        } else {
            final long headHeader = memory.forRead(extentAddress(head));
            final int tail = get(headHeader, HeapExtentDescriptor.PREV_OFFSET);
            put(header, HeapExtentDescriptor.NEXT_OFFSET, head);
            put(header, HeapExtentDescriptor.PREV_OFFSET, tail);
            put(memory.forRead(extentAddress(tail)), HeapExtentDescriptor.NEXT_OFFSET, number);
            put(headHeader, HeapExtentDescriptor.PREV_OFFSET, number);
        }
        if (head == NONE || asHead) {
            root.head(sizeClass, number);
        }
    }

    private void remove(final int number, final long header, final int sizeClass) {
        final int next = get(header, HeapExtentDescriptor.NEXT_OFFSET);
        final int prev = get(header, HeapExtentDescriptor.PREV_OFFSET);
        put(memory.forRead(extentAddress(prev)), HeapExtentDescriptor.NEXT_OFFSET, next);
        put(memory.forRead(extentAddress(next)), HeapExtentDescriptor.PREV_OFFSET, prev);
        if (root.head(sizeClass) == number) {
            root.head(sizeClass, next == number ? NONE : next);
        }
    }

    /** Extents that taking so many nodes would take from the store. */
    int extentsForNode() {
        final int head = root.head(SizeClasses.NODE);
        return head != NONE
                        && get(memory.forRead(extentAddress(head)), HeapExtentDescriptor.USED_OFFSET)
                                < SizeClasses.blocksPerExtent(SizeClasses.NODE)
                ? 0
                : 1;
    }

    /** Makes everything writable or readable that {@link #clear} and {@link #drop} touch; may throw. */
    void prepareClear() {
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            root.forWriteClass(sizeClass);
            int number = root.head(sizeClass);
            for (int left = root.extents(sizeClass); left > 0; ) {
                final long header = memory.forRead(extentAddress(number));
                final int extents = extentsOf(header, number);
                prepareRelease(memory, extentAddress(number), extents);
                left -= extents;
                number = get(header, HeapExtentDescriptor.NEXT_OFFSET);
            }
        }
        memory.forWrite(extentOf(root.address()), HEADER_LENGTH);
    }

    /** Gives back every extent but that of the root, where only the root stays. After {@link #prepareClear}. */
    void clear() {
        lastFreedIn = 0;
        final long rootExtent = extentOf(root.address());
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            int number = root.head(sizeClass);
            for (int left = root.extents(sizeClass); left > 0; ) {
                final long extent = extentAddress(number);
                final long header = memory.forRead(extent);
                left -= get(header, HeapExtentDescriptor.EXTENTS_OFFSET);
                number = get(header, HeapExtentDescriptor.NEXT_OFFSET);
                if (extent != rootExtent) {
                    memory.free(extent);
                }
            }
            root.addExtents(sizeClass, -root.extents(sizeClass));
            root.head(sizeClass, NONE);
        }
        formatWithRoot(memory.forRead(rootExtent), rootExtent);
        root.head(SizeClasses.NODE, extentNumber(rootExtent));
        root.addExtents(SizeClasses.NODE, 1);
    }

    /** Gives back every extent, that of the root included. After {@link #prepareClear}. */
    void drop() {
        clear();
        memory.free(extentOf(root.address()));
    }

    /** Passes the address of every record to a consumer, extent by extent; the consumer does not allocate or free. */
    void forEachRecord(final RecordConsumer consumer) {
        for (int sizeClass = SizeClasses.FIRST_RECORD; sizeClass < SizeClasses.COUNT; sizeClass++) {
            int number = root.head(sizeClass);
            for (int left = root.extents(sizeClass); left > 0; ) {
                final long extent = extentAddress(number);
                final long header = memory.forRead(extent);
                left -= extentsOf(header, number);
                number = get(header, HeapExtentDescriptor.NEXT_OFFSET);
                if (sizeClass == SizeClasses.LARGE) {
                    consumer.accept(extent + HEADER_LENGTH);
                } else {
                    forEachBlock(extent, header, sizeClass, consumer);
                }
            }
        }
    }

    private void forEachBlock(
            final long extent, final long header, final int sizeClass, final RecordConsumer consumer) {
        final int end = bump(header);
        final int length = SizeClasses.blockLength(sizeClass);
        final long pointer = memory.forRead(extent, end);
        for (int offset = SizeClasses.firstOffset(sizeClass); offset < end; offset += length) {
            if (get(pointer, offset + HeapExtentDescriptor.FREE_BLOCK_MARK_OFFSET) != HeapExtentDescriptor.FREE_MARK) {
                consumer.accept(extent + offset);
            }
        }
    }

    /** Extents of all classes. */
    long extentCount() {
        long extents = 0;
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            extents += root.extents(sizeClass);
        }
        return extents;
    }

    /** Blocks in use of a class, O(extents). */
    long blocksInUse(final int sizeClass) {
        long blocks = 0;
        int number = root.head(sizeClass);
        for (int left = root.extents(sizeClass); left > 0; ) {
            final long header = memory.forRead(extentAddress(number));
            blocks += get(header, HeapExtentDescriptor.USED_OFFSET);
            left -= extentsOf(header, number);
            number = get(header, HeapExtentDescriptor.NEXT_OFFSET);
        }
        return blocks;
    }

    private static int extentsOf(final long header, final int number) {
        final int extents = get(header, HeapExtentDescriptor.EXTENTS_OFFSET);
        if (get(header, HeapExtentDescriptor.MAGIC_OFFSET) != HeapExtentDescriptor.MAGIC || extents < 1) {
            throw new CorruptStoreException("not an extent of a table's heap: extent=" + number + " magic=0x"
                    + Integer.toHexString(get(header, HeapExtentDescriptor.MAGIC_OFFSET)) + " extents=" + extents
                    + "; run 'quire verify'");
        }
        return extents;
    }

    /** Bytes of all blocks that are not in use, O(extents). */
    long freeLength() {
        long free = 0;
        for (int sizeClass = 0; sizeClass < SizeClasses.LARGE; sizeClass++) {
            final long blocks = (long) root.extents(sizeClass) * SizeClasses.blocksPerExtent(sizeClass);
            free += (blocks - blocksInUse(sizeClass)) * SizeClasses.blockLength(sizeClass);
        }
        return free;
    }

    private static int get(final long pointer, final int offset) {
        return RawMemory.getInt(pointer + offset);
    }

    private static void put(final long pointer, final int offset, final int value) {
        RawMemory.putInt(pointer + offset, value);
    }
}

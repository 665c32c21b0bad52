/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.HeapExtentDescriptor.extentAddress;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Walks root, directory, segments and heap of a table and compares them with their invariants. Allocates in
 * proportion to the table's extents.
 *
 * <p>Threading: confined to the store's writer.
 */
abstract class TableChecker {
    final PagedMemory memory;
    final TableRoot root;
    private final Directory directory;
    private final ExtentKind segmentKind;
    private final int segmentMagic;
    /** Blocks of each heap extent that something refers to, by block index. */
    private final Map<Long, BitSet> referred = new HashMap<>();

    private long expectedPrefix;
    private long segmentCount;
    private long entryCount;
    private boolean pastLast;

    TableChecker(
            final PagedMemory memory,
            final TableRoot root,
            final Directory directory,
            final ExtentKind segmentKind,
            final int segmentMagic) {
        this.memory = memory;
        this.root = root;
        this.directory = directory;
        this.segmentKind = segmentKind;
        this.segmentMagic = segmentMagic;
    }

    /** Checks one segment's slots; returns its entries. */
    abstract long checkSegment(long segment, long pointer, long prefix, int depth);

    /** Checks what only all segments together tell. */
    abstract void checkRecords();

    final void check() {
        directory.checkPresent();
        refer(root.address(), SizeClasses.NODE);
        checkReference(root.directory(), 0, 0);
        require(pastLast, root.address(), "segments do not cover all hashes");
        requireEqual(root.address(), "segment count", root.segments(), segmentCount);
        requireEqual(root.address(), "entry count", root.entries(), entryCount);
        checkRecords();
        checkHeap();
    }

    private void checkReference(final long reference, final long prefix, final int level) {
        require(reference != DirectoryDescriptor.NONE, root.address(), "missing reference in the directory");
        if (DirectoryDescriptor.isNode(reference)) {
            checkNode(reference, prefix, level);
        } else {
            checkSegmentHeader(reference);
        }
    }

    private void checkNode(final long reference, final long prefix, final int level) {
        final long node = DirectoryDescriptor.address(reference);
        final int width = DirectoryDescriptor.width(reference);
        final int base = level * DirectoryDescriptor.WIDTH_MAX;
        require(width >= 1 && width <= DirectoryDescriptor.WIDTH_MAX, node, "node width out of range");
        require(base + width <= Long.SIZE, node, "node too deep");
        refer(node, SizeClasses.NODE);
        boolean full = false;
        for (int index = 0; index < 1 << width; ) {
            final long entry =
                    RawMemory.getLong(memory.forRead(node + (long) index * DirectoryDescriptor.ENTRY_LENGTH));
            final long entryPrefix = prefix | (long) index << (Long.SIZE - base - width);
            int copies = 1;
            if (DirectoryDescriptor.isNode(entry)) {
                require(width == DirectoryDescriptor.WIDTH_MAX, node, "node below a node that is not full");
                full = true;
            } else {
                final int localDepth = DirectoryDescriptor.depth(entry) - base;
                require(localDepth >= 1 && localDepth <= width, node, "segment depth does not fit its node");
                full |= localDepth == width;
                copies = 1 << (width - localDepth);
            }
            for (int copy = 1; copy < copies; copy++) {
                requireEqual(
                        node,
                        "copy of an entry",
                        RawMemory.getLong(
                                memory.forRead(node + (long) (index + copy) * DirectoryDescriptor.ENTRY_LENGTH)),
                        entry);
            }
            checkReference(entry, entryPrefix, level + 1);
            index += copies;
        }
        require(full, node, "node wider than its segments need");
    }

    private void checkSegmentHeader(final long reference) {
        final long segment = DirectoryDescriptor.address(reference);
        final int depth = DirectoryDescriptor.depth(reference);
        require((segment & (PageDescriptor.EXTENT_LENGTH - 1)) == 0, segment, "segment is not aligned");
        requireInside(segment, PageDescriptor.EXTENT_LENGTH);
        require(memory.kindOf(segment) == segmentKind, segment, "extent is no segment");
        final long pointer = memory.forRead(segment, PageDescriptor.EXTENT_LENGTH);
        requireEqual(segment, "magic", RawMemory.getInt(pointer + SegmentDescriptor.MAGIC_OFFSET), segmentMagic);
        requireEqual(segment, "depth", RawMemory.getInt(pointer + SegmentDescriptor.DEPTH_OFFSET), depth);
        final long prefix = RawMemory.getLong(pointer + SegmentDescriptor.PREFIX_OFFSET);
        require(!pastLast && prefix == expectedPrefix, segment, "segment is not in the order of hashes");
        expectedPrefix = Segments.next(prefix, reference);
        pastLast = expectedPrefix == 0;
        segmentCount++;
        entryCount += checkSegment(segment, pointer, prefix, depth);
    }

    /** Notes that something refers to a block; it must be the only one. */
    final void refer(final long address, final int sizeClass) {
        requireInside(address, 1);
        final long extent = HeapExtentDescriptor.extentOf(address);
        final long header = memory.forRead(extent);
        requireEqual(
                extent, "extent magic", get(header, HeapExtentDescriptor.MAGIC_OFFSET), HeapExtentDescriptor.MAGIC);
        requireEqual(extent, "size class", get(header, HeapExtentDescriptor.CLASS_OFFSET), sizeClass);
        final BitSet blocks = referred.computeIfAbsent(extent, any -> new BitSet());
        final int index = blockIndex(extent, (int) (address - extent), sizeClass);
        require(!blocks.get(index), address, "block in use twice");
        blocks.set(index);
    }

    private int blockIndex(final long extent, final int offset, final int sizeClass) {
        final int fromFirst = offset - SizeClasses.firstOffset(sizeClass);
        if (sizeClass == SizeClasses.LARGE) {
            requireEqual(extent, "offset of a large record", fromFirst, 0);
            return 0;
        }
        final int length = SizeClasses.blockLength(sizeClass);
        require(fromFirst >= 0 && fromFirst % length == 0, extent, "address is no block's");
        require(fromFirst / length < SizeClasses.blocksPerExtent(sizeClass), extent, "block outside the extent");
        return fromFirst / length;
    }

    private void checkHeap() {
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            checkRing(sizeClass);
        }
        require(referred.isEmpty(), root.address(), "block in an extent that is not of the table");
    }

    private void checkRing(final int sizeClass) {
        final int head = root.head(sizeClass);
        requireEqual(
                root.address(),
                "head of a class without extents",
                head == 0 ? 1 : 0,
                root.extents(sizeClass) == 0 ? 1 : 0);
        int number = head;
        int left = root.extents(sizeClass);
        boolean seenFull = false;
        int empty = 0;
        while (left > 0) {
            final long extent = extentAddress(number);
            requireInside(extent, PageDescriptor.EXTENT_LENGTH);
            require(memory.kindOf(extent) == SizeClasses.extentKind(sizeClass), extent, "extent of another kind");
            final long header = memory.forRead(extent);
            requireEqual(extent, "size class", get(header, HeapExtentDescriptor.CLASS_OFFSET), sizeClass);
            final int used = checkBlocks(extent, header, sizeClass);
            final boolean full = used == SizeClasses.blocksPerExtent(sizeClass);
            require(full || !seenFull, extent, "extent with room behind a full one");
            seenFull |= full;
            empty += used == 0 ? 1 : 0;
            final int next = get(header, HeapExtentDescriptor.NEXT_OFFSET);
            requireInside(extentAddress(next), PageDescriptor.EXTENT_LENGTH);
            requireEqual(
                    extent,
                    "previous of the next extent",
                    get(memory.forRead(extentAddress(next)), HeapExtentDescriptor.PREV_OFFSET),
                    number);
            final int extents = get(header, HeapExtentDescriptor.EXTENTS_OFFSET);
            require(extents >= 1, extent, "run of no extents");
            left -= extents;
            number = next;
        }
        requireEqual(root.address(), "extents of a class", left, 0);
        requireEqual(root.address(), "ring of a class", number, head);
        require(empty <= 1, root.address(), "more than one unused extent in a class");
    }

    /**
     * Checks that the blocks of an extent are in use, free or never used, each of them one of these; returns the
     * used.
     */
    private int checkBlocks(final long extent, final long header, final int sizeClass) {
        final BitSet used = referred.containsKey(extent) ? referred.remove(extent) : new BitSet();
        final int usedCount = used.cardinality();
        requireEqual(extent, "blocks in use", get(header, HeapExtentDescriptor.USED_OFFSET), usedCount);
        if (sizeClass == SizeClasses.LARGE) {
            return usedCount;
        }
        final int length = SizeClasses.blockLength(sizeClass);
        final int bump = get(header, HeapExtentDescriptor.BUMP_OFFSET);
        final int touched = (bump - SizeClasses.firstOffset(sizeClass)) / length;
        require(used.length() <= touched, extent, "block in use that was never handed out");
        int offset = get(header, HeapExtentDescriptor.FREE_OFFSET);
        while (offset != 0) {
            final int index = blockIndex(extent, offset, sizeClass);
            require(!used.get(index), extent, "free block is in use or twice in the list");
            require(index < touched, extent, "free block that was never handed out");
            requireEqual(
                    extent,
                    "mark of a free block",
                    get(memory.forRead(extent + offset), HeapExtentDescriptor.FREE_BLOCK_MARK_OFFSET),
                    HeapExtentDescriptor.FREE_MARK);
            used.set(index);
            offset = get(memory.forRead(extent + offset), HeapExtentDescriptor.FREE_BLOCK_NEXT_OFFSET);
        }
        requireEqual(extent, "blocks in use and free", used.cardinality(), touched);
        return usedCount;
    }

    private static int get(final long pointer, final int offset) {
        return RawMemory.getInt(pointer + offset);
    }

    final void requireInside(final long address, final int length) {
        require(
                address > 0 && address + length <= PageDescriptor.addressOfPage(memory.pageLimit()),
                address,
                "address is outside the store");
    }

    final void require(final boolean condition, final long address, final String what) {
        if (!condition) {
            throw new CorruptStoreException("table is damaged: " + what + ": root=0x" + Long.toHexString(root.address())
                    + " address=0x" + Long.toHexString(address));
        }
    }

    final void requireEqual(final long address, final String what, final long found, final long expected) {
        if (found != expected) {
            throw new CorruptStoreException("table is damaged: " + what + ": root=0x"
                    + Long.toHexString(root.address()) + " address=0x" + Long.toHexString(address) + " found=" + found
                    + " expected=" + expected);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.DirectoryDescriptor.ENTRY_LENGTH;
import static io.quire.store.table.DirectoryDescriptor.NODE_LENGTH;
import static io.quire.store.table.DirectoryDescriptor.NONE;
import static io.quire.store.table.DirectoryDescriptor.WIDTH_MAX;
import static io.quire.store.table.DirectoryDescriptor.address;
import static io.quire.store.table.DirectoryDescriptor.depth;
import static io.quire.store.table.DirectoryDescriptor.entryOffset;
import static io.quire.store.table.DirectoryDescriptor.isNode;
import static io.quire.store.table.DirectoryDescriptor.nodeReference;
import static io.quire.store.table.DirectoryDescriptor.segmentReference;
import static io.quire.store.table.DirectoryDescriptor.width;

import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/**
 * From the first bits of a hash to the segment that holds it: extendible hashing (Fagin et al., 1979) with the
 * directory as a trie of small nodes, so that neither a split nor a merge ever rewrites more than one page of it.
 *
 * <p>Changes are in two steps, so that an exception leaves all as it was: {@link #prepareSplit} or {@link
 * #prepareMerge} may throw, {@link #split} and {@link #merge} do not.
 *
 * <p>What the pages say is also kept in an array of cells outside of them, a flat image of the trie, because that is
 * one load on the way to an entry instead of one a level. It starts empty and is filled as hashes are asked for, so
 * opening a table takes no time for it; it doubles when the table has doubled, and ends at one megabyte. It is why one
 * table must not be used through two objects at a time.
 *
 * <p>Readers on other threads have one counter for the whole directory, that of the extent of the table's root, because
 * it seldom changes: a reader looks up between {@link #sequence} and {@link #unchanged}. Readers never fill a cell: one
 * that comes late would put back what the writer has just emptied.
 *
 * <p>Threading: single writer; the methods that say so by any thread.
 */
final class Directory {
    private static final int CELL_BITS_MIN = 1;
    private static final int CELL_BITS_MAX = 16;
    private static final int LEVELS_MAX = SegmentDescriptor.DEPTH_MAX / WIDTH_MAX + 1;

    private final PagedMemory memory;
    private final TableRoot root;
    private final BlockHeap heap;
    private final ExtentSequences sequences;
    private final long counter; // by which readers notice changes
    private long topReference;

    // Derived from the pages and filled as they are asked for: cell i is of the segment for the hashes that begin with
    // i. It has two elements, reference and native pointer, which are wanted together and so share a line; 0 = empty.
    private long[] cells;
    private int cellShift;
    private volatile Cells publishedCells; // the same array and shift, for readers
    private Cells freshCells; // of the directory that begins anew, while it is replaced

    // Where the last descent ended; only for split and merge.
    private int foundLevel;
    private long foundNode; // reference of the node that holds the segment's reference, NONE = the root holds it
    private long parentEntry; // address of the reference to that node, 0 = the root holds it

    Directory(final PagedMemory memory, final TableRoot root, final BlockHeap heap) {
        this.memory = memory;
        this.root = root;
        this.heap = heap;
        sequences = memory.sequences();
        counter = sequences.counter(root.address());
        topReference = root.directory();
        startCells(cellBits(root.segments()));
    }

    /**
     * Keeps readers from believing what they look up, until {@link #start} or {@link #end}. Before the first segment is
     * freed: a reader that found it afterwards would take its new number for that of a segment in use.
     *
     * @return what {@link #referenceBefore} goes through, as long as none of the nodes is freed
     */
    long replaceAll() {
        freshCells = cells(CELL_BITS_MIN); // may throw, and then nothing has begun
        sequences.beginAt(counter);
        return topReference;
    }

    /** Reference of the segment that was for a hash before {@link #replaceAll}, which returned the top. */
    long referenceBefore(final long top, final long hash) {
        return find(top, hash);
    }

    /** Starts with one segment for all hashes, after {@link #replaceAll}. The root's counters are writable. */
    void start(final long segment) {
        putTop(segmentReference(segment, 0));
        endReplacing();
    }

    /** Forgets everything, after {@link #replaceAll}: the table has been dropped. */
    void end() {
        topReference = NONE;
        endReplacing();
    }

    private void endReplacing() {
        use(freshCells);
        freshCells = null;
        sequences.end(counter);
    }

    private void putTop(final long reference) {
        root.directory(reference);
        topReference = reference;
    }

    /** Native pointer to the segment for a hash, whose pages may be cold. */
    long pointer(final long hash) {
        final long pointer = cells[((int) (hash >>> cellShift) << 1) + 1];
        return pointer != 0 ? pointer : memory.forRead(address(fillCell(hash)));
    }

    /** Reference (address and depth) of the segment for a hash. */
    long reference(final long hash) {
        final long reference = cells[(int) (hash >>> cellShift) << 1];
        return reference != NONE ? reference : fillCell(hash);
    }

    private long fillCell(final long hash) {
        final long reference = find(topReference, hash);
        if (depth(reference) <= Long.SIZE - cellShift) { // else the cell is for several segments and stays empty
            final long pointer = memory.forRead(address(reference)); // may throw
            final int cell = (int) (hash >>> cellShift) << 1;
            cells[cell] = reference;
            cells[cell + 1] = pointer;
        }
        return reference;
    }

    /** As many bits as give most segments a cell of their own. */
    private static int cellBits(final int segments) {
        final int bits = Integer.SIZE - Integer.numberOfLeadingZeros(segments - 1);
        return Math.max(CELL_BITS_MIN, Math.min(CELL_BITS_MAX, bits));
    }

    private void startCells(final int bits) {
        use(cells(bits));
    }

    private static Cells cells(final int bits) {
        return new Cells(Long.SIZE - bits, new long[2 << bits]);
    }

    private void use(final Cells fresh) {
        cellShift = fresh.shift;
        cells = fresh.cells;
        publishedCells = fresh;
    }

    /** Empties the cells of the segments whose hashes begin like one, which are about to change. */
    private void emptyCells(final long hash, final int depth) {
        if (depth <= Long.SIZE - cellShift) {
            final int first = (int) (DirectoryDescriptor.prefix(hash, depth) >>> cellShift);
            final int end = first + (1 << (Long.SIZE - cellShift - depth));
            Arrays.fill(cells, 2 * first, 2 * end, NONE);
        }
    }

    private long find(final long top, final long hash) {
        long reference = top;
        if (isNode(reference)) {
            reference = RawMemory.getLong(memory.forRead(address(reference) + entryOffset(hash, width(reference))));
            if (isNode(reference)) {
                reference = descend(reference, hash);
            }
        }
        if (reference == NONE) {
            throw dropped();
        }
        return reference;
    }

    static IllegalStateException dropped() {
        return new IllegalStateException("the table has been dropped: its state was, or got its first time to live"
                + " and is to be opened again");
    }

    /** Throws when the table has been dropped. */
    void checkPresent() {
        if (topReference == NONE) {
            throw dropped();
        }
    }

    /** Number of the directory before a reader looks up; by any thread. */
    long sequence() {
        return ExtentSequences.read(counter);
    }

    /** Whether what was looked up since then can be believed; by any thread. */
    boolean unchanged(final long sequence) {
        return ExtentSequences.unchanged(counter, sequence);
    }

    /**
     * Reference of the segment for a hash; by any thread. While the directory is being changed it may be any number,
     * and so it may when {@link #unchanged} turns out false.
     *
     * @return the reference; NONE when there is none or the pages make no sense
     */
    long referenceForReader(final long hash) {
        final Cells published = publishedCells;
        final long reference = published.cells[(int) (hash >>> published.shift) << 1];
        return reference != NONE ? reference : findForReader(hash);
    }

    private long findForReader(final long hash) {
        long reference = topReference;
        long shifted = hash;
        for (int level = 0; isNode(reference); level++) {
            final int width = width(reference);
            if (level == LEVELS_MAX || width < 1 || width > WIDTH_MAX) {
                return NONE;
            }
            final long entry = memory.forDoubtfulRead(address(reference) + entryOffset(shifted, width), ENTRY_LENGTH);
            if (entry == 0) {
                return NONE;
            }
            reference = RawMemory.getLong(entry);
            shifted <<= WIDTH_MAX;
        }
        return reference;
    }

    /** Whether the table has been dropped; by any thread. */
    boolean isDropped() {
        return topReference == NONE;
    }

    private long descend(final long top, final long hash) {
        long reference = top;
        long shifted = hash;
        do {
            shifted <<= WIDTH_MAX;
            reference = RawMemory.getLong(memory.forRead(address(reference) + entryOffset(shifted, width(reference))));
        } while (isNode(reference));
        return reference;
    }

    /** Finds node and entry of the segment for a hash. */
    private long locate(final long hash) {
        foundLevel = 0;
        foundNode = NONE;
        parentEntry = 0;
        long entry = 0;
        long reference = topReference;
        long shifted = hash;
        while (isNode(reference)) {
            if (foundNode != NONE) {
                foundLevel++;
                shifted <<= WIDTH_MAX;
            }
            foundNode = reference;
            parentEntry = entry;
            entry = address(reference) + entryOffset(shifted, width(reference));
            reference = RawMemory.getLong(memory.forRead(entry));
        }
        return reference;
    }

    private int localDepth(final int depth) {
        return depth - foundLevel * WIDTH_MAX;
    }

    private boolean splitNeedsNode(final int depth) {
        return foundNode == NONE || localDepth(depth) == WIDTH_MAX;
    }

    /** Extents that splitting the segment for a hash takes from the store for the directory. */
    int extentsForSplit(final long hash) {
        return splitNeedsNode(depth(locate(hash))) ? heap.extentsForNode() : 0;
    }

    /**
     * Makes all writable that splitting the segment for a hash will change.
     *
     * @return a new node, to be given to {@link #split}; 0 when none is needed
     */
    long prepareSplit(final long hash) {
        final int bits = cellBits(root.segments() + 1);
        if (bits > Long.SIZE - cellShift) {
            startCells(bits);
        }
        final int depth = depth(locate(hash));
        root.forWriteCounters();
        if (foundNode != NONE) {
            memory.forWrite(address(foundNode), NODE_LENGTH);
        }
        if (parentEntry != 0) {
            memory.forWrite(parentEntry, ENTRY_LENGTH);
        }
        return splitNeedsNode(depth) ? heap.allocate(SizeClasses.NODE, NODE_LENGTH) : 0;
    }

    /**
     * Puts two segments of one bit more in the place of the segment for a hash.
     *
     * @param hash any hash of the segment that was split
     * @param low segment of the hashes whose next bit is 0
     * @param high segment of those whose next bit is 1
     * @param newNode what {@link #prepareSplit} returned
     */
    void split(final long hash, final long low, final long high, final long newNode) {
        sequences.beginAt(counter);
        splitEntries(hash, low, high, newNode);
        sequences.end(counter);
    }

    private void splitEntries(final long hash, final long low, final long high, final long newNode) {
        final int depth = depth(locate(hash));
        emptyCells(hash, depth);
        final long lowReference = segmentReference(low, depth + 1);
        final long highReference = segmentReference(high, depth + 1);
        if (newNode != 0) {
            final long pointer = memory.forRead(newNode, NODE_LENGTH);
            RawMemory.setMemory(pointer, NODE_LENGTH, (byte) 0);
            putEntry(pointer, 0, lowReference);
            putEntry(pointer, 1, highReference);
            replaceSegment(hash, nodeReference(newNode, 1));
            return;
        }
        final int localDepth = localDepth(depth);
        if (localDepth == width(foundNode)) {
            doubleNode();
        }
        final long pointer = memory.forRead(address(foundNode), NODE_LENGTH);
        final int copies = 1 << (width(foundNode) - localDepth - 1);
        final int first = firstEntry(hash, localDepth);
        fill(pointer, first, copies, lowReference);
        fill(pointer, first + copies, copies, highReference);
    }

    private void replaceSegment(final long hash, final long reference) {
        if (foundNode == NONE) {
            putTop(reference);
        } else {
            final int offset = entryOffset(hash << (foundLevel * WIDTH_MAX), width(foundNode));
            RawMemory.putLong(memory.forRead(address(foundNode) + offset), reference);
        }
    }

    /** First of the entries of a segment in the node last found. */
    private int firstEntry(final long hash, final int localDepth) {
        final int width = width(foundNode);
        final int entry = entryOffset(hash << (foundLevel * WIDTH_MAX), width) / ENTRY_LENGTH;
        return entry & -(1 << (width - localDepth));
    }

    private void doubleNode() {
        final int width = width(foundNode);
        final long pointer = memory.forRead(address(foundNode), NODE_LENGTH);
        for (int i = (1 << width) - 1; i >= 0; i--) {
            final long reference = entry(pointer, i);
            putEntry(pointer, 2 * i, reference);
            putEntry(pointer, 2 * i + 1, reference);
        }
        putNode(nodeReference(address(foundNode), width + 1));
    }

    /** Changes the reference to the node last found. */
    private void putNode(final long reference) {
        foundNode = reference;
        if (parentEntry == 0) {
            putTop(reference);
        } else {
            RawMemory.putLong(memory.forRead(parentEntry), reference);
        }
    }

    /** Makes all writable that merging the segment for a hash with its neighbour will change. */
    void prepareMerge(final long hash) {
        final int bits = cellBits(root.segments() + 1);
        if (bits > Long.SIZE - cellShift) {
            startCells(bits);
        }
        final int depth = depth(locate(hash));
        root.forWriteCounters();
        memory.forWrite(address(foundNode), NODE_LENGTH);
        if (parentEntry != 0) {
            memory.forWrite(parentEntry, ENTRY_LENGTH);
        }
        if (localDepth(depth) == 1) {
            heap.prepareFree(address(foundNode), SizeClasses.NODE);
        }
    }

    /**
     * Puts one segment in the place of two neighbours of the same depth.
     *
     * @param hash any hash of either
     * @param merged the segment that now holds both
     */
    void merge(final long hash, final long merged) {
        sequences.beginAt(counter);
        mergeEntries(hash, merged);
        sequences.end(counter);
    }

    private void mergeEntries(final long hash, final long merged) {
        final int depth = depth(locate(hash)) - 1;
        emptyCells(hash, depth);
        final int localDepth = localDepth(depth);
        final long reference = segmentReference(merged, depth);
        if (localDepth == 0) {
            final long node = address(foundNode);
            putNode(reference);
            heap.free(node, SizeClasses.NODE);
            return;
        }
        final long pointer = memory.forRead(address(foundNode), NODE_LENGTH);
        fill(pointer, firstEntry(hash, localDepth), 1 << (width(foundNode) - localDepth), reference);
        while (canHalve(pointer)) {
            halveNode(pointer);
        }
    }

    /** Whether the node last found is wider than its deepest segment needs. */
    private boolean canHalve(final long pointer) {
        final int width = width(foundNode);
        for (int i = 0; i < 1 << width; i += 2) {
            if (entry(pointer, i) != entry(pointer, i + 1)) {
                return false;
            }
        }
        return width > 1;
    }

    private void halveNode(final long pointer) {
        final int width = width(foundNode);
        for (int i = 0; i < 1 << (width - 1); i++) {
            putEntry(pointer, i, entry(pointer, 2 * i));
        }
        final int kept = ENTRY_LENGTH << (width - 1);
        RawMemory.setMemory(pointer + kept, kept, (byte) 0);
        putNode(nodeReference(address(foundNode), width - 1));
    }

    private static void fill(final long pointer, final int first, final int count, final long reference) {
        for (int i = first; i < first + count; i++) {
            putEntry(pointer, i, reference);
        }
    }

    private static long entry(final long pointer, final int index) {
        return RawMemory.getLong(pointer + (long) index * ENTRY_LENGTH);
    }

    private static void putEntry(final long pointer, final int index, final long reference) {
        RawMemory.putLong(pointer + (long) index * ENTRY_LENGTH, reference);
    }

    /** The cells with the shift that belongs to them. */
    private static final class Cells {
        final int shift;
        final long[] cells;

        Cells(final int shift, final long[] cells) {
            this.shift = shift;
            this.cells = cells;
        }
    }
}

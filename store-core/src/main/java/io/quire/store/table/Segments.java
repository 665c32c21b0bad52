/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.SegmentDescriptor.COUNT_OFFSET;
import static io.quire.store.table.SegmentDescriptor.DEPTH_OFFSET;
import static io.quire.store.table.SegmentDescriptor.HEADER_LENGTH;
import static io.quire.store.table.SegmentDescriptor.PREFIX_OFFSET;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/**
 * The segments of one table: their creation, split, merge and release, which are the same whatever the slots hold.
 * Subclasses know the slots. Every change of a slot happens in a subclass and every change of which segments there are
 * happens here, so these are the places where readers on other threads are told, by {@link ExtentSequences}: whoever
 * changes a segment, or a record that one of its slots points to, in more than one store of eight aligned bytes does it
 * between begin and end.
 *
 * <p>Invariants: a segment's count is that of its slots in use and below the number of slots, so that every search
 * ends; two neighbours with few entries between them do not stay two for ever.
 *
 * <p>Threading: confined to the store's writer.
 */
abstract class Segments {
    /** A remove looks for a merge when the count of its segment is a multiple of a power of two, at most this. */
    private static final int MERGE_STEP_MAX = 64;

    /**
     * Slots that a split looks at in one call. The JVM compiles a method by how often it is called and loops: a loop
     * over all slots at once would be interpreted for a hundred splits, each of which lasts a millisecond then.
     */
    static final int RUN_LENGTH = 64;

    private static final int HIGH_SHIFT = 16;
    private static final int LOW_MASK = (1 << HIGH_SHIFT) - 1;
    private static final int MERGE_STEPS = 16;
    private static final int GAPS_INITIAL = 64;

    final PagedMemory memory;
    final TableRoot root;
    final Directory directory;
    final ExtentSequences sequences;
    private final BlockHeap heap;
    private final ExtentKind kind;
    private final int magic;
    private final int mergeCountMax;
    private final int mergeStepMask;
    private int[] gaps = new int[GAPS_INITIAL]; // from finding what moves on a remove until it has moved

    Segments(
            final PagedMemory memory,
            final TableRoot root,
            final BlockHeap heap,
            final ExtentKind kind,
            final int magic,
            final int mergeCountMax) {
        this.memory = memory;
        this.root = root;
        this.heap = heap;
        this.kind = kind;
        this.magic = magic;
        this.mergeCountMax = mergeCountMax;
        mergeStepMask = Math.min(MERGE_STEP_MAX, Integer.highestOneBit(mergeCountMax / MERGE_STEPS + 1)) - 1;
        directory = new Directory(memory, root, heap);
        sequences = memory.sequences();
    }

    /** Gives an empty table its first segment. */
    final void start() {
        final long segment = memory.allocateExtent(kind);
        try {
            final long pointer = memory.forWrite(segment, SEGMENT_LENGTH);
            root.forWriteCounters();
            format(pointer, 0, 0);
        } catch (final RuntimeException e) {
            memory.free(segment);
            throw e;
        }
        directory.replaceAll();
        directory.start(segment);
        root.addSegments(1);
    }

    private void format(final long pointer, final int depth, final long prefix) {
        RawMemory.setMemory(pointer, SEGMENT_LENGTH, (byte) 0);
        RawMemory.putInt(pointer + SegmentDescriptor.MAGIC_OFFSET, magic);
        RawMemory.putInt(pointer + DEPTH_OFFSET, depth);
        RawMemory.putLong(pointer + PREFIX_OFFSET, prefix);
    }

    static int count(final long pointer) {
        return RawMemory.getInt(pointer + COUNT_OFFSET);
    }

    static void count(final long pointer, final int count) {
        RawMemory.putInt(pointer + COUNT_OFFSET, count);
    }

    /** Entries of a run of slots that stay and that go to the sibling, in one number; such numbers can be added. */
    static int divided(final int low, final int high) {
        return high << HIGH_SHIFT | low;
    }

    /** Sets the counts of both halves of a segment to a sum of what {@link #divided} returned. */
    static void counts(final long pointer, final long siblingPointer, final int divided) {
        count(pointer, divided & LOW_MASK);
        count(siblingPointer, divided >>> HIGH_SHIFT);
    }

    /**
     * Splits the segment of a hash in two.
     *
     * @throws StoreFullException when there is no space, or the segment is as deep as can be; nothing has changed
     */
    final void split(final long hash) {
        final long reference = directory.reference(hash);
        final int depth = DirectoryDescriptor.depth(reference);
        if (depth == SegmentDescriptor.DEPTH_MAX) {
            throw new StoreFullException("a segment is full of keys with the same hash: hash=0x"
                    + Long.toHexString(hash) + " depth=" + depth + "; remove some of these keys");
        }
        final long segment = DirectoryDescriptor.address(reference);
        prepareSplit(segment, depth);
        memory.ensureFree(1 + directory.extentsForSplit(hash));
        final long sibling = memory.allocateExtent(kind);
        final long pointer;
        final long siblingPointer;
        final long node;
        try {
            pointer = memory.forWrite(segment, SEGMENT_LENGTH);
            siblingPointer = memory.forWrite(sibling, SEGMENT_LENGTH);
            node = directory.prepareSplit(hash);
        } catch (final RuntimeException e) {
            memory.free(sibling);
            throw e;
        }
        // Nothing can fail from here on.
        final long change = sequences.begin(segment);
        final long prefix = RawMemory.getLong(pointer + PREFIX_OFFSET);
        format(siblingPointer, depth + 1, prefix | DirectoryDescriptor.prefixBit(depth + 1));
        RawMemory.putInt(pointer + DEPTH_OFFSET, depth + 1);
        divide(pointer, siblingPointer, depth);
        directory.split(hash, segment, sibling, node);
        sequences.end(change);
        root.addSegments(1);
    }

    /**
     * Merges the segment of a hash with its neighbour if both are sparse, and so on upwards. Called before an entry is
     * removed, so that a failure to load the neighbour leaves the table as it was.
     *
     * @param count slots in use in the segment
     * @return whether segments were merged: slots have moved
     */
    final boolean mergeIfSparse(final long hash, final int count) {
        if (count > mergeCountMax || (count & mergeStepMask) != 0) {
            return false;
        }
        boolean merged = false;
        while (mergeOnce(hash)) {
            merged = true;
        }
        return merged;
    }

    private boolean mergeOnce(final long hash) {
        final long reference = directory.reference(hash);
        final int depth = DirectoryDescriptor.depth(reference);
        if (depth == 0) {
            return false;
        }
        final long bit = DirectoryDescriptor.prefixBit(depth);
        final long lowReference = directory.reference(hash & ~bit);
        final long highReference = directory.reference(hash | bit);
        if (DirectoryDescriptor.depth(lowReference) != DirectoryDescriptor.depth(highReference)) {
            return false;
        }
        final long low = DirectoryDescriptor.address(lowReference);
        final long high = DirectoryDescriptor.address(highReference);
        final int count = count(memory.forRead(low)) + count(memory.forRead(high));
        if (count > mergeCountMax) {
            return false;
        }
        BlockHeap.prepareRelease(memory, high, 1);
        directory.prepareMerge(hash);
        final long highPointer = memory.forRead(high, SEGMENT_LENGTH);
        final long lowPointer = memory.forWrite(low, SEGMENT_LENGTH);
        final long change = sequences.begin(low);
        unite(lowPointer, highPointer);
        count(lowPointer, count);
        RawMemory.putInt(lowPointer + DEPTH_OFFSET, depth - 1);
        directory.merge(hash, low);
        sequences.end(change);
        root.addSegments(-1);
        memory.free(high);
        return true;
    }

    /** Empties the table but for one segment and the root. */
    final void clear() {
        prepareDrop();
        final long first = firstSegment();
        final long pointer = memory.forWrite(first, SEGMENT_LENGTH);
        final long former = directory.replaceAll();
        final long change = sequences.begin(first);
        format(pointer, 0, 0);
        directory.start(first);
        sequences.end(change);
        // Readers go on in the empty table; one that still reads a former segment notices when that is freed.
        freeAllBut(former, first);
        heap.clear();
        root.addSegments(1 - root.segments());
        root.addEntries(-root.entries());
        root.addPayload(-root.payload());
    }

    /** Loads what {@link #clear} and {@link #drop} will read and change. */
    final void prepareDrop() {
        prepareClear();
        memory.forWrite(firstSegment(), SEGMENT_LENGTH);
        root.forWriteCounters();
        heap.prepareClear();
    }

    private long firstSegment() {
        return DirectoryDescriptor.address(directory.reference(0));
    }

    /** Gives everything back; the table can no longer be used. */
    final void drop() {
        prepareDrop();
        final long former = directory.replaceAll();
        directory.end(); // before the root goes back, and the counter with it
        freeAllBut(former, 0);
        heap.drop();
    }

    /** Reads all of the directory, which may have to be loaded. */
    private void prepareClear() {
        long position = 0;
        do {
            final long reference = directory.reference(position);
            BlockHeap.prepareRelease(memory, DirectoryDescriptor.address(reference), 1);
            position = next(position, reference);
        } while (position != 0);
    }

    private void freeAllBut(final long former, final long kept) {
        long position = 0;
        do {
            final long reference = directory.referenceBefore(former, position);
            final long segment = DirectoryDescriptor.address(reference);
            if (segment != kept) {
                memory.free(segment);
            }
            position = next(position, reference);
        } while (position != 0);
    }

    /**
     * First hash after those of a segment, for going through all segments in the order of hashes.
     *
     * @param position any hash of the segment
     * @param reference the segment's
     * @return the hash, 0 after the last segment
     */
    static long next(final long position, final long reference) {
        final int depth = DirectoryDescriptor.depth(reference);
        return depth == 0 ? 0 : DirectoryDescriptor.prefix(position, depth) + DirectoryDescriptor.prefixBit(depth);
    }

    /** Whether all hashes of the segment of a hash are in a range. */
    static boolean isWithin(final long position, final long reference, final KeyGroupRange range) {
        final int depth = DirectoryDescriptor.depth(reference);
        return range.containsAll(DirectoryDescriptor.prefix(position, depth), depth);
    }

    static CorruptStoreException noEmptySlot(final long segment) {
        return new CorruptStoreException(
                "segment without an empty slot: segment=0x" + Long.toHexString(segment) + "; run 'quire verify'");
    }

    /** Notes the offset of a slot that will be empty once the entry from the one noted next has moved there. */
    final void noteGap(final int index, final int offset) {
        if (index == gaps.length) {
            gaps = Arrays.copyOf(gaps, 2 * index); // rare: so many neighbours are to be moved
        }
        gaps[index] = offset;
    }

    final int gap(final int index) {
        return gaps[index];
    }

    static boolean isPageStart(final int offset) {
        return (offset & (DirectoryDescriptor.NODE_LENGTH - 1)) == 0;
    }

    static int wrap(final int offset) {
        return offset == SEGMENT_LENGTH ? HEADER_LENGTH : offset;
    }

    /** Whether home lies cyclically after the gap and not after offset, so that a search does not pass the gap. */
    static boolean staysReachable(final int home, final int gap, final int offset) {
        return gap <= offset ? gap < home && home <= offset : gap < home || home <= offset;
    }

    /** Does what may fail before a split, without changing what the segment holds. */
    abstract void prepareSplit(long segment, int depth);

    /** Moves the entries whose first hash bit after depth is 1 to the sibling, and sets both counts. */
    abstract void divide(long pointer, long siblingPointer, int depth);

    /** Adds the entries of the higher of two neighbours, with a further 1 in their prefix, to the lower one. */
    abstract void unite(long lowPointer, long highPointer);
}

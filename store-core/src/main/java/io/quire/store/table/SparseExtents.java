/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.HeapExtentDescriptor.FREE_BLOCK_MARK_OFFSET;
import static io.quire.store.table.HeapExtentDescriptor.FREE_MARK;
import static io.quire.store.table.RecordDescriptor.KEY_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.VALUE_LENGTH_OFFSET;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Empties sparse extents of a heap of records into others, a few records at a time, so that a table that shrinks gives
 * extents back whatever the order of removal.
 *
 * <p>It looks at two extents of a class: the one that a block was freed in and the one that blocks are taken from next.
 * If the records of both take three quarters of one, those of the emptier go to the fuller, {@link #MOVES_MAX} a call;
 * each call follows a remove, so an extent is emptied before as many records as it holds have been removed elsewhere.
 * If not, but the first one is emptier than three eighths, blocks are taken from it next: it either fills up, or is
 * what the next sparse extent is emptied into.
 *
 * <p>Threading: confined to the store's writer.
 */
final class SparseExtents {
    private static final int MOVES_MAX = 4;
    /** Blocks that are looked at for a record to move. */
    private static final int LOOKS_MAX = 64;

    private final PagedMemory memory;
    private final BlockHeap heap;
    private final RecordSegments segments;

    private int sizeClass;
    private long source;
    private long target;
    // Where the search for records goes on. Not kept in pages: it only saves looking at the same blocks again.
    private long sweptExtent;
    private int sweptClass; // the extent may have been given back meanwhile and got blocks of another size
    private int sweptOffset;

    SparseExtents(final PagedMemory memory, final BlockHeap heap, final RecordSegments segments) {
        this.memory = memory;
        this.heap = heap;
        this.segments = segments;
    }

    /**
     * Looks whether there is something to move after a block was freed.
     *
     * @param extent the extent that it was freed in
     */
    boolean look(final long extent) {
        if (memory.hydrating()) {
            return false; // later, when nothing has to be loaded and so nothing can fail
        }
        final long header = memory.forRead(extent);
        sizeClass = BlockHeap.sizeClassOf(header);
        final int used = BlockHeap.used(header);
        final int capacity = SizeClasses.blocksPerExtent(sizeClass);
        if (sizeClass == SizeClasses.NODE || 4 * used > 3 * capacity) {
            return false;
        }
        final long other = heap.firstBut(extent, sizeClass);
        final int otherUsed = BlockHeap.used(memory.forRead(other));
        if (other == extent || otherUsed == capacity) {
            return false;
        }
        if (4 * (used + otherUsed) <= 3 * capacity) {
            source = used < otherUsed ? extent : other;
            target = used < otherUsed ? other : extent;
            return otherUsed > 0; // a class keeps one extent that has nothing to move
        }
        if (8 * used < 3 * capacity) {
            heap.takeFirstFrom(extent, sizeClass);
        }
        return false;
    }

    /** Moves a few records of what {@link #look} has found. */
    void move(final RecordTable table) {
        if (sweptExtent != source || sweptClass != sizeClass) {
            sweptExtent = source;
            sweptClass = sizeClass;
            sweptOffset = SizeClasses.firstOffset(sizeClass);
        }
        final int blockLength = SizeClasses.blockLength(sizeClass);
        int moves = 0;
        for (int looks = 0; looks < LOOKS_MAX && moves < MOVES_MAX; looks++) {
            final long header = memory.forRead(source);
            if (sweptOffset >= BlockHeap.bump(header)) {
                sweptOffset = SizeClasses.firstOffset(sizeClass);
            }
            final long record = source + sweptOffset;
            sweptOffset += blockLength;
            if (RawMemory.getInt(memory.forRead(record) + FREE_BLOCK_MARK_OFFSET) != FREE_MARK) {
                final boolean last = BlockHeap.used(header) == 1;
                move(table, record);
                moves++;
                if (last) {
                    sweptExtent = 0;
                    break;
                }
            }
        }
        heap.takeLastFreedIn(); // what was freed by moving is no reason to move more
    }

    private void move(final RecordTable table, final long record) {
        final long pointer = memory.forRead(record);
        final int length = RecordDescriptor.length(
                RawMemory.getInt(pointer + KEY_LENGTH_OFFSET), RawMemory.getInt(pointer + VALUE_LENGTH_OFFSET));
        final long hash = segments.hashOf(record);
        final long slot = segments.slotOf(hash, record);
        memory.forWrite(slot, RecordSlotDescriptor.SLOT_LENGTH);
        heap.prepareFreeRecord(record, length);
        final long copy = heap.take(target, sizeClass, length);
        RawMemory.copy(pointer, memory.forRead(copy, length), length);
        final long change = segments.sequences.begin(slot);
        segments.replace(slot, copy);
        heap.freeRecord(record, length);
        segments.sequences.end(change);
        table.recordMoved(hash, record, copy);
    }
}

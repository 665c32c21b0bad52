/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedSlotDescriptor.HASH_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.FixedSlotDescriptor.VALUE_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.homeIndex;
import static io.quire.store.table.FixedSlotDescriptor.slotOffset;
import static io.quire.store.table.SegmentDescriptor.FLAGS_OFFSET;
import static io.quire.store.table.SegmentDescriptor.HEADER_LENGTH;
import static io.quire.store.table.SegmentDescriptor.ZERO_VALUE_OFFSET;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;

/**
 * Segments of {@link FixedSlotDescriptor} slots: linear probing inside the segment, deletion by shifting back, so that
 * there are no tombstones and a table that churns keeps its speed.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FixedSegments extends Segments {
    FixedSegments(final PagedMemory memory, final TableRoot root, final BlockHeap heap) {
        super(
                memory,
                root,
                heap,
                ExtentKind.FIXED_SEGMENT,
                SegmentDescriptor.FIXED_MAGIC,
                FixedSlotDescriptor.MERGE_COUNT_MAX);
    }

    /** Adds an entry whose hash is absent, splitting its segment if that is full; not for hash 0. */
    void insert(final long hash, final long emptySlot, final long value) {
        long slot = emptySlot;
        long segment = HeapExtentDescriptor.extentOf(slot);
        long header = memory.forRead(segment);
        while (count(header) >= FixedSlotDescriptor.COUNT_MAX) {
            split(hash);
            segment = DirectoryDescriptor.address(directory.reference(hash));
            header = memory.forRead(segment);
            slot = emptySlot(segment, hash);
        }
        root.forWriteCounters();
        memory.forWrite(segment, HEADER_LENGTH);
        final long pointer = memory.forWrite(slot, SLOT_LENGTH);
        final long change = sequences.begin(segment);
        RawMemory.putLong(pointer + VALUE_OFFSET, value);
        RawMemory.putLong(pointer + HASH_OFFSET, hash);
        sequences.end(change);
        count(header, count(header) + 1);
        root.addEntries(1);
    }

    private long emptySlot(final long segment, final long hash) {
        int offset = slotOffset(homeIndex(hash));
        while (RawMemory.getLong(memory.forRead(segment + offset)) != 0) {
            offset = wrap(offset + SLOT_LENGTH);
        }
        return segment + offset;
    }

    /** Adds the entry of hash 0, which stands in the header of its segment. */
    void insertZero(final long segment, final long value) {
        root.forWriteCounters();
        final long header = memory.forWrite(segment, HEADER_LENGTH);
        final long change = sequences.begin(segment);
        RawMemory.putLong(header + ZERO_VALUE_OFFSET, value);
        RawMemory.putInt(header + FLAGS_OFFSET, SegmentDescriptor.FLAG_ZERO_HASH);
        sequences.end(change);
        root.addEntries(1);
    }

    void removeZero(final long segment) {
        root.forWriteCounters();
        final long header = memory.forWrite(segment, HEADER_LENGTH);
        final long change = sequences.begin(segment);
        RawMemory.putLong(header + ZERO_VALUE_OFFSET, 0);
        RawMemory.putInt(header + FLAGS_OFFSET, 0);
        sequences.end(change);
        root.addEntries(-1);
    }

    static boolean hasZero(final long header) {
        return RawMemory.getInt(header + FLAGS_OFFSET) != 0;
    }

    /** Removes the entry in a slot; entries after it may move. */
    void remove(final long slot) {
        final long segment = HeapExtentDescriptor.extentOf(slot);
        root.forWriteCounters();
        final long pointer = memory.forWrite(segment, HEADER_LENGTH);
        final int gapCount = findGaps(segment, (int) (slot - segment));
        final long change = sequences.begin(segment);
        closeGaps(pointer, gapCount);
        sequences.end(change);
        count(pointer, count(pointer) - 1);
        root.addEntries(-1);
    }

    /**
     * Finds what moves when an entry is removed (Knuth vol. 3, 6.4, algorithm R): each entry after it that would no
     * longer be found from its home moves into the gap and leaves one itself. Makes all of these slots writable, which
     * may fail; nothing has changed then.
     *
     * @return number of gaps, noted in order
     */
    private int findGaps(final long segment, final int removedOffset) {
        int gap = removedOffset;
        int offset = removedOffset;
        int count = 0;
        long pointer = memory.forWrite(segment + gap, SLOT_LENGTH);
        noteGap(count++, gap);
        while (true) {
            offset += SLOT_LENGTH;
            pointer += SLOT_LENGTH;
            if (isPageStart(offset)) {
                offset = wrap(offset);
                pointer = memory.forRead(segment + offset);
            }
            final long hash = RawMemory.getLong(pointer + HASH_OFFSET);
            if (hash == 0) {
                return count;
            }
            if (!staysReachable(slotOffset(homeIndex(hash)), gap, offset)) {
                memory.forWrite(segment + offset, SLOT_LENGTH);
                noteGap(count++, offset);
                gap = offset;
            }
        }
    }

    private void closeGaps(final long pointer, final int count) {
        long gap = pointer + gap(0);
        for (int i = 1; i < count; i++) {
            final long next = pointer + gap(i);
            RawMemory.putLong(gap + VALUE_OFFSET, RawMemory.getLong(next + VALUE_OFFSET));
            RawMemory.putLong(gap + HASH_OFFSET, RawMemory.getLong(next + HASH_OFFSET));
            gap = next;
        }
        RawMemory.putLong(gap + HASH_OFFSET, 0);
        RawMemory.putLong(gap + VALUE_OFFSET, 0);
    }

    @Override
    void prepareSplit(final long segment, final int depth) {
        // The slots hold all of the hash.
    }

    /**
     * {@inheritDoc} In place: taking the entries in order from an empty slot on, none can find its new slot after its
     * old one, so no entry is overwritten before it was moved.
     */
    @Override
    void divide(final long pointer, final long siblingPointer, final int depth) {
        divideSlots(pointer, siblingPointer, depth);
    }

    private static void divideSlots(final long pointer, final long siblingPointer, final int depth) {
        final int first = firstEmpty(pointer);
        int divided = 0;
        for (int done = 0; done < SLOT_COUNT; done += RUN_LENGTH) {
            final int index = first + done < SLOT_COUNT ? first + done : first + done - SLOT_COUNT;
            divided += divideRun(pointer, siblingPointer, depth, index, Math.min(RUN_LENGTH, SLOT_COUNT - done));
        }
        counts(pointer, siblingPointer, divided);
    }

    private static int divideRun(
            final long pointer, final long siblingPointer, final int depth, final int first, final int length) {
        final long bit = DirectoryDescriptor.prefixBit(depth + 1);
        int low = 0;
        int high = 0;
        int index = first;
        for (int i = 0; i < length; i++) {
            final long slot = pointer + slotOffset(index);
            final long hash = RawMemory.getLong(slot + HASH_OFFSET);
            if (hash != 0) {
                final long value = RawMemory.getLong(slot + VALUE_OFFSET);
                RawMemory.putLong(slot + HASH_OFFSET, 0);
                RawMemory.putLong(slot + VALUE_OFFSET, 0);
                if ((hash & bit) != 0) {
                    place(siblingPointer, hash, value);
                    high++;
                } else {
                    place(pointer, hash, value);
                    low++;
                }
            }
            index = index + 1 == SLOT_COUNT ? 0 : index + 1;
        }
        return divided(low, high);
    }

    /** Fills and splits a segment of no table; both are zeros. */
    static void rehearse(final long pointer, final long siblingPointer, final SplittableRandom random) {
        for (int i = 0; i < FixedSlotDescriptor.COUNT_MAX; i++) {
            place(pointer, random.nextLong() | 1, i);
        }
        divideSlots(pointer, siblingPointer, 0);
    }

    private static int firstEmpty(final long pointer) {
        int index = 0;
        while (RawMemory.getLong(pointer + slotOffset(index) + HASH_OFFSET) != 0) {
            index++;
        }
        return index;
    }

    private static void place(final long pointer, final long hash, final long value) {
        int index = homeIndex(hash);
        while (RawMemory.getLong(pointer + slotOffset(index) + HASH_OFFSET) != 0) {
            index = index + 1 == SLOT_COUNT ? 0 : index + 1;
        }
        final long slot = pointer + slotOffset(index);
        RawMemory.putLong(slot + VALUE_OFFSET, value);
        RawMemory.putLong(slot + HASH_OFFSET, hash);
    }

    @Override
    void unite(final long lowPointer, final long highPointer) {
        for (int index = 0; index < SLOT_COUNT; index++) {
            final long slot = highPointer + slotOffset(index);
            final long hash = RawMemory.getLong(slot + HASH_OFFSET);
            if (hash != 0) {
                place(lowPointer, hash, RawMemory.getLong(slot + VALUE_OFFSET));
            }
        }
    }
}

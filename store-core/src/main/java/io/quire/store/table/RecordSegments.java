/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.RecordSlotDescriptor.home;
import static io.quire.store.table.RecordSlotDescriptor.homeIndex;
import static io.quire.store.table.RecordSlotDescriptor.slotOffset;
import static io.quire.store.table.SegmentDescriptor.HEADER_LENGTH;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;

/**
 * Segments of {@link RecordSlotDescriptor} slots: linear probing inside the segment and deletion by shifting back, both
 * without touching records.
 *
 * <p>Threading: confined to the store's writer.
 */
final class RecordSegments extends Segments {
    private final KeyHash keyHash;
    private int gapCount; // found by prepareRemove

    RecordSegments(final PagedMemory memory, final TableRoot root, final BlockHeap heap, final KeyHash keyHash) {
        super(
                memory,
                root,
                heap,
                ExtentKind.RECORD_SEGMENT,
                SegmentDescriptor.RECORD_MAGIC,
                RecordSlotDescriptor.MERGE_COUNT_MAX);
        this.keyHash = keyHash;
    }

    /**
     * Finds room for a further entry, splitting the segment of its hash while that is full.
     *
     * @param emptySlot address of the slot where a search for the hash ended
     * @return address of the slot to put it in
     */
    long reserve(final long hash, final long emptySlot) {
        long slot = emptySlot;
        long segment = HeapExtentDescriptor.extentOf(slot);
        while (count(memory.forRead(segment)) >= RecordSlotDescriptor.COUNT_MAX) {
            split(hash);
            segment = DirectoryDescriptor.address(directory.reference(hash));
            slot = emptySlot(segment, hash);
        }
        return slot;
    }

    private long emptySlot(final long segment, final long hash) {
        int offset = slotOffset(homeIndex(hash));
        while (RawMemory.getLong(memory.forRead(segment + offset)) != 0) {
            offset = wrap(offset + SLOT_LENGTH);
        }
        return segment + offset;
    }

    /** Makes all writable that {@link #insert} will change. */
    void prepareInsert(final long slot) {
        root.forWriteCounters();
        memory.forWrite(HeapExtentDescriptor.extentOf(slot), HEADER_LENGTH);
        memory.forWrite(slot, SLOT_LENGTH);
    }

    /**
     * Puts an entry in the slot that {@link #reserve} found, after {@link #prepareInsert}; the record is complete. One
     * ordered store, which a reader sees or does not: it needs no other notice.
     */
    void insert(final long slot, final long hash, final long record) {
        final int depth = DirectoryDescriptor.depth(directory.reference(hash));
        final long header = memory.forRead(HeapExtentDescriptor.extentOf(slot));
        RawMemory.putLongRelease(
                memory.forRead(slot), RecordSlotDescriptor.slot(RecordSlotDescriptor.header(hash, depth), record));
        count(header, count(header) + 1);
        root.addEntries(1);
    }

    /**
     * Gives an entry another record, after a forWrite of its slot. One ordered store; readers have to be told of what
     * becomes of the old record.
     */
    void replace(final long slot, final long record) {
        final long pointer = memory.forRead(slot);
        final long header = RawMemory.getLong(pointer) & ~RecordSlotDescriptor.RECORD_MASK;
        RawMemory.putLongRelease(pointer, RecordSlotDescriptor.slot(header, record));
    }

    /** Address of the slot of a record that is there. */
    long slotOf(final long hash, final long record) {
        final long segment = DirectoryDescriptor.address(directory.reference(hash));
        int offset = slotOffset(homeIndex(hash));
        for (int count = 0; count < SLOT_COUNT; count++) {
            final long slot = RawMemory.getLong(memory.forRead(segment + offset));
            if (slot == 0) {
                break;
            }
            if (RecordSlotDescriptor.record(slot) == record) {
                return segment + offset;
            }
            offset = wrap(offset + SLOT_LENGTH);
        }
        throw new CorruptStoreException("record without a slot: record=0x" + Long.toHexString(record) + " segment=0x"
                + Long.toHexString(segment) + "; run 'quire verify'");
    }

    /** Makes all writable that {@link #remove} will change. */
    void prepareRemove(final long slot) {
        final long segment = HeapExtentDescriptor.extentOf(slot);
        root.forWriteCounters();
        memory.forWrite(segment, HEADER_LENGTH);
        gapCount = findGaps(segment, (int) (slot - segment));
    }

    /** Removes the entry in a slot, after {@link #prepareRemove}; entries after it may move. */
    void remove(final long slot) {
        final long pointer = memory.forRead(HeapExtentDescriptor.extentOf(slot));
        closeGaps(pointer, gapCount);
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
            final long slot = RawMemory.getLong(pointer);
            if (slot == 0) {
                return count;
            }
            if (!staysReachable(slotOffset(home(slot)), gap, offset)) {
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
            RawMemory.putLong(gap, RawMemory.getLong(next));
            gap = next;
        }
        RawMemory.putLong(gap, 0);
    }

    /** {@inheritDoc} Refills the tags that have no hash bit left, which are few; each from its record. */
    @Override
    void prepareSplit(final long segment, final int depth) {
        final long pointer = memory.forRead(segment, SEGMENT_LENGTH);
        for (int offset = nextEmptyTag(pointer, HEADER_LENGTH);
                offset < SEGMENT_LENGTH;
                offset = nextEmptyTag(pointer, offset + SLOT_LENGTH)) {
            final long slot = RawMemory.getLong(pointer + offset);
            final long hash = hashOf(RecordSlotDescriptor.record(slot));
            final long refilled = RecordSlotDescriptor.withTag(slot, RecordSlotDescriptor.freshTag(hash, depth));
            RawMemory.putLong(memory.forWrite(segment + offset, SLOT_LENGTH), refilled);
        }
    }

    /** Offset of the first slot from one on whose tag has no hash bit left; the segment's length if there is none. */
    private static int nextEmptyTag(final long pointer, final int from) {
        for (int start = from; start < SEGMENT_LENGTH; start += RUN_LENGTH * SLOT_LENGTH) {
            final int end = Math.min(SEGMENT_LENGTH, start + RUN_LENGTH * SLOT_LENGTH);
            final int found = emptyTagIn(pointer, start, end);
            if (found < end) {
                return found;
            }
        }
        return SEGMENT_LENGTH;
    }

    private static int emptyTagIn(final long pointer, final int start, final int end) {
        int offset = start;
        while (offset < end) {
            final long slot = RawMemory.getLong(pointer + offset);
            if (slot != 0 && RecordSlotDescriptor.tagLength(slot) == 0) {
                break;
            }
            offset += SLOT_LENGTH;
        }
        return offset;
    }

    /** Hash of the key of a record. */
    long hashOf(final long record) {
        final int keyLength = RawMemory.getInt(memory.forRead(record) + RecordDescriptor.KEY_LENGTH_OFFSET);
        final long pointer = memory.forRead(record, RecordDescriptor.HEADER_LENGTH + keyLength);
        return keyHash.ofBytes(null, pointer + RecordDescriptor.KEY_OFFSET, keyLength);
    }

    /**
     * {@inheritDoc} In place: taking the entries in order from an empty slot on, none can find its new slot after its
     * old one, so no entry is overwritten before it was moved.
     */
    @Override
    void divide(final long pointer, final long siblingPointer, final int depth) {
        divideSlots(pointer, siblingPointer);
    }

    private static void divideSlots(final long pointer, final long siblingPointer) {
        final int first = firstEmpty(pointer);
        int divided = 0;
        for (int done = 0; done < SLOT_COUNT; done += RUN_LENGTH) {
            final int index = first + done < SLOT_COUNT ? first + done : first + done - SLOT_COUNT;
            divided += divideRun(pointer, siblingPointer, index, Math.min(RUN_LENGTH, SLOT_COUNT - done));
        }
        counts(pointer, siblingPointer, divided);
    }

    private static int divideRun(final long pointer, final long siblingPointer, final int first, final int length) {
        int low = 0;
        int high = 0;
        int index = first;
        for (int i = 0; i < length; i++) {
            final long slotPointer = pointer + slotOffset(index);
            final long slot = RawMemory.getLong(slotPointer);
            if (slot != 0) {
                RawMemory.putLong(slotPointer, 0);
                if (RecordSlotDescriptor.firstTagBit(slot)) {
                    place(siblingPointer, RecordSlotDescriptor.splitTag(slot));
                    high++;
                } else {
                    place(pointer, RecordSlotDescriptor.splitTag(slot));
                    low++;
                }
            }
            index = index + 1 == SLOT_COUNT ? 0 : index + 1;
        }
        return divided(low, high);
    }

    /** Fills and splits a segment of no table, with some tags to be refilled; both are zeros. */
    static void rehearse(final long pointer, final long siblingPointer, final SplittableRandom random) {
        for (int i = 1; i <= RecordSlotDescriptor.COUNT_MAX; i++) {
            final long slot = RecordSlotDescriptor.slot(
                    RecordSlotDescriptor.header(random.nextLong(), 0), (long) i << SLOT_LENGTH);
            final boolean used = i % RUN_LENGTH == 0;
            place(pointer, used ? RecordSlotDescriptor.withTag(slot, RecordSlotDescriptor.TAG_FIRST_BIT) : slot);
        }
        for (int offset = nextEmptyTag(pointer, HEADER_LENGTH);
                offset < SEGMENT_LENGTH;
                offset = nextEmptyTag(pointer, offset + SLOT_LENGTH)) {
            final long slot = RawMemory.getLong(pointer + offset);
            final int tag = RecordSlotDescriptor.freshTag(random.nextLong(), 0);
            RawMemory.putLong(pointer + offset, RecordSlotDescriptor.withTag(slot, tag));
        }
        divideSlots(pointer, siblingPointer);
    }

    private static int firstEmpty(final long pointer) {
        int index = 0;
        while (RawMemory.getLong(pointer + slotOffset(index)) != 0) {
            index++;
        }
        return index;
    }

    private static void place(final long pointer, final long slot) {
        int index = home(slot);
        while (RawMemory.getLong(pointer + slotOffset(index)) != 0) {
            index = index + 1 == SLOT_COUNT ? 0 : index + 1;
        }
        RawMemory.putLong(pointer + slotOffset(index), slot);
    }

    @Override
    void unite(final long lowPointer, final long highPointer) {
        for (int offset = HEADER_LENGTH; offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
            final long slot = RawMemory.getLong(lowPointer + offset);
            if (slot != 0) {
                RawMemory.putLong(lowPointer + offset, RecordSlotDescriptor.mergeTag(slot, false));
            }
        }
        for (int offset = HEADER_LENGTH; offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
            final long slot = RawMemory.getLong(highPointer + offset);
            if (slot != 0) {
                place(lowPointer, RecordSlotDescriptor.mergeTag(slot, true));
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedBytesShape.HASH_OFFSET;
import static io.quire.store.table.FixedBytesShape.REST_OFFSET;
import static io.quire.store.table.FixedBytesShape.ZERO_SLOT_OFFSET;
import static io.quire.store.table.SegmentDescriptor.FLAGS_OFFSET;
import static io.quire.store.table.SegmentDescriptor.HEADER_LENGTH;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.SplittableRandom;

/**
 * Segments of slots of a {@link FixedBytesShape}: linear probing inside the segment, deletion by shifting back, so that
 * there are no tombstones and a table that churns keeps its speed.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FixedBytesSegments extends Segments {
    /** Short slots, of which a segment has most, with bytes of the key beside its hash. */
    static final FixedBytesShape REHEARSED = new FixedBytesShape(2 * Long.BYTES, 0);

    private final FixedBytesShape shape;

    FixedBytesSegments(
            final PagedMemory memory, final TableRoot root, final BlockHeap heap, final FixedBytesShape shape) {
        super(memory, root, heap, ExtentKind.FIXED_SEGMENT, SegmentDescriptor.FIXED_BYTES_MAGIC, shape.mergeCountMax());
        this.shape = shape;
    }

    /**
     * Adds an entry whose key is absent, splitting its segment if that is full.
     *
     * @param emptySlot address of the slot where the search for the key ended
     * @param keyOffset of a key that does not lie in this table if {@link #isFull} says so of the slot
     * @param valueOffset the same of a value; 0 without an array: zeros
     * @return address of the entry's slot
     */
    long insert(
            final long hash,
            final long emptySlot,
            final byte[] keyBase,
            final long keyOffset,
            final byte[] valueBase,
            final long valueOffset) {
        if (FixedBytesShape.isZeroSlot(emptySlot)) {
            return insertZero(emptySlot, keyBase, keyOffset, valueBase, valueOffset);
        }
        long slot = emptySlot;
        long segment = HeapExtentDescriptor.extentOf(slot);
        long header = memory.forRead(segment);
        while (count(header) >= shape.countMax) {
            split(hash);
            segment = DirectoryDescriptor.address(directory.reference(hash));
            header = memory.forRead(segment);
            slot = emptySlot(segment, hash);
        }
        root.forWriteCounters();
        memory.forWrite(segment, HEADER_LENGTH);
        final long pointer = memory.forWrite(slot, shape.slotLength);
        final long change = sequences.begin(segment);
        fill(pointer, hash, keyBase, keyOffset, valueBase, valueOffset);
        sequences.end(change);
        count(header, count(header) + 1);
        root.addEntries(1);
        return slot;
    }

    /** Whether an insert that begins at a slot will split its segment first, which moves entries. */
    boolean isFull(final long emptySlot) {
        return count(memory.forRead(HeapExtentDescriptor.extentOf(emptySlot))) >= shape.countMax;
    }

    /** Adds the entry that has a slot of its own. */
    private long insertZero(
            final long slot,
            final byte[] keyBase,
            final long keyOffset,
            final byte[] valueBase,
            final long valueOffset) {
        final long segment = HeapExtentDescriptor.extentOf(slot);
        root.forWriteCounters();
        final long header = memory.forWrite(segment, ZERO_SLOT_OFFSET + shape.slotLength);
        final long change = sequences.begin(segment);
        fill(header + ZERO_SLOT_OFFSET, 0, keyBase, keyOffset, valueBase, valueOffset);
        RawMemory.putInt(header + FLAGS_OFFSET, SegmentDescriptor.FLAG_ZERO_HASH);
        sequences.end(change);
        root.addEntries(1);
        return slot;
    }

    private void fill(
            final long pointer,
            final long hash,
            final byte[] keyBase,
            final long keyOffset,
            final byte[] valueBase,
            final long valueOffset) {
        // An empty slot is zeros already, padding included.
        if (shape.restLength > 0) {
            RawMemory.copy(keyBase, keyOffset + Long.BYTES, null, pointer + REST_OFFSET, shape.restLength);
        }
        if (shape.valueLength > 0 && (valueBase != null || valueOffset != 0)) {
            RawMemory.copy(valueBase, valueOffset, null, pointer + shape.valueOffset, shape.valueLength);
        }
        RawMemory.putLong(pointer + HASH_OFFSET, hash);
    }

    /** Overwrites a part of the value in a slot; the part is not empty. */
    void overwrite(
            final long slot, final int offset, final byte[] sourceBase, final long sourceOffset, final int length) {
        final long target = memory.forWrite(slot + shape.valueOffset + offset, length);
        if (length == Long.BYTES && shape.valueLength == Long.BYTES) {
            RawMemory.putLongRelease(target, RawMemory.getLong(sourceBase, sourceOffset)); // readers see it or do not
        } else if (length == Long.BYTES) {
            final long change = sequences.begin(slot);
            RawMemory.putLong(target, RawMemory.getLong(sourceBase, sourceOffset));
            sequences.end(change);
        } else {
            // Also when it is only one field of several: a reader copies them all, and must not get one that is older
            // and another that is newer than what was there at any moment.
            final long change = sequences.begin(slot);
            RawMemory.copy(sourceBase, sourceOffset, null, target, length);
            sequences.end(change);
        }
    }

    private long emptySlot(final long segment, final long hash) {
        int offset = shape.homeOffset(hash);
        while (!shape.isEmpty(memory.forRead(segment + offset, shape.slotLength))) {
            offset = shape.nextOffset(offset);
        }
        return segment + offset;
    }

    void removeZero(final long segment) {
        root.forWriteCounters();
        final long header = memory.forWrite(segment, ZERO_SLOT_OFFSET + shape.slotLength);
        final long change = sequences.begin(segment);
        RawMemory.zero(header + ZERO_SLOT_OFFSET, shape.slotLength);
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
        final int offset = (int) (slot - segment);
        root.forWriteCounters();
        final long header = memory.forWrite(segment, HEADER_LENGTH);
        shiftBack(segment, offset, false);
        final long change = sequences.begin(segment);
        shiftBack(segment, offset, true);
        sequences.end(change);
        count(header, count(header) - 1);
        root.addEntries(-1);
    }

    /**
     * Closes the gap that an entry leaves (Knuth vol. 3, 6.4, algorithm R): each entry after it that would no longer be
     * found from its home moves into the gap and leaves one itself.
     *
     * @param apply false to make all writable that will change, which may fail; true to change it
     */
    private void shiftBack(final long segment, final int removedOffset, final boolean apply) {
        int gap = removedOffset;
        int offset = removedOffset;
        long gapPointer = forSlot(segment + gap, apply);
        while (true) {
            offset = shape.nextOffset(offset);
            final long slot = memory.forRead(segment + offset, shape.slotLength);
            if (shape.isEmpty(slot)) {
                break;
            }
            final long hash = RawMemory.getLong(slot + HASH_OFFSET);
            if (staysReachable(shape.homeOffset(hash), gap, offset)) {
                continue;
            }
            final long next = forSlot(segment + offset, apply);
            if (apply) {
                RawMemory.copyLongs(next, gapPointer, shape.slotLength);
            }
            gap = offset;
            gapPointer = next;
        }
        if (apply) {
            RawMemory.zero(gapPointer, shape.slotLength);
        }
    }

    private long forSlot(final long slot, final boolean alreadyWritable) {
        return alreadyWritable ? memory.forRead(slot) : memory.forWrite(slot, shape.slotLength);
    }

    @Override
    void prepareSplit(final long segment, final int depth) {
        // The slots hold all of the hash.
    }

    /**
     * {@inheritDoc} In place: taking the entries in order from an empty slot on, none can find its new slot after its
     * old one, so no entry is overwritten before it was moved. That with a slot of its own stays.
     */
    @Override
    void divide(final long pointer, final long siblingPointer, final int depth) {
        divideSlots(shape, pointer, siblingPointer, depth);
    }

    private static void divideSlots(
            final FixedBytesShape shape, final long pointer, final long siblingPointer, final int depth) {
        int offset = firstEmpty(shape, pointer);
        int divided = 0;
        for (int done = 0; done < shape.slotCount; done += RUN_LENGTH) {
            final int length = Math.min(RUN_LENGTH, shape.slotCount - done);
            divided += divideRun(shape, pointer, siblingPointer, depth, offset, length);
            offset = shape.offsetAfter(offset, length);
        }
        counts(pointer, siblingPointer, divided);
    }

    private static int divideRun(
            final FixedBytesShape shape,
            final long pointer,
            final long siblingPointer,
            final int depth,
            final int first,
            final int length) {
        final long bit = DirectoryDescriptor.prefixBit(depth + 1);
        int low = 0;
        int high = 0;
        int offset = first;
        for (int i = 0; i < length; i++) {
            final long slot = pointer + offset;
            if (!shape.isEmpty(slot)) {
                final long hash = RawMemory.getLong(slot + HASH_OFFSET);
                final boolean isHigh = (hash & bit) != 0;
                final long target =
                        isHigh ? emptyFor(shape, siblingPointer, hash, 0) : emptyFor(shape, pointer, hash, slot);
                if (target != slot) {
                    RawMemory.copyLongs(slot, target, shape.slotLength);
                    RawMemory.zero(slot, shape.slotLength);
                }
                high += isHigh ? 1 : 0;
                low += isHigh ? 0 : 1;
            }
            offset = shape.nextOffset(offset);
        }
        return divided(low, high);
    }

    /** Fills and splits a segment of no table; both are zeros. */
    static void rehearse(final long pointer, final long siblingPointer, final SplittableRandom random) {
        for (int i = 0; i < REHEARSED.countMax; i++) {
            final long hash = random.nextLong() | 1;
            RawMemory.putLong(emptyFor(REHEARSED, pointer, hash, 0) + HASH_OFFSET, hash);
        }
        divideSlots(REHEARSED, pointer, siblingPointer, 0);
    }

    private static int firstEmpty(final FixedBytesShape shape, final long pointer) {
        int offset = shape.firstSlotOffset;
        while (!shape.isEmpty(pointer + offset)) {
            offset += shape.slotLength;
        }
        return offset;
    }

    /**
     * Finds the empty slot for a hash.
     *
     * @param ownSlot a slot that counts as empty; 0 for none
     */
    private static long emptyFor(final FixedBytesShape shape, final long pointer, final long hash, final long ownSlot) {
        int offset = shape.homeOffset(hash);
        while (pointer + offset != ownSlot && !shape.isEmpty(pointer + offset)) {
            offset = shape.nextOffset(offset);
        }
        return pointer + offset;
    }

    @Override
    void unite(final long lowPointer, final long highPointer) {
        for (int index = 0; index < shape.slotCount; index++) {
            final long slot = highPointer + shape.slotOffset(index);
            if (!shape.isEmpty(slot)) {
                final long hash = RawMemory.getLong(slot + HASH_OFFSET);
                RawMemory.copyLongs(slot, emptyFor(shape, lowPointer, hash, 0), shape.slotLength);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordDescriptor.HEADER_LENGTH;
import static io.quire.store.table.RecordDescriptor.KEY_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.KEY_OFFSET;
import static io.quire.store.table.RecordDescriptor.VALUE_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.valueOffset;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.RecordSlotDescriptor.home;
import static io.quire.store.table.RecordSlotDescriptor.slotOffset;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.RecordTableReader.EntryConsumer;
import java.util.Arrays;

/**
 * One pass over a {@link RecordTable} by a reader, while the writer moves slots, replaces records, splits and merges.
 *
 * <p>It goes by ranges of hashes, and within a range by home slots: both are the same for an entry as long as it is
 * there, wherever its slot and its record go. The entries of one range and home, mostly one, are a group, which is
 * copied as it is at one moment and then handed out. So nothing is missed and nothing comes twice: whatever happens
 * between two groups, the rest of the range is what has a higher home. A range whose segment has been split is cut in
 * two, and both halves go on from the home reached.
 *
 * <p>The slots of a segment are copied once and sorted by home, and copied again when the segment has changed.
 *
 * <p>Threading: confined to the reading thread.
 */
final class RecordTableScan extends TableReader {
    private static final int RANGE_FIELDS = 3;

    private final EntryConsumer consumer;
    private final byte[] copy = new byte[SEGMENT_LENGTH];

    // Ranges still to be scanned: first hash, hash after the last (0 = none), first home.
    private long[] ranges = new long[RANGE_FIELDS * Long.SIZE];
    private int rangeCount;

    // The range under way.
    private long from;
    private long end;
    private int firstHome;
    private boolean filtered; // the segment holds other hashes, too
    private final long[] slots = new long[SLOT_COUNT]; // from firstHome on, in order of home
    private int slotCount;
    private int slotIndex;
    private boolean slotsCopied;

    // The group under way: copies of its records, each 8-byte aligned.
    private byte[] group = new byte[4096];
    private int groupLength;

    RecordTableScan(
            final PagedMemory memory,
            final Directory directory,
            final KeyHash keyHash,
            final ReadSession session,
            final EntryConsumer consumer) {
        super(memory, directory, keyHash, session);
        this.consumer = consumer;
    }

    void run(final KeyGroupRange groups) {
        pushRange(groups.firstHash(), groups.endHash(), 0);
        while (rangeCount > 0) {
            final int at = --rangeCount * RANGE_FIELDS;
            from = ranges[at];
            end = ranges[at + 1];
            firstHome = (int) ranges[at + 2];
            slotsCopied = false;
            while (copyGroup()) {
                handOut();
            }
        }
    }

    private void pushRange(final long rangeFrom, final long rangeEnd, final int home) {
        final int at = rangeCount++ * RANGE_FIELDS;
        if (at == ranges.length) {
            ranges = Arrays.copyOf(ranges, 2 * at);
        }
        ranges[at] = rangeFrom;
        ranges[at + 1] = rangeEnd;
        ranges[at + 2] = home;
    }

    /** Copies the next group; false when the range has no more. */
    private boolean copyGroup() {
        session.enter();
        try {
            int failures = 0;
            while (!tryCopyGroup()) {
                session.failed(++failures);
            }
        } finally {
            session.leave();
        }
        if (slotIndex == slotCount) {
            return false;
        }
        firstHome = home(slots[slotIndex]) + 1;
        slotIndex = groupEnd();
        return true;
    }

    private boolean tryCopyGroup() {
        if (!slotsCopied || !unchanged()) {
            slotsCopied = false;
            if (!locate(from) || !copySegment(copy)) {
                return false;
            }
            takeSlots();
            slotsCopied = true;
        }
        final int groupEnd = groupEnd();
        groupLength = 0;
        boolean bySegment = false;
        for (int i = slotIndex; i < groupEnd; i++) {
            final int length = copyRecord(RecordSlotDescriptor.record(slots[i]));
            if (length == 0) {
                return false;
            }
            bySegment |= groupEnd - slotIndex > 1 || length <= SizeClasses.BLOCK_LENGTH_MAX;
        }
        return !bySegment || unchanged();
    }

    /** Index after the last slot of the group that begins at the current one. */
    private int groupEnd() {
        int index = slotIndex;
        while (index < slotCount && home(slots[index]) == home(slots[slotIndex])) {
            index++;
        }
        return index;
    }

    /** Takes the slots of the copied segment that are still to be seen, by home. */
    private void takeSlots() {
        final long segmentEnd = end(from);
        final boolean endsEarlier = segmentEnd != 0 && (end == 0 || Long.compareUnsigned(segmentEnd, end) < 0);
        if (endsEarlier) {
            pushRange(segmentEnd, end, firstHome);
            end = segmentEnd;
        }
        filtered = segmentEnd != end || DirectoryDescriptor.prefix(from, depth()) != from;
        slotCount = 0;
        slotIndex = 0;
        for (int index = 0; index < SLOT_COUNT; index++) {
            final long slot = slotAt(index);
            if (slot != 0 && home(slot) <= index) {
                takeSlot(slot);
            }
        }
        // Those that stand before their home have been wrapped around the end of the segment.
        for (int index = 0; index < SLOT_COUNT && slotAt(index) != 0; index++) {
            if (home(slotAt(index)) > index) {
                takeSlot(slotAt(index));
            }
        }
    }

    private long slotAt(final int index) {
        return RawMemory.getLong(copy, RawMemory.ARRAY_OFFSET + slotOffset(index));
    }

    /** Insertion sort: slots stand close to their home, so they are nearly in order already. */
    private void takeSlot(final long slot) {
        final int home = home(slot);
        if (home < firstHome) {
            return;
        }
        int target = slotCount++;
        while (target > 0 && home(slots[target - 1]) > home) {
            slots[target] = slots[target - 1];
            target--;
        }
        slots[target] = slot;
    }

    /** Adds a record to the group, if its hash is in the range; returns its length, 0 when something has changed. */
    private int copyRecord(final long record) {
        final long pointer = pointer(record, HEADER_LENGTH);
        if (pointer == 0) {
            return 0;
        }
        final int keyLength = RawMemory.getInt(pointer + KEY_LENGTH_OFFSET);
        final int valueLength = RawMemory.getInt(pointer + VALUE_LENGTH_OFFSET);
        if (keyLength < 0
                || keyLength > RecordTable.MAX_KEY_LENGTH
                || valueLength < 0
                || valueLength > RecordTable.MAX_VALUE_LENGTH) {
            return 0;
        }
        final int length = RecordDescriptor.length(keyLength, valueLength);
        final boolean copied =
                RecordTableReader.isLong(keyLength, valueLength) ? copyLong(record, length) : copyBytes(record, length);
        if (!copied) {
            return 0;
        }
        if (!filtered || inRange(keyLength)) {
            groupLength += padded(length);
        }
        return length;
    }

    /** Copies a record with extents of its own, whose own counter tells when it changes. */
    private boolean copyLong(final long record, final int length) {
        final long counter = memory.sequences().counter(record);
        final long sequence = ExtentSequences.read(counter);
        return !ExtentSequences.isChanging(sequence)
                && unchanged() // it is still the record of this slot
                && copyBytes(record, length)
                && RecordDescriptor.length(
                                RawMemory.getInt(group, at(KEY_LENGTH_OFFSET)),
                                RawMemory.getInt(group, at(VALUE_LENGTH_OFFSET)))
                        == length
                && ExtentSequences.unchanged(counter, sequence);
    }

    private boolean copyBytes(final long record, final int length) {
        final int padded = padded(length); // in whole longs, so that none of them is torn
        final long pointer = pointer(record, padded);
        if (pointer == 0) {
            return false;
        }
        if (groupLength + padded > group.length) {
            if (!unchanged()) {
                return false; // a length that cannot be believed is no reason to allocate
            }
            group = Arrays.copyOf(group, Math.max(groupLength + padded, 2 * group.length));
        }
        RawMemory.copy(null, pointer, group, at(0), padded);
        return true;
    }

    private long at(final int offset) {
        return RawMemory.ARRAY_OFFSET + groupLength + offset;
    }

    private boolean inRange(final int keyLength) {
        final long hash = keyHash.ofBytes(group, at(KEY_OFFSET), keyLength);
        return Long.compareUnsigned(hash, from) >= 0 && (end == 0 || Long.compareUnsigned(hash, end) < 0);
    }

    private static int padded(final int length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }

    private void handOut() {
        for (int at = 0; at < groupLength; ) {
            final long header = RawMemory.ARRAY_OFFSET + at;
            final int keyLength = RawMemory.getInt(group, header + KEY_LENGTH_OFFSET);
            final int valueLength = RawMemory.getInt(group, header + VALUE_LENGTH_OFFSET);
            consumer.accept(group, at + KEY_OFFSET, keyLength, at + valueOffset(keyLength), valueLength);
            at += padded(RecordDescriptor.length(keyLength, valueLength));
        }
    }
}

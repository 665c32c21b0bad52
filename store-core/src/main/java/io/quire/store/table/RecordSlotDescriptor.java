/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;

/**
 * A slot of a segment of records: one long, 0 = empty.
 *
 * <pre>
 *  63          51 50         40 39                              0
 *  +-------------+-------------+---------------------------------+
 *  | home index  |     tag     |   record address &gt;&gt;&gt; 4        |
 *  +-------------+-------------+---------------------------------+
 * </pre>
 *
 * <p>The home index is exact, so an entry can be moved inside its segment without touching its record.
 *
 * <p>The tag is a shift register: the hash bits that follow the segment's prefix, then a 1 as end mark, then zeros. A
 * new entry has ten bits. A split consumes the first bit (0 stays, 1 goes to the new segment) and shifts, so an entry
 * can go through ten splits before its record has to be read to refill its tag. Since a table doubles between splits,
 * these are about one entry in a thousand at each split, never a whole segment.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class RecordSlotDescriptor {
    static final int SLOT_LENGTH = Long.BYTES;
    static final int SLOT_COUNT = (SegmentDescriptor.SEGMENT_LENGTH - SegmentDescriptor.HEADER_LENGTH) / SLOT_LENGTH;
    /** Slots in use at which a segment splits, 0.8 of all. */
    static final int COUNT_MAX = SLOT_COUNT / 5 * 4;
    /** Two neighbours with at most this many entries together become one segment. */
    static final int MERGE_COUNT_MAX = COUNT_MAX / 2;

    static final int RECORD_BITS = 40;
    static final int RECORD_ALIGNMENT_SHIFT = 4;
    static final long RECORD_MASK = (1L << RECORD_BITS) - 1;
    static final int TAG_SHIFT = RECORD_BITS;
    static final int TAG_BITS = 11; // ten bits of hash and the end mark
    static final int TAG_HASH_BITS = TAG_BITS - 1;
    static final int TAG_MASK = (1 << TAG_BITS) - 1;
    static final int TAG_FIRST_BIT = 1 << TAG_HASH_BITS;
    static final int HOME_SHIFT = TAG_SHIFT + TAG_BITS;

    /** Slots that {@link #window} looks at. */
    static final int WINDOW_COUNT = 4;

    static final int WINDOW_LENGTH = WINDOW_COUNT * SLOT_LENGTH;

    private RecordSlotDescriptor() {}

    static int slotOffset(final int index) {
        return SegmentDescriptor.HEADER_LENGTH + index * SLOT_LENGTH;
    }

    static int slotIndex(final int offset) {
        return (offset - SegmentDescriptor.HEADER_LENGTH) / SLOT_LENGTH;
    }

    static int homeIndex(final long hash) {
        return KeyHash.home(hash, SLOT_COUNT);
    }

    /** Home and fresh tag of a hash in a segment of some depth, in their places; no record. */
    static long header(final long hash, final int depth) {
        return (long) homeIndex(hash) << HOME_SHIFT | (long) freshTag(hash, depth) << TAG_SHIFT;
    }

    static int freshTag(final long hash, final int depth) {
        return (int) ((hash << depth) >>> (Long.SIZE - TAG_HASH_BITS)) << 1 | 1;
    }

    static long slot(final long header, final long record) {
        return header | record >>> RECORD_ALIGNMENT_SHIFT;
    }

    static long record(final long slot) {
        return (slot & RECORD_MASK) << RECORD_ALIGNMENT_SHIFT;
    }

    static int home(final long slot) {
        return (int) (slot >>> HOME_SHIFT);
    }

    static int tag(final long slot) {
        return (int) (slot >>> TAG_SHIFT) & TAG_MASK;
    }

    /** Hash bits left in the tag, 0..10. */
    static int tagLength(final long slot) {
        return TAG_HASH_BITS - Long.numberOfTrailingZeros(slot >>> TAG_SHIFT);
    }

    /** Whether home and all bits of hash in the tag agree with a header; they are compared in one go. */
    static boolean matches(final long slot, final long header) {
        return ((slot ^ header) >>> TAG_SHIFT) >>> (Long.numberOfTrailingZeros(slot >>> TAG_SHIFT) + 1) == 0;
    }

    /** The header of a hash with that home, without the place for the record. */
    static long homeAndTag(final int homeIndex, final long hash, final int depth) {
        return (long) homeIndex << TAG_BITS | (hash << depth) >>> (Long.SIZE - TAG_HASH_BITS) << 1 | 1;
    }

    /**
     * Looks at {@link #WINDOW_COUNT} neighbouring slots for those that are empty or {@link #matches match} a header,
     * without a branch: which one it is cannot be predicted, and a wrong guess would keep the processor from beginning
     * the next operation until the slots have come from memory.
     *
     * @param pointer native pointer to the first slot
     * @param wanted what {@link #homeAndTag} returned for the header
     * @return one bit for each slot that is either, bit 0 = first slot
     */
    static int window(final long pointer, final long wanted) {
        return (int) (emptyOrMatching(RawMemory.getLong(pointer), wanted)
                | emptyOrMatching(RawMemory.getLong(pointer + SLOT_LENGTH), wanted) << 1
                | emptyOrMatching(RawMemory.getLong(pointer + 2 * SLOT_LENGTH), wanted) << 2
                | emptyOrMatching(RawMemory.getLong(pointer + 3 * SLOT_LENGTH), wanted) << 3);
    }

    /** 1 when a slot is empty or home and all bits of hash in its tag agree with those wanted, else 0. */
    private static long emptyOrMatching(final long slot, final long wanted) {
        final long found = slot >>> TAG_SHIFT;
        // The end mark and what is below do not count; in an empty slot, which has no end mark, nothing counts.
        return (((found ^ wanted) & ~(found ^ (found - 1))) - 1) >>> (Long.SIZE - 1);
    }

    static long withTag(final long slot, final int tag) {
        return (slot & ~((long) TAG_MASK << TAG_SHIFT)) | ((long) tag << TAG_SHIFT);
    }

    /** Whether the first bit of a tag that is not empty is set. */
    static boolean firstTagBit(final long slot) {
        return (tag(slot) & TAG_FIRST_BIT) != 0;
    }

    /** The slot after a split has consumed the first bit of its tag. */
    static long splitTag(final long slot) {
        return withTag(slot, tag(slot) << 1 & TAG_MASK);
    }

    /** The slot after a merge has given a bit back; a full tag loses its last one. */
    static long mergeTag(final long slot, final boolean bit) {
        final int tag = tag(slot);
        return withTag(slot, (bit ? TAG_FIRST_BIT : 0) | (tag >>> 1) | (tag & 1));
    }
}

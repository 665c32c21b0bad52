/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * A slot of a segment with inline entries, long to long; little-endian, 16-byte aligned, so that it never straddles a
 * line.
 *
 * <pre>
 *  0                8               16
 *  +----------------+----------------+
 *  | hash of key    |     value      |     hash 0 = empty
 *  +----------------+----------------+
 * </pre>
 *
 * <p>An entry stands at its home slot or after it, cyclically, with no empty slot in between.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class FixedSlotDescriptor {
    static final int HASH_OFFSET = 0; // long: KeyHash.ofLong(key); 0 = empty
    static final int VALUE_OFFSET = HASH_OFFSET + Long.BYTES; // long
    static final int SLOT_LENGTH = VALUE_OFFSET + Long.BYTES;

    static final int SLOT_COUNT = (SegmentDescriptor.SEGMENT_LENGTH - SegmentDescriptor.HEADER_LENGTH) / SLOT_LENGTH;
    /**
     * Slots in use at which a segment splits, 7/8. Averaged over growth a segment holds 0.72 of this, which makes 26
     * bytes an entry; at 7/8 a successful search looks at 4.5 slots, which is two neighbouring lines.
     */
    static final int COUNT_MAX = SLOT_COUNT / 8 * 7;
    /** Two neighbours with at most this many entries together become one segment. */
    static final int MERGE_COUNT_MAX = COUNT_MAX / 2;

    private FixedSlotDescriptor() {}

    static int slotOffset(final int index) {
        return SegmentDescriptor.HEADER_LENGTH + index * SLOT_LENGTH;
    }

    static int slotIndex(final int offset) {
        return (offset - SegmentDescriptor.HEADER_LENGTH) / SLOT_LENGTH;
    }

    static int homeIndex(final long hash) {
        return KeyHash.home(hash, SLOT_COUNT);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PageDescriptor;

/**
 * Header of a segment, one line at the start of a 64 KiB extent; little-endian. Slots follow it to the end of the
 * extent.
 *
 * <pre>
 *  0       4       8       12      16            24            32                64
 *  +-------+-------+-------+-------+-------------+-------------+-----------------+-------
 *  | magic | depth | count | flags | zero value  |   prefix    | reserved zeros  | slots
 *  +-------+-------+-------+-------+-------------+-------------+-----------------+-------
 * </pre>
 *
 * <p>A segment holds the entries whose hash begins with the first {@code depth} bits of {@code prefix}. {@code count}
 * is the number of slots in use. The one key whose hash is 0, which marks an empty slot in a {@link FixedTable}, has
 * its flag and value here. In a {@link FixedBytesTable} that is the one key whose other bytes are zeros, too; it has
 * its flag here and a slot of its own. Zero is no valid magic.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class SegmentDescriptor {
    static final int FIXED_MAGIC = 0x47455346; // "FSEG" in memory order
    static final int RECORD_MAGIC = 0x47455352; // "RSEG" in memory order
    static final int FIXED_BYTES_MAGIC = 0x47455342; // "BSEG" in memory order

    static final int MAGIC_OFFSET = 0; // int
    static final int DEPTH_OFFSET = MAGIC_OFFSET + Integer.BYTES; // int: bits of the prefix, 0..DEPTH_MAX
    static final int COUNT_OFFSET = DEPTH_OFFSET + Integer.BYTES; // int: slots in use
    static final int FLAGS_OFFSET = COUNT_OFFSET + Integer.BYTES; // int: FLAG_ZERO_HASH or 0
    static final int ZERO_VALUE_OFFSET = FLAGS_OFFSET + Integer.BYTES; // long: value of the key whose hash is 0
    static final int PREFIX_OFFSET = ZERO_VALUE_OFFSET + Long.BYTES; // long: left-aligned, bits after depth are 0
    static final int HEADER_LENGTH = PageDescriptor.LINE_LENGTH;

    static final int SEGMENT_LENGTH = PageDescriptor.EXTENT_LENGTH;
    static final int FLAG_ZERO_HASH = 1;

    /**
     * Deepest split. Long hashes are distinct, so a segment this deep never fills; with byte keys only thousands of
     * keys of one and the same 64-bit hash get here.
     */
    static final int DEPTH_MAX = 54;

    private SegmentDescriptor() {}
}

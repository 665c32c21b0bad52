/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_SHORT;

/**
 * A page of the index: where each page of a range has its lines; little-endian.
 * <pre>
 *  0          4             6          8                                                       page length
 *  +----------+-------------+----------+-----------------+------------------+---+---+-------------+
 *  | checksum | entry count | reserved | entry 0 | ...   | zeros            | … | 1 | restart 0   |
 *  +----------+-------------+----------+-----------------+------------------+---+---+-------------+
 * </pre>
 * Entries ascend by page. Every {@link #RESTART_INTERVAL}-th entry, beginning with the first, is complete in itself;
 * the restart table, growing down from the end, holds a short for each: its offset in the index page. So a lookup is
 * a binary search over the restarts and a scan of at most that many entries.
 *
 * <p>An entry is, all {@linkplain PackedWriter packed}: page number (as difference to the entry before, greater than
 * 0, except at a restart), mask of lines, location. A location at a restart is the position of the block in the file
 * and the number of the entry's first line in the block. Elsewhere it is 0 when the entry directly follows the one
 * before in the same block; otherwise 1 + the zig-zag difference of block positions, then the number of the first
 * line.
 *
 * <p>The checksum is the salted CRC32C of the rest of the index page.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class IndexPageDescriptor {
    /** int: salted CRC32C of everything behind it. */
    static final int CHECKSUM_OFFSET = 0;
    /** short, unsigned: entries, 1.. */
    static final int ENTRY_COUNT_OFFSET = CHECKSUM_OFFSET + SIZE_OF_INT;
    /** short: zero. */
    static final int RESERVED_OFFSET = ENTRY_COUNT_OFFSET + SIZE_OF_SHORT;
    /** First byte of the first entry. */
    static final int ENTRIES_OFFSET = RESERVED_OFFSET + SIZE_OF_SHORT;

    /** Bytes of an index page; the last of a file may be shorter. */
    static final int PAGE_LENGTH = 4096;
    /** Entries from one that is complete in itself to the next. */
    static final int RESTART_INTERVAL = 32;
    /** Bytes of an item of the restart table. */
    static final int RESTART_LENGTH = SIZE_OF_SHORT;
    /** Most bytes of an entry. */
    static final int ENTRY_LENGTH_MAX = PackedWriter.INT_LENGTH_MAX
            + PackedWriter.MASK_LENGTH_MAX
            + PackedWriter.LONG_LENGTH_MAX
            + PackedWriter.INT_LENGTH_MAX;
    /** Fewest bytes of an entry: one for each of page, mask and location. */
    static final int ENTRY_LENGTH_MIN = 3;
    /** Shortest possible index page: one entry and its restart. */
    static final int PAGE_LENGTH_MIN = ENTRIES_OFFSET + ENTRY_LENGTH_MIN + RESTART_LENGTH;

    private IndexPageDescriptor() {}

    /**
     * Number of restarts among a number of entries.
     *
     * @param entryCount entries of the index page
     * @return items of its restart table
     */
    static int restartCount(final int entryCount) {
        return (entryCount + RESTART_INTERVAL - 1) / RESTART_INTERVAL;
    }

    /**
     * Offset of an item of the restart table.
     *
     * @param pageLength bytes of the index page
     * @param restart 0-based number
     * @return offset in the index page
     */
    static int restartOffset(final int pageLength, final int restart) {
        return pageLength - (restart + 1) * RESTART_LENGTH;
    }
}

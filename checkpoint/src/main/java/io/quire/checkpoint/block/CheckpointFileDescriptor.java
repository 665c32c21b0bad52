/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;

import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeaderDescriptor;

/**
 * A checkpoint file as a whole; little-endian, no padding between its parts.
 * <pre>
 *  0        64                 index position       top level position        length - 136     length
 *  +--------+-------+-----+----+------------+-------+-------------------------+----------------+
 *  | header | block | ... |    | index page |  ...  | top level               | footer         |
 *  +--------+-------+-----+----+------------+-------+-------------------------+----------------+
 * </pre>
 * The header is a {@link FileHeaderDescriptor}: generation is the newest checkpoint id the file covers, the first
 * field the oldest one, the second field the file's number. Blocks are {@link BlockDescriptor}s in the order they
 * were written. Index pages are {@link IndexPageDescriptor}s of exactly {@link IndexPageDescriptor#PAGE_LENGTH}
 * bytes, only the last may be shorter. The top level is one int for each index page, its first page number,
 * ascending.
 *
 * <p>Footer, 136 bytes:
 * <pre>
 *  0                8              16                  20            24           32           40
 *  +----------------+--------------+-------------------+-------------+------------+------------+
 *  | index position | index length | index page count  | block count | page count | line count |
 *  +----------------+--------------+-------------------+-------------+------------+------------+
 *  40           48              56                    60                       64
 *  +------------+---------------+---------------------+------------------------+
 *  | raw length | stored length | largest block raw   | largest block stored   |
 *  +------------+---------------+---------------------+------------------------+
 *  64                 68               112                                     136
 *  +------------------+----------------+---------------------------------------+
 *  | content checksum | reserved zeros | {@link FileFooterDescriptor}                  |
 *  +------------------+----------------+---------------------------------------+
 * </pre>
 * The content checksum is the CRC32C of the header checksums of all blocks and the checksums of all index pages, four
 * bytes each, in file order. The checksum that ends the footer is the CRC32C of header, top level and all of the
 * footer before it, so that opening a file reads and proves those three parts, and with them what every block and
 * index page must be.
 *
 * <p>Checksums of blocks and index pages are CRC32C <em>exclusive-or</em> {@link #salt}, so that a part that belongs
 * to another file or position does not pass.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class CheckpointFileDescriptor {
    /** Position of the first block. */
    static final int BLOCKS_POSITION = FileHeaderDescriptor.HEADER_LENGTH;

    /** long: bytes from the start of the file to the first index page = end of the last block. */
    static final int INDEX_POSITION_OFFSET = 0;
    /** long: bytes of all index pages. */
    static final int INDEX_LENGTH_OFFSET = INDEX_POSITION_OFFSET + SIZE_OF_LONG;
    /** int: number of index pages. */
    static final int INDEX_PAGE_COUNT_OFFSET = INDEX_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: number of blocks. */
    static final int BLOCK_COUNT_OFFSET = INDEX_PAGE_COUNT_OFFSET + SIZE_OF_INT;
    /** long: number of entries = of pages, 0..{@link #PAGE_COUNT_MAX}. */
    static final int PAGE_COUNT_OFFSET = BLOCK_COUNT_OFFSET + SIZE_OF_INT;
    /** long: lines of all entries. */
    static final int LINE_COUNT_OFFSET = PAGE_COUNT_OFFSET + SIZE_OF_LONG;
    /** long: bytes of all blocks before compression, without block headers. */
    static final int RAW_LENGTH_OFFSET = LINE_COUNT_OFFSET + SIZE_OF_LONG;
    /** long: bytes of all blocks as stored, without block headers. */
    static final int STORED_LENGTH_OFFSET = RAW_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: bytes of the largest block before compression, 0..{@link BlockDescriptor#RAW_LENGTH_MAX}. */
    static final int LARGEST_RAW_OFFSET = STORED_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: bytes of the largest block as stored, with the table of its parts if it has one. */
    static final int LARGEST_STORED_OFFSET = LARGEST_RAW_OFFSET + SIZE_OF_INT;
    /** int: CRC32C over the checksums of all blocks and index pages. */
    static final int CONTENT_CHECKSUM_OFFSET = LARGEST_STORED_OFFSET + SIZE_OF_INT;
    /** 44 bytes of zeros. */
    static final int RESERVED_OFFSET = CONTENT_CHECKSUM_OFFSET + SIZE_OF_INT;
    /** The common end of immutable files. */
    static final int COMMON_FOOTER_OFFSET = 112;
    /** int: the checksum that ends the file. */
    static final int FOOTER_CHECKSUM_OFFSET = COMMON_FOOTER_OFFSET + FileFooterDescriptor.CHECKSUM_OFFSET;
    /** Bytes of the footer. */
    static final int FOOTER_LENGTH = COMMON_FOOTER_OFFSET + FileFooterDescriptor.FOOTER_LENGTH;

    /** Shortest possible file: header and footer. */
    static final int FILE_LENGTH_MIN = BLOCKS_POSITION + FOOTER_LENGTH;
    /** Most entries in a file: 2^28 pages are 1 TiB of state. */
    static final int PAGE_COUNT_MAX = 1 << 28;

    /** Most index pages in a file; every full one has room for more than 128 entries. */
    static final int INDEX_PAGE_COUNT_MAX = PAGE_COUNT_MAX / 128 + 1;

    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private CheckpointFileDescriptor() {}

    /**
     * What the checksum of a part is combined with.
     *
     * @param headerChecksum checksum of the file's header, which holds store, checkpoints and file number
     * @param position of the part in the file
     * @return 32 bits that differ from file to file and from position to position
     */
    static int salt(final int headerChecksum, final long position) {
        return headerChecksum ^ (int) ((position * GOLDEN_RATIO) >>> 32);
    }
}

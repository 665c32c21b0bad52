/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.agrona.BitUtil.SIZE_OF_BYTE;
import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_SHORT;

import io.quire.store.memory.PageDescriptor;

/**
 * A block: some entries of a checkpoint file, compressed together or one by one; little-endian, at any position.
 * <pre>
 *  0               4            8                  12            14      15         16
 *  +---------------+------------+------------------+-------------+-------+----------+
 *  | stored length | raw length | directory length | entry count | codec | reserved |
 *  +---------------+------------+------------------+-------------+-------+----------+
 *  16                20                24
 *  +-----------------+-----------------+--------------+
 *  | stored checksum | header checksum | stored bytes |
 *  +-----------------+-----------------+--------------+
 * </pre>
 * The stored bytes are the raw block as it is, or compressed. The raw block is a directory followed by lines:
 * <pre>
 *  +------------------------------------------------+-----------------------------------------------+
 *  | entry 0 | entry 1 | ...  (directory length)     | lines of entry 0 | lines of entry 1 | ...     |
 *  +------------------------------------------------+-----------------------------------------------+
 * </pre>
 * A directory entry is the page number as {@linkplain PackedWriter variable-length} difference to the entry before
 * (the first: to 0) and the {@linkplain PackedWriter packed} mask of its lines. Pages ascend inside a block. Each bit
 * of a mask has one 64-byte line, in order, so raw length = directory length + 64 x all bits. The header checksum
 * covers the 20 bytes before it and so the stored checksum; it is salted with file and position.
 *
 * <p>A block of a few entries with many lines each is stored in parts, an entry each, so that who needs one page reads
 * and decompresses that one alone:
 * <pre>
 *  +--------+--------+-----+-----------+-----------------+-----------------+-----+
 *  | part 0 | part 1 | ... | directory | lines of part 0 | lines of part 1 | ... |
 *  +--------+--------+-----+-----------+-----------------+-----------------+-----+
 *  part:  0               2            4          8
 *         +---------------+------------+----------+
 *         | stored length | line count | checksum |
 *         +---------------+------------+----------+
 * </pre>
 * The lines of a part are compressed, or as they are where that is not shorter. The stored checksum covers the table
 * and the directory, and the table has that of each part.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class BlockDescriptor {
    /** int: bytes that follow the header, 1..raw length; with parts at most {@link #PART_LENGTH} more for each. */
    static final int STORED_LENGTH_OFFSET = 0;
    /** int: bytes of the raw block, 1..{@link #RAW_LENGTH_MAX}. */
    static final int RAW_LENGTH_OFFSET = STORED_LENGTH_OFFSET + SIZE_OF_INT;
    /** int: bytes of the directory, 1..{@link #DIRECTORY_LENGTH_MAX}. */
    static final int DIRECTORY_LENGTH_OFFSET = RAW_LENGTH_OFFSET + SIZE_OF_INT;
    /** short, unsigned: entries, 1..{@link #LINE_COUNT_MAX}. */
    static final int ENTRY_COUNT_OFFSET = DIRECTORY_LENGTH_OFFSET + SIZE_OF_INT;
    /** byte: {@link #CODEC_NONE}, {@link #CODEC_LZ4} or {@link #CODEC_PARTS}. */
    static final int CODEC_OFFSET = ENTRY_COUNT_OFFSET + SIZE_OF_SHORT;
    /** byte: zero. */
    static final int RESERVED_OFFSET = CODEC_OFFSET + SIZE_OF_BYTE;
    /** int: CRC32C of the stored bytes; of those before the lines where these are in parts. */
    static final int STORED_CHECKSUM_OFFSET = RESERVED_OFFSET + SIZE_OF_BYTE;
    /** int: salted CRC32C of the header before it. */
    static final int HEADER_CHECKSUM_OFFSET = STORED_CHECKSUM_OFFSET + SIZE_OF_INT;
    /** Bytes before the stored bytes. */
    static final int HEADER_LENGTH = HEADER_CHECKSUM_OFFSET + SIZE_OF_INT;

    /** Stored as it is; stored length = raw length. */
    static final byte CODEC_NONE = 0;
    /** LZ4 block format; stored length is less than raw length. */
    static final byte CODEC_LZ4 = 1;
    /** Entries one by one, in LZ4 block format or as they are. */
    static final byte CODEC_PARTS = 2;

    /** short, unsigned: bytes of a part's lines in the file, 1..64 x line count. */
    static final int PART_STORED_LENGTH_OFFSET = 0;
    /** short: lines of a part, 1..64. */
    static final int PART_LINE_COUNT_OFFSET = PART_STORED_LENGTH_OFFSET + SIZE_OF_SHORT;
    /** int: CRC32C of a part's lines in the file. */
    static final int PART_CHECKSUM_OFFSET = PART_LINE_COUNT_OFFSET + SIZE_OF_SHORT;
    /** Bytes of the table for each part. */
    static final int PART_LENGTH = PART_CHECKSUM_OFFSET + SIZE_OF_INT;
    /** Most parts of a block. */
    static final int PART_COUNT_MAX = 64;
    /** Most bytes of the table of parts, by which a block that cannot be compressed is longer than it is raw. */
    static final int PART_TABLE_LENGTH_MAX = PART_COUNT_MAX * PART_LENGTH;
    /** Lines that the entries of a block have on average, or more, where it is written in parts. */
    static final int PART_LINE_COUNT_FROM = 32;

    /** Most lines in a block. */
    static final int LINE_COUNT_MAX = 4096;
    /** Most bytes of one directory entry: a page number and a mask. */
    static final int DIRECTORY_ENTRY_LENGTH_MAX = PackedWriter.INT_LENGTH_MAX + PackedWriter.MASK_LENGTH_MAX;
    /** Most bytes of a directory: every line an entry of its own. */
    static final int DIRECTORY_LENGTH_MAX = LINE_COUNT_MAX * DIRECTORY_ENTRY_LENGTH_MAX;
    /** Most bytes of a raw block. */
    static final int RAW_LENGTH_MAX = DIRECTORY_LENGTH_MAX + LINE_COUNT_MAX * PageDescriptor.LINE_LENGTH;

    private BlockDescriptor() {}
}

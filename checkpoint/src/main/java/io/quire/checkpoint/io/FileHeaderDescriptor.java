/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.agrona.BitUtil.SIZE_OF_BYTE;
import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;
import static org.agrona.BitUtil.SIZE_OF_SHORT;

/**
 * The first 64 bytes of every file of a store; little-endian. This layout is the same in all versions of all kinds,
 * so that any version can name what it finds.
 * <pre>
 *  0        8      10      12      14           15           16
 *  +--------+------+-------+-------+------------+------------+
 *  | magic  | kind | major | minor | page shift | line shift |
 *  +--------+------+-------+-------+------------+------------+
 *  16                     24                    32
 *  +----------------------+---------------------+
 *  |    store id, high    |    store id, low    |
 *  +----------------------+---------------------+
 *  32           40              48              56      60         64
 *  +------------+---------------+---------------+-------+----------+
 *  | generation | kind's first  | kind's second | flags | CRC32C   |
 *  |            | field         | field         |       | of 0..59 |
 *  +------------+---------------+---------------+-------+----------+
 * </pre>
 * Zero is never a valid kind or generation. Unknown flags mean a newer format. Written before anything else in the
 * file and never changed.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class FileHeaderDescriptor {
    /** long: the bytes {@code Q U I R E \r \n 0x1a}. */
    public static final int MAGIC_OFFSET = 0;
    /** short: see {@link FileKind}. */
    public static final int KIND_OFFSET = MAGIC_OFFSET + SIZE_OF_LONG;
    /** short: a greater one than known cannot be read. */
    public static final int MAJOR_OFFSET = KIND_OFFSET + SIZE_OF_SHORT;
    /** short: a greater one than known can be read. */
    public static final int MINOR_OFFSET = MAJOR_OFFSET + SIZE_OF_SHORT;
    /** byte: log2 of the page length, 12. */
    public static final int PAGE_SHIFT_OFFSET = MINOR_OFFSET + SIZE_OF_SHORT;
    /** byte: log2 of the line length, 6. */
    public static final int LINE_SHIFT_OFFSET = PAGE_SHIFT_OFFSET + SIZE_OF_BYTE;
    /** long: first half of the id of the store that wrote the file. */
    public static final int STORE_ID_HIGH_OFFSET = LINE_SHIFT_OFFSET + SIZE_OF_BYTE;
    /** long: second half of that id. */
    public static final int STORE_ID_LOW_OFFSET = STORE_ID_HIGH_OFFSET + SIZE_OF_LONG;
    /** long: which of its kind this is, greater than 0. */
    public static final int GENERATION_OFFSET = STORE_ID_LOW_OFFSET + SIZE_OF_LONG;
    /** long: the kind says what. */
    public static final int FIRST_FIELD_OFFSET = GENERATION_OFFSET + SIZE_OF_LONG;
    /** long: the kind says what. */
    public static final int SECOND_FIELD_OFFSET = FIRST_FIELD_OFFSET + SIZE_OF_LONG;
    /** int: 0 in this version. */
    public static final int FLAGS_OFFSET = SECOND_FIELD_OFFSET + SIZE_OF_LONG;
    /** int: CRC32C of all bytes of the header before it. */
    public static final int CHECKSUM_OFFSET = FLAGS_OFFSET + SIZE_OF_INT;
    /** Bytes of the header. */
    public static final int HEADER_LENGTH = CHECKSUM_OFFSET + SIZE_OF_INT;

    /** The bytes {@code Q U I R E \r \n 0x1a} read as a little-endian long. */
    public static final long MAGIC = 0x1a0a0d4552495551L;

    private FileHeaderDescriptor() {}
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;

import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeaderDescriptor;

/**
 * A manifest file; little-endian.
 * <pre>
 *  0        64              72                   80                 88            96             104
 *  +--------+---------------+--------------------+------------------+-------------+--------------+
 *  | header | checkpoint id | next checkpoint id | next file number | taken at ms | log position |
 *  +--------+---------------+--------------------+------------------+-------------+--------------+
 *  104          112         120               128            132          136              140        144
 *  +------------+-----------+-----------------+--------------+------------+----------------+----------+
 *  | page count | hash seed | catalog address | window shift | file count | property count | reserved |
 *  +------------+-----------+-----------------+--------------+------------+----------------+----------+
 *  144
 *  +---------------------+----------------+--------+
 *  | properties, 16 each | files, 88 each | footer |
 *  +---------------------+----------------+--------+
 * </pre>
 * The header is a {@link FileHeaderDescriptor} whose generation is the manifest's and whose two fields are 0. A
 * property is an int key, an int 0 and a long value; keys ascend. The footer is a {@link FileFooterDescriptor} whose
 * checksum is the CRC32C of everything before it, so a manifest is whole or it is nothing.
 *
 * <p>A file:
 * <pre>
 *  0             8               16             24                     32                     40
 *  +-------------+---------------+--------------+----------------------+----------------------+
 *  | file number | store id high | store id low | oldest checkpoint id | newest checkpoint id |
 *  +-------------+---------------+--------------+----------------------+----------------------+
 *  40       48           56           64           72              80                84         88
 *  +--------+------------+------------+------------+---------------+-----------------+----------+
 *  | length | page count | line count | raw length | stored length | footer checksum | reserved |
 *  +--------+------------+------------+------------+---------------+-----------------+----------+
 * </pre>
 *
 * <p>Threading: thread-safe, immutable.
 */
final class ManifestDescriptor {
    /** long: the checkpoint, greater than 0. */
    static final int CHECKPOINT_ID_OFFSET = FileHeaderDescriptor.HEADER_LENGTH;
    /** long: greater than the checkpoint id. */
    static final int NEXT_CHECKPOINT_ID_OFFSET = CHECKPOINT_ID_OFFSET + SIZE_OF_LONG;
    /** long: greater than the number of every file named. */
    static final int NEXT_FILE_NUMBER_OFFSET = NEXT_CHECKPOINT_ID_OFFSET + SIZE_OF_LONG;
    /** long: milliseconds since 1970. */
    static final int TAKEN_AT_MS_OFFSET = NEXT_FILE_NUMBER_OFFSET + SIZE_OF_LONG;
    /** long: position in the change log, not negative. */
    static final int LOG_POSITION_OFFSET = TAKEN_AT_MS_OFFSET + SIZE_OF_LONG;
    /** long: pages, 0..2^31 - 16, a multiple of 16. */
    static final int PAGE_COUNT_OFFSET = LOG_POSITION_OFFSET + SIZE_OF_LONG;
    /** long: any. */
    static final int HASH_SEED_OFFSET = PAGE_COUNT_OFFSET + SIZE_OF_LONG;
    /** long: address, 0 = none. */
    static final int CATALOG_ADDRESS_OFFSET = HASH_SEED_OFFSET + SIZE_OF_LONG;
    /** int: log2 of bytes. */
    static final int WINDOW_SHIFT_OFFSET = CATALOG_ADDRESS_OFFSET + SIZE_OF_LONG;
    /** int: 0..{@link Manifest#FILE_COUNT_MAX}. */
    static final int FILE_COUNT_OFFSET = WINDOW_SHIFT_OFFSET + SIZE_OF_INT;
    /** int: 0..{@link Manifest#PROPERTY_COUNT_MAX}. */
    static final int PROPERTY_COUNT_OFFSET = FILE_COUNT_OFFSET + SIZE_OF_INT;
    /** int: zero. */
    static final int RESERVED_OFFSET = PROPERTY_COUNT_OFFSET + SIZE_OF_INT;
    /** First property. */
    static final int PROPERTIES_OFFSET = RESERVED_OFFSET + SIZE_OF_INT;

    /** int: greater than 0. */
    static final int PROPERTY_KEY_OFFSET = 0;
    /** int: zero. */
    static final int PROPERTY_RESERVED_OFFSET = PROPERTY_KEY_OFFSET + SIZE_OF_INT;
    /** long: any. */
    static final int PROPERTY_VALUE_OFFSET = PROPERTY_RESERVED_OFFSET + SIZE_OF_INT;
    /** Bytes of a property. */
    static final int PROPERTY_LENGTH = PROPERTY_VALUE_OFFSET + SIZE_OF_LONG;

    /** long: greater than 0. */
    static final int FILE_NUMBER_OFFSET = 0;
    /** long: first half of the id of the store that wrote the file. */
    static final int FILE_STORE_ID_HIGH_OFFSET = FILE_NUMBER_OFFSET + SIZE_OF_LONG;
    /** long: second half. */
    static final int FILE_STORE_ID_LOW_OFFSET = FILE_STORE_ID_HIGH_OFFSET + SIZE_OF_LONG;
    /** long: first checkpoint covered. */
    static final int FILE_OLDEST_CHECKPOINT_ID_OFFSET = FILE_STORE_ID_LOW_OFFSET + SIZE_OF_LONG;
    /** long: last checkpoint covered. */
    static final int FILE_NEWEST_CHECKPOINT_ID_OFFSET = FILE_OLDEST_CHECKPOINT_ID_OFFSET + SIZE_OF_LONG;
    /** long: bytes. */
    static final int FILE_LENGTH_OFFSET = FILE_NEWEST_CHECKPOINT_ID_OFFSET + SIZE_OF_LONG;
    /** long: entries. */
    static final int FILE_PAGE_COUNT_OFFSET = FILE_LENGTH_OFFSET + SIZE_OF_LONG;
    /** long: lines. */
    static final int FILE_LINE_COUNT_OFFSET = FILE_PAGE_COUNT_OFFSET + SIZE_OF_LONG;
    /** long: bytes of blocks before compression. */
    static final int FILE_RAW_LENGTH_OFFSET = FILE_LINE_COUNT_OFFSET + SIZE_OF_LONG;
    /** long: bytes of blocks as stored. */
    static final int FILE_STORED_LENGTH_OFFSET = FILE_RAW_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: checksum that ends the file. */
    static final int FILE_FOOTER_CHECKSUM_OFFSET = FILE_STORED_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: zero. */
    static final int FILE_RESERVED_OFFSET = FILE_FOOTER_CHECKSUM_OFFSET + SIZE_OF_INT;
    /** Bytes of a file's description. */
    static final int FILE_ENTRY_LENGTH = FILE_RESERVED_OFFSET + SIZE_OF_INT;

    /** Shortest possible manifest. */
    static final int LENGTH_MIN = PROPERTIES_OFFSET + FileFooterDescriptor.FOOTER_LENGTH;
    /** Longest possible manifest. */
    static final int LENGTH_MAX = length(Manifest.PROPERTY_COUNT_MAX, Manifest.FILE_COUNT_MAX);

    private ManifestDescriptor() {}

    /**
     * Length of a manifest.
     *
     * @param propertyCount number of properties
     * @param fileCount number of files
     * @return bytes of the file
     */
    static int length(final int propertyCount, final int fileCount) {
        return filesOffset(propertyCount) + fileCount * FILE_ENTRY_LENGTH + FileFooterDescriptor.FOOTER_LENGTH;
    }

    /**
     * Where the files begin.
     *
     * @param propertyCount number of properties
     * @return offset of the first file
     */
    static int filesOffset(final int propertyCount) {
        return PROPERTIES_OFFSET + propertyCount * PROPERTY_LENGTH;
    }
}

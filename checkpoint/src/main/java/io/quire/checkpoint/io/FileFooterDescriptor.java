/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;

/**
 * The last 24 bytes of a file that is written once and then never changed; little-endian.
 * <pre>
 *  0            8              16              20         24
 *  +------------+--------------+---------------+----------+
 *  | not magic  | body length  | algorithm = 1 | checksum |
 *  +------------+--------------+---------------+----------+
 * </pre>
 * The body is everything before these 24 bytes. The kind says what the checksum covers.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class FileFooterDescriptor {
    /** long: the complement of {@link FileHeaderDescriptor#MAGIC}. */
    public static final int NOT_MAGIC_OFFSET = 0;
    /** long: bytes before the footer. */
    public static final int BODY_LENGTH_OFFSET = NOT_MAGIC_OFFSET + SIZE_OF_LONG;
    /** int: {@link #ALGORITHM_CRC32C}. */
    public static final int ALGORITHM_OFFSET = BODY_LENGTH_OFFSET + SIZE_OF_LONG;
    /** int: checksum of what the kind says. */
    public static final int CHECKSUM_OFFSET = ALGORITHM_OFFSET + SIZE_OF_INT;
    /** Bytes of the footer. */
    public static final int FOOTER_LENGTH = CHECKSUM_OFFSET + SIZE_OF_INT;

    /** CRC32C (Castagnoli), the only algorithm of this version. */
    public static final int ALGORITHM_CRC32C = 1;

    private FileFooterDescriptor() {}
}

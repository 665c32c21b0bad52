/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.HexDigits;
import java.nio.file.Path;

/**
 * Layout of the header of a log segment; little-endian. Blocks follow it, see {@link LogBlockDescriptor}.
 * <pre>
 *   0  64 B   header of every file: generation = incarnation of the log, first field = log position of the first
 *             block, second field = hash of the boot id of the system that wrote it
 *  64  int    header checksum of the last block before the start position, 0 = there is none
 *  68  int    flags
 *  72  int    reserved, zero
 *  76  int    CRC32C of bytes 0..75
 *  80  blocks
 * </pre>
 * Publication: a segment is written under a temporary name, forced, renamed and its directory forced, so a segment that
 * has its name has its header.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class LogSegmentDescriptor {
    static final int CHAIN_CHECKSUM_OFFSET = FileHeaderDescriptor.HEADER_LENGTH; // int
    static final int FLAGS_OFFSET = CHAIN_CHECKSUM_OFFSET + Integer.BYTES; // int: FLAG_AFTER_GAP or 0
    static final int RESERVED_OFFSET = FLAGS_OFFSET + Integer.BYTES; // int: zero
    static final int HEADER_CRC_OFFSET = RESERVED_OFFSET + Integer.BYTES; // int
    static final int HEADER_LENGTH = HEADER_CRC_OFFSET + Integer.BYTES;

    /** The log before the start position was lost, and a checkpoint covers the loss. */
    static final int FLAG_AFTER_GAP = 1;

    static final String NAME_PREFIX = "log-";
    static final String NAME_SUFFIX = ".qlog";
    static final String TEMPORARY_SUFFIX = ".tmp";

    private LogSegmentDescriptor() {}

    static Path path(final Path directory, final long startPosition) {
        return directory.resolve(NAME_PREFIX + HexDigits.of(startPosition) + NAME_SUFFIX);
    }

    static Path temporaryPath(final Path directory, final long startPosition) {
        final Path path = path(directory, startPosition);
        return path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
    }

    static boolean isTemporary(final String name) {
        return name.startsWith(NAME_PREFIX) && name.endsWith(NAME_SUFFIX + TEMPORARY_SUFFIX);
    }

    /** Start position in a file's name, or -1 when it is not the name of a segment. */
    static long startPosition(final String name) {
        if (name.length() != NAME_PREFIX.length() + HexDigits.COUNT + NAME_SUFFIX.length()
                || !name.startsWith(NAME_PREFIX)
                || !name.endsWith(NAME_SUFFIX)) {
            return -1;
        }
        long position = 0;
        for (int i = NAME_PREFIX.length(); i < NAME_PREFIX.length() + HexDigits.COUNT; i++) {
            final int digit = "0123456789abcdef".indexOf(name.charAt(i));
            if (digit < 0) {
                return -1;
            }
            position = position << 4 | digit;
        }
        return position;
    }
}

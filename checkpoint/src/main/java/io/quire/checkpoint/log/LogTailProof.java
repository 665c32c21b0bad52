/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import java.util.List;

/**
 * Decides whether a place without a valid block is the tail of the log or a hole in it. It is a hole when something
 * valid follows that was written during the same boot of the system, since only a restart loses writes out of order,
 * or that says that the missing bytes had been forced.
 *
 * <p>Threading: confined to one thread.
 */
final class LogTailProof {
    private final StoreFiles files;
    private final long bootIdHash;
    private long ignoredLength;

    LogTailProof(final StoreFiles files, final long bootIdHash) {
        this.files = files;
        this.bootIdHash = bootIdHash;
    }

    /**
     * Looks for proof of a hole. Moves the reader.
     *
     * @param reader at the place without a valid block
     * @param position log position expected there
     * @param laterSegments those that start behind it
     * @return what follows the hole, or null when the place is the tail
     */
    String findHole(final LogSegmentReader reader, final long position, final List<LogSegment> laterSegments) {
        ignoredLength = 0;
        final String inSegment = findBlock(reader, reader.offset(), position);
        if (inSegment != null) {
            return inSegment;
        }
        for (final LogSegment later : laterSegments) {
            final LogSegmentHeader header = later.checkedHeader();
            if (header.identity().bootIdHash() == bootIdHash) {
                return later.path().getFileName() + " follows";
            }
            try (LogSegmentReader laterReader = new LogSegmentReader(files, later.path(), header)) {
                final String inLater = findBlock(
                        laterReader,
                        LogSegmentDescriptor.HEADER_LENGTH - (long) LogBlockDescriptor.ALIGNMENT,
                        position);
                if (inLater != null) {
                    return inLater;
                }
            }
        }
        return null;
    }

    private String findBlock(final LogSegmentReader reader, final long afterOffset, final long position) {
        final boolean isSameBoot = reader.header().identity().bootIdHash() == bootIdHash;
        for (long at = reader.findHeader(afterOffset, position); at >= 0; at = reader.findHeader(at, position)) {
            if (isSameBoot || reader.durablePosition() > position) {
                return "a valid block follows: file=" + reader.path().getFileName() + " offset=" + at + " position="
                        + reader.startPosition();
            }
            ignoredLength = Math.max(ignoredLength, reader.endPosition() - position);
        }
        return null;
    }

    /** Bytes of the log behind the tail that never were durable and are not part of the log any more. */
    long ignoredLength() {
        return ignoredLength;
    }
}

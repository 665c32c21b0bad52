/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Iterates the valid blocks of a log from a position to its end, across segments.
 *
 * <p>The end is the first place where no valid block is, provided that it is proven to be the tail: where a valid block
 * follows, in the same segment or in a later one, the bytes in between were damaged, and that is an error. With one
 * exception: after the system was restarted, blocks that were never forced may be missing in front of others that
 * happen to be there; they are the tail, too, and what follows them is not part of the log. The next segment's header
 * proves where the log left the segment before.
 *
 * <p>Safe on the log of a live writer: the end is then the end of what it has written by now.
 *
 * <p>Threading: confined to one thread.
 */
public final class LogReader implements AutoCloseable {
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final LogTailProof tailProof;
    private final boolean isLossAccepted;
    private final long fromPosition;
    private LogSegments segments;
    private boolean isListed; // whether the directory was listed since the last block was asked for
    private LogSegmentReader reader; // null when the log has no segments
    private LogSegment segment;
    private LogSegment nextSegment;

    private long position; // after the last valid block
    private int chainChecksum; // of that block
    private long durablePosition = -1; // greatest that a block has named
    private boolean isSealed;
    private String acceptedProblem = "";
    private long passedFileLength; // of the segments read before
    private int chainChecksumBefore; // of the block before the one read last
    private int skippedLength; // bytes of the block read last in front of the starting position
    private long pointer;
    private long startPosition;
    private int length;

    /**
     * Opens the log in a directory at a position.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     * @param fromPosition log position, where a record begins
     * @throws CorruptStoreException when the log does not reach back to the position, or a segment's header is damaged
     */
    public LogReader(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final long bootIdHash,
            final long fromPosition) {
        this(files, directory, storeId, bootIdHash, fromPosition, false);
    }

    /** Opens the log; where loss is accepted, the log ends at the first damaged place instead of throwing. */
    LogReader(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final long bootIdHash,
            final long fromPosition,
            final boolean isLossAccepted) {
        this.isLossAccepted = isLossAccepted;
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.fromPosition = fromPosition;
        tailProof = new LogTailProof(files, bootIdHash);
        position = fromPosition;
        segments = LogSegments.scan(files, directory, storeId);
        if (segments.live().isEmpty()) {
            return;
        }
        int index = segments.indexOf(fromPosition);
        final StateStoreException problem = segments.firstProblem(index);
        if (problem != null) {
            endOrThrow(problem);
            segments = segments.untilProblem(index);
            index = segments.indexOf(fromPosition);
        }
        if (index >= 0) {
            enter(segments.live().get(index));
        } else if (problem == null) {
            endOrThrow(new CorruptStoreException(
                    "log segments are missing: directory=" + directory + " needed from position=" + fromPosition
                            + " oldest=" + segments.live().get(0).path().getFileName()));
        }
    }

    /**
     * The end of the log when loss is accepted, otherwise an exception; always for a version that is not known, which
     * is no damage.
     */
    private boolean endOrThrow(final StateStoreException problem) {
        if (!isLossAccepted || !(problem instanceof CorruptStoreException)) {
            throw problem;
        }
        acceptedProblem = problem.getMessage();
        return false;
    }

    private void enter(final LogSegment newSegment) {
        final LogSegmentReader newReader = openSegment(newSegment);
        if (reader != null) {
            passedFileLength += reader.offset();
            reader.close();
        }
        reader = newReader;
        isSealed = false;
        segment = newSegment;
        nextSegment = segments.after(newSegment);
        position = newSegment.startPosition();
        chainChecksum = newSegment.header().chainChecksum();
    }

    private LogSegmentReader openSegment(final LogSegment newSegment) {
        try {
            return new LogSegmentReader(files, newSegment.path(), newSegment.checkedHeader());
        } catch (final StoreIoException e) {
            if (files.exists(newSegment.path())) {
                throw e;
            }
            throw new CorruptStoreException("log segment was deleted before it was read: file=" + newSegment.path(), e);
        }
    }

    /**
     * Advances to the next block that has records at or behind the starting position.
     *
     * @return false at the end of the log; a later call looks again, in case a live writer has appended
     * @throws CorruptStoreException when there is a hole; names file, offset, found and expected
     */
    public boolean next() {
        isListed = false;
        try {
            return advance();
        } catch (final CorruptStoreException e) {
            return endOrThrow(e);
        }
    }

    private boolean advance() {
        while (reader != null) {
            if (nextSegment != null && position == nextSegment.startPosition()) {
                crossToNext();
            } else if (reader.readHeader(position)) {
                if (reader.isSeal()) {
                    if (!passSeal()) {
                        return false;
                    }
                } else if (reader.endPosition() <= fromPosition) {
                    noteBlock();
                    reader.skipBody();
                } else if (readBlock()) {
                    return true;
                } else if (!passInvalid()) {
                    return false;
                }
            } else if (!passInvalid()) {
                return false;
            }
        }
        return false;
    }

    private boolean readBlock() {
        if (nextSegment != null && reader.endPosition() > nextSegment.startPosition()) {
            return reader.refuse("block up to position " + reader.endPosition() + " overlaps the next segment, "
                    + nextSegment.path().getFileName());
        }
        if (!reader.readBody()) {
            return false;
        }
        final long blockStart = reader.startPosition();
        final int skipped = (int) Math.max(0, fromPosition - blockStart);
        skippedLength = skipped;
        chainChecksumBefore = chainChecksum;
        noteBlock();
        pointer = reader.bodyPointer() + skipped;
        startPosition = blockStart + skipped;
        length = (int) (position - startPosition);
        return true;
    }

    private void noteBlock() {
        position = reader.endPosition();
        chainChecksum = reader.headerChecksum();
        durablePosition = Math.max(durablePosition, reader.durablePosition());
    }

    private void crossToNext() {
        final LogSegmentHeader header = nextSegment.checkedHeader();
        if (header.chainChecksum() != chainChecksum) {
            throw new CorruptStoreException("log segment does not continue the one before: file=" + nextSegment.path()
                    + " offset=" + LogSegmentDescriptor.CHAIN_CHECKSUM_OFFSET + " expected=0x"
                    + Integer.toHexString(chainChecksum) + " found=0x" + Integer.toHexString(header.chainChecksum())
                    + "; the block before is in " + reader.path().getFileName());
        }
        enter(nextSegment);
    }

    private boolean passSeal() {
        durablePosition = Math.max(durablePosition, reader.durablePosition());
        if (nextSegment == null && !findNextSegment() && reader.isRolled()) {
            throw new CorruptStoreException("log segment is missing: directory=" + directory + " expected="
                    + LogSegmentDescriptor.path(directory, position).getFileName() + "; "
                    + reader.path().getFileName()
                    + " offset=" + reader.offset() + " says that the log goes on there");
        }
        if (nextSegment == null) {
            isSealed = true;
            return false;
        }
        if (nextSegment.startPosition() != position) {
            throw hole(nextSegment.path().getFileName() + " starts at position " + nextSegment.startPosition());
        }
        return true;
    }

    /** A live writer may have begun a segment since the directory was read. */
    private boolean findNextSegment() {
        lookAgain();
        nextSegment = segments.after(segment);
        return nextSegment != null;
    }

    private void lookAgain() {
        isListed = true;
        segments = segments.rescan(files, directory, storeId);
        if (isLossAccepted && segment != null) {
            segments = segments.untilProblem(segments.indexOf(segment.startPosition()));
        }
    }

    /**
     * Whether the log has gone on without the segment that is being read, as far as its directory and that segment's
     * header tell. After {@link #next} has returned false; then the directory was just listed, and is not again.
     */
    boolean isSuperseded() {
        if (!isListed) {
            lookAgain();
        }
        final long read = segment == null ? 0 : segment.header().identity().incarnation();
        return LogIdentity.count(segments.lastIncarnation()) > LogIdentity.count(read)
                || (segment != null && LogSegments.isReplaced(files, segment));
    }

    /** True when reading can go on, false at the end of the log. */
    private boolean passInvalid() {
        final long holeOffset = reader.offset();
        final String reason = reader.invalidReason();
        if (isValidByNow(holeOffset)) {
            return true;
        }
        if (position < fromPosition && skipDamage(holeOffset)) {
            return true;
        }
        if (nextSegment == null && findNextSegment() && nextSegment.startPosition() == position) {
            return true;
        }
        final String following = tailProof.findHole(reader, position, segments.allAfter(segment));
        reader.moveTo(holeOffset);
        if (following == null) {
            return false;
        }
        if (isValidByNow(holeOffset)) {
            return true;
        }
        throw hole(reason + "; " + following);
    }

    /** A live writer may have completed the block since the file was read. */
    private boolean isValidByNow(final long offset) {
        reader.refresh();
        final boolean isValid = reader.readHeader(position) && (reader.isSeal() || reader.readBody());
        reader.moveTo(offset);
        return isValid;
    }

    /** Damage in front of the starting position is harmless when a block behind it starts no later. */
    private boolean skipDamage(final long holeOffset) {
        final long found = reader.findHeader(holeOffset, position);
        if (found < 0 || reader.startPosition() > fromPosition) {
            reader.moveTo(holeOffset);
            return false;
        }
        reader.moveTo(found);
        position = reader.startPosition();
        return true;
    }

    private CorruptStoreException hole(final String found) {
        return new CorruptStoreException("hole in the log: file=" + reader.path() + " offset=" + reader.offset()
                + " expected=a block at position " + position + " found=" + found);
    }

    /** {@return native pointer to the records of the block, in private memory; valid until the next call} */
    public long pointer() {
        return pointer;
    }

    /** {@return bytes of records at {@link #pointer}, a multiple of 8} */
    public int length() {
        return length;
    }

    /** {@return log position of the first record at {@link #pointer}} */
    public long startPosition() {
        return startPosition;
    }

    /** {@return log position up to which blocks were read; after {@link #next} returned false, the end of the log} */
    public long position() {
        return position;
    }

    /** Where {@link #position} is, for messages. */
    String place() {
        return reader == null ? "directory=" + directory : "file=" + reader.path() + " offset=" + reader.offset();
    }

    /** {@return greatest log position that a block has named durable, -1 before any has} */
    public long durablePosition() {
        return durablePosition;
    }

    /** What was wrong where the log ends, when that was accepted; otherwise empty. */
    String acceptedProblem() {
        return acceptedProblem;
    }

    /** {@return whether the log was closed in order at its end} */
    public boolean isSealed() {
        return isSealed;
    }

    /** {@return bytes behind the end that a restart of the system left in front of nothing; not part of the log} */
    public long ignoredLength() {
        return tailProof.ignoredLength();
    }

    /** {@return bytes of the log files from the one of the starting position on, for progress} */
    public long totalFileLength() {
        long total = 0;
        for (int i = Math.max(0, segments.indexOf(fromPosition));
                i < segments.live().size();
                i++) {
            try (StoreFile file = files.openRead(segments.live().get(i).path())) {
                total += file.size();
            }
        }
        return total;
    }

    /** {@return bytes of log files read so far, for progress} */
    public long doneFileLength() {
        return passedFileLength + (reader == null ? 0 : reader.offset());
    }

    /** Bytes in front of {@link #pointer} that belong to the same block. */
    int skippedLength() {
        return skippedLength;
    }

    /** Header checksum of the block before the one read last. */
    int chainChecksumBefore() {
        return chainChecksumBefore;
    }

    /** Header checksum of the block before {@link #position}. */
    int chainChecksum() {
        return chainChecksum;
    }

    /** Segment that {@link #position} is in, or null when the log has none. */
    LogSegment segment() {
        return segment;
    }

    /** The segments as they were found last. */
    LogSegments segments() {
        return segments;
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}

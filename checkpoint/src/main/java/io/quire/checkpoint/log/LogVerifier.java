/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.changelog.ChangeGroupAssembler;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Reads and checks every block of every segment, and goes on behind what is damaged. Changes nothing; safe on the log
 * of a live writer.
 *
 * <p>Threading: confined to one thread.
 */
public final class LogVerifier {
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final LogTailProof tailProof;
    private final List<LogProblem> problems = new ArrayList<>();
    private long blockCount;
    private long recordCount;
    private long position;
    private int chainChecksum;
    private boolean isPositionKnown; // false behind a problem, until the next valid block
    private boolean isSealed;
    private boolean isRolled;
    private ChangeGroupAssembler assembler;

    /**
     * Creates it for a log.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     */
    public LogVerifier(final StoreFiles files, final Path directory, final UUID storeId, final long bootIdHash) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        tailProof = new LogTailProof(files, bootIdHash);
    }

    /**
     * Reads the log.
     *
     * @return what was found
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public LogVerification verify() {
        final List<LogSegment> live =
                LogSegments.scan(files, directory, storeId).live();
        restartAssembler();
        try {
            for (int i = 0; i < live.size(); i++) {
                verifyUnlessDeleted(live.get(i), live.subList(i + 1, live.size()), i == 0);
            }
        } finally {
            recordCount += assembler.recordCount();
            assembler.close();
        }
        final long startPosition = live.isEmpty() ? 0 : live.get(0).startPosition();
        return new LogVerification(
                live.size(), blockCount, recordCount, startPosition, position, isSealed, List.copyOf(problems));
    }

    private void restartAssembler() {
        if (assembler != null) {
            recordCount += assembler.recordCount();
            assembler.close();
        }
        assembler = new ChangeGroupAssembler((type, stateId, key, keyLength, value, valueLength) -> {});
    }

    /** The retention of a live store may delete segments while this reads. */
    private void verifyUnlessDeleted(final LogSegment segment, final List<LogSegment> later, final boolean isFirst) {
        try {
            verify(segment, later, isFirst);
        } catch (final StoreIoException e) {
            if (files.exists(segment.path())) {
                throw e;
            }
            isPositionKnown = false;
            restartAssembler();
        }
    }

    private void verify(final LogSegment segment, final List<LogSegment> later, final boolean isFirst) {
        if (segment.header() == null) {
            problems.add(new LogProblem(segment.path(), 0, segment.problem().getMessage()));
            isPositionKnown = false;
            restartAssembler();
            return;
        }
        checkContinues(segment, isFirst);
        position = segment.startPosition();
        chainChecksum = segment.header().chainChecksum();
        isPositionKnown = true;
        isSealed = false;
        isRolled = false;
        final long end = later.isEmpty() ? Long.MAX_VALUE : later.get(0).startPosition();
        try (LogSegmentReader reader = new LogSegmentReader(files, segment.path(), segment.header())) {
            verifyBlocks(reader, end, later);
            if (later.isEmpty()
                    && isRolled
                    && LogSegments.scan(files, directory, storeId)
                            .allAfter(segment)
                            .isEmpty()) {
                addProblem(
                        reader,
                        "the log goes on in a segment that is missing: "
                                + LogSegmentDescriptor.path(directory, position).getFileName());
            }
        }
    }

    private void checkContinues(final LogSegment segment, final boolean isFirst) {
        final LogSegmentHeader header = segment.header();
        if (isFirst || !isPositionKnown || header.isAfterGap()) {
            return;
        }
        if (position != segment.startPosition() || chainChecksum != header.chainChecksum()) {
            problems.add(new LogProblem(
                    segment.path(),
                    LogSegmentDescriptor.CHAIN_CHECKSUM_OFFSET,
                    "segment does not continue the one before: expected position=" + position + " checksum=0x"
                            + Integer.toHexString(chainChecksum) + " found position=" + segment.startPosition()
                            + " checksum=0x" + Integer.toHexString(header.chainChecksum())));
            restartAssembler();
        }
    }

    private void verifyBlocks(final LogSegmentReader reader, final long end, final List<LogSegment> later) {
        while (position < end && !isSealed) {
            if (isValid(reader)) {
                acceptBlock(reader);
            } else if (!passInvalid(reader, later)) {
                return;
            }
        }
    }

    private boolean isValid(final LogSegmentReader reader) {
        try {
            return reader.readHeader(position) && (reader.isSeal() || reader.readBody());
        } catch (final CorruptStoreException e) {
            return reader.refuse(e.getMessage());
        }
    }

    private void acceptBlock(final LogSegmentReader reader) {
        if (reader.isSeal()) {
            isSealed = true;
            isRolled = reader.isRolled();
            return;
        }
        blockCount++;
        final long blockStart = position;
        final int length = (int) (reader.endPosition() - blockStart);
        position = reader.endPosition();
        chainChecksum = reader.headerChecksum();
        try {
            assembler.accept(blockStart, reader.bodyPointer(), length);
        } catch (final CorruptStoreException e) {
            addProblem(reader, e.getMessage());
            restartAssembler();
        }
    }

    /** Skips what is damaged; false at the tail of the log or when nothing valid follows in this segment. */
    private boolean passInvalid(final LogSegmentReader reader, final List<LogSegment> later) {
        final long holeOffset = reader.offset();
        final String reason = reader.invalidReason();
        final String following = tailProof.findHole(reader, position, later);
        reader.moveTo(holeOffset);
        if (following == null) {
            return false;
        }
        reader.refresh();
        if (isValid(reader)) {
            reader.moveTo(holeOffset); // a live writer was about to complete it
            return true;
        }
        addProblem(reader, reason + ", expected a block at position " + position + "; " + following);
        restartAssembler();
        isPositionKnown = false;
        final long found = reader.findHeader(holeOffset, position);
        if (found < 0) {
            return false;
        }
        reader.moveTo(found);
        position = reader.startPosition();
        isPositionKnown = true;
        return true;
    }

    private void addProblem(final LogSegmentReader reader, final String message) {
        problems.add(new LogProblem(reader.path(), reader.offset(), message));
    }

    /**
     * Like {@link #verify}, with a file that cannot be read as a problem instead of an exception.
     *
     * @return what was found
     */
    public LogVerification verifyAll() {
        try {
            return verify();
        } catch (final StateStoreException e) {
            problems.add(new LogProblem(directory, 0, e.getMessage()));
            return new LogVerification(0, blockCount, recordCount, 0, position, false, List.copyOf(problems));
        }
    }
}

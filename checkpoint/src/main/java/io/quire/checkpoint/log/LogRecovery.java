/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.changelog.ChangeGroupAssembler;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.SurvivingRing;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.LangUtil;

/**
 * Brings a log back after a shutdown of any kind: {@link #replay} hands over the complete groups behind a checkpoint,
 * from the segments and then from the ring that a killed process left; {@link #startWriting} begins a new segment.
 *
 * <p>Nothing on disk changes before startWriting, and it changes everything at once: the new segment holds what was
 * only in the ring, and gets its name when it is durable. So recovery may be killed at any instant and repeated. The
 * caller replaces the ring only afterwards; its incarnation tells an old ring from the current one.
 *
 * <p>Threading: confined to the thread that opens the store.
 */
public final class LogRecovery implements AutoCloseable {
    private static final long PROGRESS_LENGTH = 1024 * 1024;

    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final long bootIdHash;
    private final LogSettings settings;

    private RingSource ringSource = this::readRing;
    private SurvivingRing ring;
    private boolean isRingExpected;
    private long fromPosition;
    private boolean isLossAccepted;
    private long logEnd = -1; // after the last valid block
    private long ringStart; // the ring's records from here to its tail are not in the segments
    private long ringEnd;
    private String logEndPlace = "";
    private String acceptedProblem = "";
    private Path livingRing; // passed over, or null
    private int chainChecksum; // of the block before logEnd
    private long durablePosition;
    private LogSegments segments;
    private boolean isGroupOpen;
    private boolean isAfterGap;
    private boolean isAfterUnlogged;
    private boolean isPassedOver;
    private long ignoredLength;
    private boolean isSealed;
    private boolean isApplying; // while the handler of records is called

    /**
     * Prepares a recovery; does nothing yet.
     *
     * @param files file layer
     * @param directory of the log; need not exist before startWriting
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     * @param settings of the log that is to be written
     */
    public LogRecovery(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final long bootIdHash,
            final LogSettings settings) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.bootIdHash = bootIdHash;
        this.settings = settings;
    }

    /** Reads the ring at a path, whatever is there. */
    @FunctionalInterface
    interface RingSource {
        /** See {@link SurvivingRing#read}. */
        SurvivingRing read(Path path);
    }

    /** Reads rings otherwise, for who wants them to change meanwhile. */
    LogRecovery readRings(final RingSource source) {
        ringSource = source;
        return this;
    }

    private SurvivingRing readRing(final Path path) {
        return SurvivingRing.read(path, storeId, bootIdHash);
    }

    /**
     * Says whether acknowledged changes may be in a ring only, so that a log that was not closed in order needs the
     * ring of its last incarnation. It is not asked for after a restart of the system, where no ring survives.
     *
     * @param isExpected whether to refuse a log whose ring is missing
     * @return this
     */
    public LogRecovery expectRing(final boolean isExpected) {
        isRingExpected = isExpected;
        return this;
    }

    /**
     * Says whether changes may have been made since the log's end that are in no log. Then the log goes on with a note
     * about it, which also moves the position: whoever reads on from one of before meets it.
     *
     * @param isUnlogged whether a store without a log was open at its end
     * @return this
     */
    public LogRecovery afterUnlogged(final boolean isUnlogged) {
        isAfterUnlogged = isUnlogged;
        return this;
    }

    /**
     * Says whether a newer checkpoint may have had changes that are not in the log. Then a note about changes that were
     * not logged ends the replay wherever it is: at the position of the checkpoint it may be about changes since. The
     * note at the position of the newest one is about changes that this one has.
     *
     * @param isNewerMissing whether checkpoints that were not logged were passed over
     * @return this
     */
    public LogRecovery passedOver(final boolean isNewerMissing) {
        isPassedOver = isNewerMissing;
        return this;
    }

    /**
     * Hands over the records of all complete groups from a position on. Changes nothing on disk.
     *
     * <p>It ends where changes were made that were not logged and that the checkpoint does not have: applied to a state
     * without them, the rest of the log would make one that never was. That is an error, unless damage is accepted.
     *
     * @param position log position of the checkpoint that the state was loaded from; 0 without one
     * @param isLogExpected whether a log must be there; without one, an empty log is begun at the position
     * @param isDamageAccepted whether damage ends the log, instead of throwing; what follows it is given up by
     *     startWriting
     * @param ringPaths where a ring may have survived; at most one is of the log's last incarnation, and only that
     *     counts
     * @param handler receives the records
     * @param progress told how far it is
     * @return what was found
     * @throws CorruptStoreException when the log has a hole, is damaged, does not reach back to the position or not
     *     up to it, does not connect with the ring, or goes on behind changes that were not logged; names file, offset,
     *     found and expected
     */
    public LogReplayReport replay(
            final long position,
            final boolean isLogExpected,
            final boolean isDamageAccepted,
            final List<Path> ringPaths,
            final ChangeRecordHandler handler,
            final LogProgress progress) {
        final long startNs = System.nanoTime();
        fromPosition = position;
        isLossAccepted = isDamageAccepted;
        try (ChangeGroupAssembler assembler = new ChangeGroupAssembler(handler)) {
            replaySegments(isLogExpected, assembler, progress);
            checkReach();
            final long ringStartNs = System.nanoTime();
            final String ringFound = connectRing(ringPaths);
            final int ringLength = (int) (ringEnd - ringStart);
            if (ringLength > 0) {
                isApplying = true;
                assembler.accept(ringStart, ring.pointerOf(ringStart), ringLength);
                isApplying = false;
            }
            isGroupOpen = assembler.isGroupOpen();
            final long dropped = isGroupOpen ? ringEnd - assembler.groupEndPosition() : 0;
            return new LogReplayReport(
                    fromPosition,
                    ringEnd,
                    assembler.recordCount(),
                    assembler.groupCount(),
                    assembler.abortedGroupCount(),
                    dropped,
                    ringLength,
                    ringFound,
                    ignoredLength,
                    acceptedProblem,
                    isSealed,
                    System.nanoTime() - startNs,
                    System.nanoTime() - ringStartNs);
        }
    }

    /** {@return after {@link #replay} has thrown, whether applying the records did so, and not the log or the ring} */
    public boolean hasFailedToApply() {
        return isApplying;
    }

    private void replaySegments(
            final boolean isLogExpected, final ChangeGroupAssembler assembler, final LogProgress progress) {
        try (LogReader reader = new LogReader(files, directory, storeId, bootIdHash, fromPosition, isLossAccepted)) {
            if (reader.segment() == null && isLogExpected && !isLossAccepted) {
                throw new CorruptStoreException("the change log is missing: directory=" + directory
                        + " expected=segments from position " + fromPosition + " found=none");
            }
            final long totalLength = reader.totalFileLength();
            long reportedLength = 0;
            boolean isEnded = false;
            while (!isEnded && reader.next()) {
                if (isUnlogged(reader, assembler)) {
                    isEnded = true;
                    continue;
                }
                isApplying = true;
                assembler.accept(reader.startPosition(), reader.pointer(), reader.length());
                isApplying = false;
                if (reader.doneFileLength() - reportedLength >= PROGRESS_LENGTH) {
                    reportedLength = reader.doneFileLength();
                    progress.onProgress(reportedLength, totalLength);
                }
            }
            progress.onProgress(totalLength, totalLength);
            logEnd = isEnded ? reader.startPosition() : reader.position();
            chainChecksum = isEnded ? reader.chainChecksumBefore() : reader.chainChecksum();
            durablePosition = Math.min(logEnd, Math.max(reader.durablePosition(), fromPosition));
            segments = reader.segments();
            ignoredLength = reader.ignoredLength();
            isSealed = reader.isSealed();
            logEndPlace = reader.place();
            acceptedProblem = isEnded ? unlogged(reader) : reader.acceptedProblem();
        }
    }

    /** Whether a block is a note, which is a block of its own, about changes that the state has not. */
    private boolean isUnlogged(final LogReader reader, final ChangeGroupAssembler assembler) {
        if (RawMemory.getByte(reader.pointer() + ChangeRecordDescriptor.TYPE_OFFSET)
                        != ChangeRecordDescriptor.TYPE_UNLOGGED
                || (assembler.recordCount() == 0 && !isPassedOver)) {
            return false;
        }
        if (!isLossAccepted) {
            throw new CorruptStoreException(unlogged(reader)
                    + "; to open the store without all changes from there on, accept the loss explicitly");
        }
        return true;
    }

    private String unlogged(final LogReader reader) {
        return "changes made with durability NONE are neither in the change log nor in the checkpoint at position "
                + fromPosition + ": " + reader.place() + " position=" + reader.startPosition()
                + "; what was logged behind it needs them";
    }

    private void checkReach() {
        if (logEnd >= fromPosition) {
            return;
        }
        if (!isLossAccepted) {
            throw new CorruptStoreException("the change log ends before the checkpoint: directory=" + directory
                    + " expected=records up to position " + fromPosition + " found=end at position " + logEnd
                    + ", " + logEndPlace + "; changes after the checkpoint may be lost");
        }
        acceptedProblem = "the log ends at position " + logEnd + ", before the checkpoint";
        // The checkpoint covers what is missing; the log begins anew behind it.
        logEnd = fromPosition;
        chainChecksum = 0;
        isAfterGap = true;
    }

    /** Decides which of the ring's records continue the segments, and says so. */
    private String connectRing(final List<Path> ringPaths) {
        ringStart = logEnd;
        ringEnd = logEnd;
        final LogSegment newest = newestSegment();
        final boolean isSameBoot = isCached(newest);
        final StringJoiner found = new StringJoiner("; ");
        SurvivingRing damaged = null;
        for (final Path path : ringPaths) {
            final SurvivingRing candidate = ringSource.read(path);
            switch (candidate.status()) {
                case MISSING -> {}
                case FOREIGN -> found.add("ignored: " + candidate.reason());
                case DAMAGED -> {
                    damaged = candidate;
                    found.add("ignored: damaged, " + candidate.reason());
                }
                case VALID -> found.add(connectValidRing(candidate, newest));
            }
        }
        if (damaged != null && isSameBoot && ring == null && !isLossAccepted) {
            throw ringProblem(damaged, damaged.reason());
        }
        if (isRingExpected && isSameBoot && !isSealed && ring == null && !isLossAccepted) {
            checkRingWasNeverBegun(ringPaths, newest);
        }
        return found.length() == 0 ? "none" : found.toString();
    }

    private String connectValidRing(final SurvivingRing candidate, final LogSegment newest) {
        final long logIncarnation =
                newest == null ? 0 : newest.header().identity().incarnation();
        if (candidate.incarnation() == logIncarnation) {
            if (candidate.hasChanged()) {
                return passOverLivingRing(candidate);
            }
            ring = candidate;
            return drainRing();
        }
        candidate.close();
        final int ringCount = LogIdentity.count(candidate.incarnation());
        final int logCount = LogIdentity.count(logIncarnation);
        if (ringCount > logCount && !isLossAccepted) {
            throw ringProblem(
                    candidate,
                    "expected=incarnation " + logCount + " found=incarnation " + ringCount
                            + ", whose segments are missing");
        }
        return "ignored: of incarnation " + ringCount + ", the log is of incarnation " + logCount;
    }

    /** It is no ring that a dead process has left: what was read of it may be anything. */
    private String passOverLivingRing(final SurvivingRing candidate) {
        candidate.close();
        livingRing = candidate.path();
        System.getLogger(LogRecovery.class.getName())
                .log(
                        Level.WARNING,
                        "the change log ring {0} is not read, because somebody writes to it: the log in {1} has what"
                                + " was written to its files",
                        candidate.path(),
                        directory);
        return "ignored: somebody writes to it";
    }

    /** {@return a ring of this log's last incarnation that was passed over because somebody writes to it, or null} */
    public Path livingRing() {
        return livingRing;
    }

    /**
     * A process killed while it opened the store may have begun the log's last incarnation, but not its ring; or it may
     * have found that to be so, and have prepared the next.
     */
    private void checkRingWasNeverBegun(final List<Path> ringPaths, final LogSegment newest) {
        final int last = LogIdentity.count(newest.header().identity().incarnation());
        for (final Path path : ringPaths) {
            try (SurvivingRing prepared = SurvivingRing.read(ChangeRing.preparedPath(path), storeId, bootIdHash)) {
                if (prepared.status() == SurvivingRing.Status.VALID
                        && LogIdentity.count(prepared.incarnation()) >= last) {
                    return;
                }
            }
        }
        throw new CorruptStoreException("the change-log ring is missing: expected=one of " + ringPaths
                + " of incarnation " + last + ", because the log was not closed in order: "
                + logEndPlace + (livingRing == null ? "" : "; " + livingRing + " was not read, somebody writes to it")
                + "; the last acknowledged changes may have been in it, accept the loss explicitly to go"
                + " on without them");
    }

    private String drainRing() {
        if (ring.tail() <= logEnd) {
            return "drained already";
        }
        if (ring.head() > logEnd || !ring.isBoundary(logEnd)) {
            if (isLossAccepted) {
                return "ignored: starts at position " + ring.head();
            }
            throw ringProblem(
                    ring,
                    "expected=records from position " + logEnd + " on, found=records from position " + ring.head());
        }
        ringEnd = ring.tail();
        return "drained " + (ringEnd - ringStart) + " bytes";
    }

    private CorruptStoreException ringProblem(final SurvivingRing candidate, final String what) {
        return new CorruptStoreException("the change-log ring does not fit its log, which ends at " + logEndPlace
                + ": file=" + candidate.path() + " " + what
                + "; what is missing was acknowledged, accept the loss explicitly to go on without it");
    }

    private LogSegment newestSegment() {
        final List<LogSegment> live = segments.live();
        return live.isEmpty() ? null : live.get(live.size() - 1);
    }

    /** Whether what was read of the log may have come from the memory of the system, and not from the disk. */
    private boolean isCached(final LogSegment newest) {
        return newest != null && newest.header().identity().bootIdHash() == bootIdHash;
    }

    /**
     * Whether the segments are all there is of the log, and durable: {@link #startWriting} would have nothing to keep,
     * to force or to cut off.
     *
     * @return whether that is so, after {@link #replay}
     */
    public boolean isComplete() {
        return ringEnd == ringStart
                && !isGroupOpen
                && acceptedProblem.isEmpty()
                && (durablePosition >= logEnd || !isCached(newestSegment()));
    }

    /**
     * Begins a new segment at the end of what was replayed. It takes in what was only in the ring, an abort record when
     * the last group is incomplete, what {@link #afterUnlogged} has asked for, and, whatever the durability, a copy of
     * what is not known to be durable in the old segments: a force of theirs may have failed, after which the system
     * holds data that it will never write, and says of a second force that it went well. When this returns, all of it
     * is part of the log, durably; then begin the ring, at the writer's position and incarnation.
     *
     * @param randomBits make the incarnation distinct from those of copies of the store
     * @return the writer
     * @throws io.quire.store.errors.StoreFullException when the disk is full; nothing was changed
     * @throws io.quire.store.errors.StoreIoException when the system refuses; recovery can be repeated
     */
    public LogWriter startWriting(final int randomBits) {
        return startWriting(randomBits, writer -> {});
    }

    /**
     * Begins a new segment as {@link #startWriting(int)} does, with something to be done at the last moment before it
     * becomes part of the log.
     *
     * @param randomBits make the incarnation distinct from those of copies of the store
     * @param beforePublish given the writer, whose position and incarnation are final; what it throws ends the attempt
     *     and leaves the log as it was
     * @return the writer
     * @throws io.quire.store.errors.StoreFullException when the disk is full; nothing was changed
     * @throws io.quire.store.errors.StoreIoException when the system refuses; recovery can be repeated
     */
    public LogWriter startWriting(final int randomBits, final Consumer<LogWriter> beforePublish) {
        if (logEnd < 0) {
            throw new IllegalStateException("replay first");
        }
        files.createDirectories(directory);
        final LogSegment newest = newestSegment();
        final long lastIncarnation = Math.max(segments.lastIncarnation(), ring == null ? 0 : ring.incarnation());
        final LogIdentity identity =
                new LogIdentity(storeId, LogIdentity.next(lastIncarnation, randomBits), bootIdHash);
        final boolean isCached = isCached(newest);
        final LogWriter writer;
        if (isCached && !isAfterGap && durablePosition < logEnd) {
            writer = rewriteUnforced(identity);
        } else {
            final LogSegmentHeader header = new LogSegmentHeader(identity, logEnd, chainChecksum, isAfterGap);
            writer = new LogWriter(files, directory, identity, settings, header, isCached ? durablePosition : logEnd);
        }
        complete(writer, beforePublish);
        return writer;
    }

    private LogWriter rewriteUnforced(final LogIdentity identity) {
        LogWriter writer = null;
        try (LogReader reader = new LogReader(files, directory, storeId, bootIdHash, durablePosition, isLossAccepted)) {
            while (reader.position() < logEnd && reader.next()) {
                final int skipped = reader.skippedLength();
                if (writer == null) {
                    final LogSegmentHeader header = new LogSegmentHeader(
                            identity, reader.startPosition() - skipped, reader.chainChecksumBefore(), false);
                    writer = new LogWriter(files, directory, identity, settings, header, header.startPosition());
                }
                appendAll(writer, reader.pointer() - skipped, reader.length() + skipped);
            }
            if (writer == null || writer.position() != logEnd) {
                throw new CorruptStoreException("the change log has changed during recovery: directory=" + directory
                        + " expected=end at position " + logEnd + " found=" + reader.position());
            }
            return writer;
        } catch (final Throwable e) {
            throw closeAfter(writer, e);
        }
    }

    private void complete(final LogWriter writer, final Consumer<LogWriter> beforePublish) {
        try {
            if (ringEnd > ringStart) {
                appendAll(writer, ring.pointerOf(ringStart), (int) (ringEnd - ringStart));
            }
            if (isGroupOpen) {
                appendNote(writer, ChangeRecordDescriptor.TYPE_ABORT);
            }
            if (isAfterUnlogged) {
                appendNote(writer, ChangeRecordDescriptor.TYPE_UNLOGGED);
            }
            beforePublish.accept(writer);
            writer.publish();
            removeLeftovers(writer.startPosition());
        } catch (final Throwable e) {
            throw closeAfter(writer, e);
        }
    }

    private static RuntimeException closeAfter(final LogWriter writer, final Throwable cause) {
        CloseHelper.close(suppressed -> cause.addSuppressed(suppressed), writer);
        LangUtil.rethrowUnchecked(cause);
        throw new AssertionError(cause);
    }

    private static void appendAll(final LogWriter writer, final long pointer, final int length) {
        int done = 0;
        while (done < length) {
            done += writer.append(pointer + done, length - done);
        }
    }

    private static void appendNote(final LogWriter writer, final byte type) {
        final int length = ChangeRecordDescriptor.HEADER_LENGTH;
        final long pointer = RawMemory.allocate(length);
        try {
            RawMemory.putLong(
                    pointer + ChangeRecordDescriptor.LENGTH_OFFSET,
                    ChangeRecordDescriptor.lengthTypeFlags(length, type, (byte) 0));
            RawMemory.putLong(
                    pointer + ChangeRecordDescriptor.STATE_ID_OFFSET, ChangeRecordDescriptor.stateIdKeyLength(0, 0));
            writer.append(pointer, length);
        } finally {
            RawMemory.free(pointer);
        }
    }

    /** Files with temporary names, and segments that the new one has cut off. */
    private void removeLeftovers(final long startPosition) {
        final LogSegments found = LogSegments.scan(files, directory, storeId);
        final List<Path> paths = new ArrayList<>(found.leftovers());
        found.live().stream()
                .filter(segment -> segment.startPosition() > startPosition)
                .forEach(segment -> paths.add(segment.path()));
        for (final Path path : paths) {
            files.delete(path);
        }
        if (!paths.isEmpty()) {
            files.forceDirectory(directory);
        }
    }

    @Override
    public void close() {
        if (ring != null) {
            ring.close();
        }
    }
}

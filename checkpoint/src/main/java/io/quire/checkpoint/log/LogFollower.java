/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.changelog.ChangeGroupAssembler;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.changelog.SurvivingRing;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.LogTruncatedException;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Reads the log from a position on and follows it while it is being written, through the segment files: the writer
 * neither knows nor waits. A follower may be as slow as it likes, until retention deletes the segments that it still
 * needs.
 *
 * <p>Complete groups are handed over, in order. The position that a handler was given at a group's end is where a later
 * follower can resume.
 *
 * <p>Threading: confined to one thread; never the one that writes the store.
 */
public final class LogFollower implements AutoCloseable {
    private final StoreFiles files;
    private final Path directory;
    private final UUID storeId;
    private final long bootIdHash;
    private final LogReader reader;
    private final long fromPosition;
    private final LongSupplier limit;
    private final ChangeGroupAssembler assembler;

    /**
     * Starts behind a position.
     *
     * @param files file layer
     * @param directory of the log
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     * @param fromPosition log position, 0 or where a group has ended
     * @param limit log position that is not passed: of a live log its {@link LogAgent#writtenPosition}, or {@link
     *     LogAgent#durablePosition} to see nothing that a power loss may undo
     * @param handler receives the changes
     * @throws LogTruncatedException when the log does not reach back to the position any more
     * @throws CorruptStoreException when a segment's header is damaged
     */
    public LogFollower(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final long bootIdHash,
            final long fromPosition,
            final LongSupplier limit,
            final ChangeRecordHandler handler) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.bootIdHash = bootIdHash;
        this.fromPosition = fromPosition;
        this.limit = limit;
        // From the end of the record before, if there is one, which tells whether a group ends there.
        final long before = fromPosition - ChangeRecordDescriptor.ALIGNMENT;
        final boolean isBeforeThere =
                before >= 0 && LogSegments.scan(files, directory, storeId).indexOf(before) >= 0;
        try {
            reader = new LogReader(files, directory, storeId, bootIdHash, isBeforeThere ? before : fromPosition);
        } catch (final CorruptStoreException e) {
            throw truncatedOr(e, fromPosition);
        }
        assembler = new ChangeGroupAssembler(handler);
    }

    private RuntimeException truncatedOr(final CorruptStoreException problem, final long position) {
        final List<LogSegment> live =
                LogSegments.scan(files, directory, storeId).live();
        if (live.isEmpty() || live.get(0).startPosition() <= position) {
            return problem;
        }
        return new LogTruncatedException(
                "the log was deleted up to behind this position: directory=" + directory + " position=" + position
                        + " oldest=" + live.get(0).startPosition()
                        + "; begin anew from the state itself, and hold the log or retain more of it",
                problem);
    }

    /**
     * Hands over the changes of the next block, if there is one before the limit. Does not wait.
     *
     * @return whether there was one
     * @throws LogTruncatedException when segments were deleted that were not read yet
     * @throws ConfigurationException when the starting position is not where a group has ended
     * @throws CorruptStoreException when the log is damaged there
     */
    public boolean poll() {
        // Behind the limit the writer may be at work: what is there looks like damage to a reader that looks too early.
        if (reader.position() >= limit.getAsLong()) {
            return false;
        }
        try {
            if (!reader.next()) {
                return false;
            }
        } catch (final CorruptStoreException e) {
            throw truncatedOr(e, reader.position());
        }
        final long blockStart = reader.startPosition();
        if (blockStart < fromPosition) {
            final int before = (int) (fromPosition - blockStart);
            checkGroupEnd(reader.pointer() - reader.skippedLength(), reader.skippedLength() + before);
        }
        // Behind what the ring has already given, if it was asked.
        final long from = Math.max(Math.max(blockStart, fromPosition), assembler.position());
        final long skipped = from - blockStart;
        if (skipped < reader.length()) {
            assembler.accept(from, reader.pointer() + skipped, (int) (reader.length() - skipped));
        }
        return true;
    }

    /**
     * Hands over what a ring has behind the end of the segments, after {@link #poll} has returned false. The segments
     * will have it later, and it is not handed over again then.
     *
     * @param ring read from the file of the ring that feeds this log, by whatever process
     * @return whether it had anything new; false also when it does not fit because the log has gone on meanwhile
     */
    public boolean pollRing(final SurvivingRing ring) {
        final LogSegment segment = reader.segment();
        if (ring.status() != SurvivingRing.Status.VALID
                || segment == null
                || segment.header().identity().incarnation() != ring.incarnation()) {
            return false;
        }
        final long from = endPosition();
        if (from < fromPosition
                || from < ring.head()
                || from >= ring.tail()
                || !ring.isBoundary(from)
                || ring.headNow() > from) {
            return false;
        }
        assembler.accept(from, ring.pointerOf(from), (int) (ring.tail() - from));
        return true;
    }

    /**
     * Whether somebody has opened the store since what is being read was written. Reading goes on with another follower
     * at {@link #position} then, because this one may be in a segment that was cut or replaced. To be asked after
     * {@link #poll} has returned false: lists the directory once and reads one header, unless files have come or gone.
     *
     * @return whether there is a segment of a later owner than the one that is being read
     */
    public boolean isSuperseded() {
        return reader.isSuperseded();
    }

    /**
     * The same after {@link #poll} has thrown; reads the headers of all segments.
     *
     * @return whether there is a segment of a later owner than the one that is being read
     */
    public boolean isSupersededWhereDamaged() {
        final LogSegment segment = reader.segment();
        final long read = segment == null ? 0 : segment.header().identity().incarnation();
        final long newest = LogSegments.scan(files, directory, storeId).lastIncarnation();
        return LogIdentity.count(newest) > LogIdentity.count(read);
    }

    /**
     * Whether the newest segment is of an incarnation; reads the headers of all segments.
     *
     * @param incarnation as a ring names it
     * @return whether the log was begun with it last
     */
    public boolean isNewest(final long incarnation) {
        return LogSegments.scan(files, directory, storeId).lastIncarnation() == incarnation;
    }

    /**
     * Whether the log itself says that it ends where it was read to, after {@link #poll} has returned false: it was
     * closed in order there, or the system was restarted since, which may leave any end torn. Otherwise the ring knows.
     *
     * @return whether nothing is missing behind
     */
    public boolean isEndProven() {
        final LogSegment segment = reader.segment();
        return segment != null
                && (reader.isSealed() || segment.header().identity().bootIdHash() != bootIdHash);
    }

    /** Throws when the starting position, so many bytes behind the start of its block, is not where a group ends. */
    private void checkGroupEnd(final long block, final int length) {
        boolean isGroupOpen = false;
        int offset = 0;
        while (offset < length) {
            final long record = block + offset;
            if (RawMemory.getByte(record + ChangeRecordDescriptor.TYPE_OFFSET) != ChangeRecordDescriptor.TYPE_PAD) {
                isGroupOpen = RawMemory.getByte(record + ChangeRecordDescriptor.FLAGS_OFFSET) != 0;
            }
            offset += ChangeRecordDescriptor.alignedLength(
                    RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET));
        }
        if (isGroupOpen || offset != length) {
            throw new ConfigurationException("no change or batch ends at this log position: position=" + fromPosition
                    + "; only positions that the store has given can be read from");
        }
    }

    /** {@return log position after the last group handed over, -1 before the first block; reading may resume there} */
    public long position() {
        return assembler.groupEndPosition();
    }

    /** {@return log position up to which blocks were read; the last group may not be complete there} */
    public long readPosition() {
        return reader.position();
    }

    /** {@return log position up to which records were read, from the segments or from a ring} */
    public long endPosition() {
        return Math.max(reader.position(), assembler.position());
    }

    /** {@return while records are handed over, log position after the last record of their group} */
    public long recordPosition() {
        return assembler.position();
    }

    /** {@return records handed over} */
    public long recordCount() {
        return assembler.recordCount();
    }

    @Override
    public void close() {
        reader.close();
        assembler.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.StoreFailedException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.agrona.CloseHelper;

/**
 * Appends records to the log as blocks, begins a new segment when one is full, and forces.
 *
 * <p>After any failure the writer refuses everything but {@link #close}: in particular nothing is forced twice, since
 * the system may report success for data it has dropped.
 *
 * <p>Threading: one thread at a time: the opening thread before the agent runs, then whoever has the agent's duty; but
 * {@link #prepare} is the agent's at any time, and {@link #appendForced} alone may be called by another thread.
 */
public final class LogWriter implements AutoCloseable {
    private static final int MAX_UNFORCED_SEGMENTS = 8;
    private static final int SEAL_LENGTH = LogBlockDescriptor.HEADER_LENGTH;

    private final StoreFiles files;
    private final Path directory;
    private final LogIdentity identity;
    private final LogSettings settings;
    private final LogBlockEncoder encoder;
    private final ArrayDeque<StoreFile> unforced = new ArrayDeque<>(); // full, but not forced to their ends
    private final ArrayDeque<Long> unforcedEnds = new ArrayDeque<>();
    private LogSegmentWriter segment;
    private final long startPosition; // of the first segment of this writer
    private boolean isPublished;
    private boolean isFailed;
    private volatile boolean isPreparationFailed; // beside whoever may be writing, who does not look further
    private long position;
    private long durablePosition;
    private int chainChecksum;
    private long blockCount;
    private long writtenLength;
    private long forceCount;

    LogWriter(
            final StoreFiles files,
            final Path directory,
            final LogIdentity identity,
            final LogSettings settings,
            final LogSegmentHeader header,
            final long durablePosition) {
        this.files = files;
        this.directory = directory;
        this.identity = identity;
        this.settings = settings;
        startPosition = header.startPosition();
        position = startPosition;
        this.durablePosition = durablePosition;
        chainChecksum = header.chainChecksum();
        segment = new LogSegmentWriter(files, directory, header, settings);
        encoder = new LogBlockEncoder(identity, settings);
    }

    /** Makes the first segment, with what was appended to it so far, part of the log, durably. */
    void publish() {
        start();
        segment.publish();
        isPublished = true;
        durablePosition = position;
        finish();
    }

    /**
     * Appends records as one block: as many as fit, and at least one.
     *
     * @param pointer native pointer to whole records that continue the log at {@link #position}
     * @param available bytes there, a multiple of 8, greater than 0
     * @return bytes appended
     * @throws io.quire.store.errors.StoreFullException when the disk is full; the writer has failed
     * @throws io.quire.store.errors.StoreIoException when the system refuses; the writer has failed
     */
    public int append(final long pointer, final int available) {
        start();
        final int rawLength = encoder.take(pointer, available);
        final ByteBuffer block = encoder.encode(position, durablePosition, rawLength);
        final int checksum = encoder.headerChecksum();
        if (isPublished && !hasRoom(block.remaining())) {
            roll();
            append(encoder.encode(position, durablePosition, rawLength), encoder.headerChecksum(), rawLength);
        } else {
            append(block, checksum, rawLength);
        }
        finish();
        return rawLength;
    }

    /**
     * Appends records as one block and makes it durable, by a call that an interrupt does not touch. Only when all
     * before them is durable, and there is space prepared in the segment.
     *
     * @param pointer native pointer to whole records that continue the log at {@link #position}
     * @param length bytes there, a multiple of 8, greater than 0, at most what a block may hold
     * @return false when it cannot be done this way; then nothing was done
     * @throws io.quire.store.errors.StoreIoException when the system refuses; the writer has failed
     */
    boolean appendForced(final long pointer, final int length) {
        // Only a block that is put together tells how long it is when compressed.
        if (!canForce(LogBlockDescriptor.blockLength(settings.compressed() ? 0 : length))) {
            return false;
        }
        startBeside();
        final int rawLength = encoder.take(pointer, length);
        final ByteBuffer block = encoder.encode(position, durablePosition, rawLength);
        final int blockLength = block.remaining();
        final boolean isWritten = canForce(blockLength) && segment.writeForced(block);
        if (isWritten) {
            writtenLength += blockLength;
            chainChecksum = encoder.headerChecksum();
            position += rawLength;
            durablePosition = position;
            blockCount++;
            forceCount++;
        }
        finish();
        return isWritten;
    }

    private boolean canForce(final int blockLength) {
        return durablePosition == position
                && unforced.isEmpty()
                && isPublished
                && !isPreparationFailed
                && hasRoom(blockLength)
                && segment.canWriteForced(blockLength);
    }

    /**
     * Prepares space for blocks to come, when it gets short. By the agent's thread only, which begins new segments,
     * and also while another thread appends a block and forces it.
     *
     * @return whether anything was done
     * @throws io.quire.store.errors.StoreIoException when the system refuses; the writer has failed
     */
    boolean prepare() {
        boolean isComplete = false;
        try {
            final boolean isPrepared = segment.prepare();
            isComplete = true;
            return isPrepared;
        } finally {
            if (!isComplete) {
                isPreparationFailed = true;
            }
        }
    }

    /** {@return whether space gets short, so that {@link #prepare} should be called} */
    boolean isSpaceShort() {
        return segment.isSpaceShort();
    }

    private boolean hasRoom(final int blockLength) {
        return segment.length() == LogSegmentDescriptor.HEADER_LENGTH
                || segment.length() + blockLength + SEAL_LENGTH <= settings.segmentLength();
    }

    private void append(final ByteBuffer block, final int checksum, final int rawLength) {
        writtenLength += block.remaining();
        segment.write(block);
        chainChecksum = checksum;
        position += rawLength;
        blockCount++;
    }

    private void roll() {
        final LogSegmentHeader header = new LogSegmentHeader(identity, position, chainChecksum, false);
        final LogSegmentWriter next = new LogSegmentWriter(files, directory, header, settings);
        try {
            next.publish();
            // Only now: a segment sealed as rolled promises that its successor exists.
            segment.write(encoder.encodeSeal(position, durablePosition, true));
        } catch (final Throwable e) {
            CloseHelper.close(e::addSuppressed, next);
            throw e;
        }
        unforced.addLast(segment.file());
        unforcedEnds.addLast(position);
        segment = next;
        if (unforced.size() > MAX_UNFORCED_SEGMENTS) {
            forceOldest();
        }
    }

    /** Makes everything appended durable. Does nothing when it is already. */
    public void force() {
        if (durablePosition == position) {
            return;
        }
        start();
        while (!unforced.isEmpty()) {
            forceOldest();
        }
        if (durablePosition != position) {
            segment.force();
            durablePosition = position;
            forceCount++;
        }
        finish();
    }

    private void forceOldest() {
        final StoreFile oldest = unforced.getFirst();
        oldest.force(false);
        durablePosition = unforcedEnds.getFirst();
        forceCount++;
        unforced.removeFirst();
        unforcedEnds.removeFirst();
        oldest.close();
    }

    /** Forces everything and says in the log that it ends here on purpose. */
    public void seal() {
        force();
        start();
        segment.write(encoder.encodeSeal(position, durablePosition, false));
        segment.force();
        finish();
    }

    private void start() {
        if (isPreparationFailed) {
            throw failed();
        }
        startBeside();
    }

    /** What fails beside this call is told by whoever it happens to: he knows the cause. */
    private void startBeside() {
        if (isFailed) {
            throw failed();
        }
        isFailed = true; // until the call has come to its end
    }

    private StoreFailedException failed() {
        return new StoreFailedException("the change log has failed: directory=" + directory + " position=" + position);
    }

    private void finish() {
        isFailed = false;
    }

    /** Log position at which this writer began its first segment. */
    long startPosition() {
        return startPosition;
    }

    /** {@return log position after the last record appended} */
    public long position() {
        return position;
    }

    /** {@return log position up to which everything was forced} */
    public long durablePosition() {
        return durablePosition;
    }

    /** {@return incarnation of the log, for the ring that feeds it} */
    public long incarnation() {
        return identity.incarnation();
    }

    /** {@return blocks appended} */
    public long blockCount() {
        return blockCount;
    }

    /** {@return bytes of blocks appended, headers included, after compression} */
    public long writtenLength() {
        return writtenLength;
    }

    /** {@return how often a file was forced} */
    public long forceCount() {
        return forceCount;
    }

    /** Closes the files, without forcing anything. */
    @Override
    public void close() {
        for (final StoreFile full : unforced) {
            full.close();
        }
        unforced.clear();
        if (isPublished) {
            segment.close();
        } else {
            segment.discard();
        }
        encoder.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.StoreFullException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.CloseHelper;

/**
 * Writes one log segment: header, blocks, and zeros ahead of them. It has a temporary name until it is published.
 *
 * <p>Where zeros are, a force has nothing to do but write the block: that takes half as long as to force a file that
 * has grown. They are written ahead a little at first, then more, by {@link #prepare} when there is time. Where each
 * force makes much durable they are left out: all would be written twice, and that is what such a force costs.
 *
 * <p>Invariant: {@code offset <= allocated <= } the file's length. Behind {@code allocated} only the log agent's thread
 * writes; before it, whoever has the agent's duty. So zeros are prepared while blocks are written, and meet none.
 *
 * <p>Threading: {@link #prepare} belongs to the log agent's thread and needs no duty; {@link #writeForced} to whoever
 * has the duty; all else to the log agent's thread with the duty, or to the thread that opens before the agent runs.
 */
final class LogSegmentWriter implements AutoCloseable {
    private static final int FIRST_PREALLOCATION = 64 * 1024;

    private final StoreFiles files;
    private final Path temporaryPath;
    private final Path path;
    private final StoreFile file;
    private final int maxPreallocation;
    private final long segmentLength;
    private volatile long offset; // where the next block goes
    private volatile long allocated; // bytes of the file, zeros included; forced, if it was prepare that added them
    private volatile int preallocation;
    private long forcedOffset; // up to which the file was forced
    private volatile long groupLength; // bytes that the last force has made durable
    private boolean hasForcedWrites = true; // as far as is known
    private volatile boolean isSpaceRefused; // for zeros ahead of need

    LogSegmentWriter(
            final StoreFiles files, final Path directory, final LogSegmentHeader header, final LogSettings settings) {
        this.files = files;
        temporaryPath = LogSegmentDescriptor.temporaryPath(directory, header.startPosition());
        path = LogSegmentDescriptor.path(directory, header.startPosition());
        maxPreallocation = settings.preallocationLength();
        segmentLength = settings.segmentLength();
        preallocation = Math.min(FIRST_PREALLOCATION, maxPreallocation);
        files.delete(temporaryPath);
        file = files.create(temporaryPath);
        try {
            write(header.encode());
        } catch (final Throwable e) {
            CloseHelper.close(e::addSuppressed, this::discard);
            throw e;
        }
    }

    /** Gives the segment its name, durably. After this it is part of the log. */
    void publish() {
        file.force(true);
        noteForced();
        files.rename(temporaryPath, path);
        file.renamed(path);
        files.forceDirectory(path.getParent());
    }

    /** Appends a block, or the header. */
    void write(final ByteBuffer block) {
        final long start = offset;
        final long end = start + block.remaining();
        if (end > allocated && end - forcedOffset <= FIRST_PREALLOCATION) {
            allocate(end);
        }
        file.write(start, block);
        offset = end;
        allocated = Math.max(allocated, end);
    }

    /** Whether there are zeros for a block of a length, and nothing is known against {@link #writeForced}. */
    boolean canWriteForced(final int length) {
        return hasForcedWrites && offset + length <= allocated;
    }

    /**
     * Appends a block and makes it durable, on any thread; everything before it must be, and there must be zeros.
     *
     * @return false when the system cannot, and from then on; then nothing was done
     */
    boolean writeForced(final ByteBuffer block) {
        final long start = offset;
        final long end = start + block.remaining();
        if (end > allocated) {
            throw new IllegalStateException("no space is prepared for a block: offset=" + start + " length="
                    + (end - start) + " prepared=" + allocated);
        }
        hasForcedWrites = file.writeForced(start, block);
        if (hasForcedWrites) {
            offset = end;
            noteForced();
        }
        return hasForcedWrites;
    }

    /** Whether {@link #prepare} has something to do. */
    boolean isSpaceShort() {
        final long end = allocated;
        return end - offset < preallocation / 2
                && end < segmentLength
                && !isSpaceRefused
                && groupLength <= FIRST_PREALLOCATION;
    }

    /**
     * Writes and forces zeros ahead of the blocks when they get few, also while a block is written and forced: that
     * one stays before them, and what it needs of the file was forced before.
     *
     * @return false when there are enough
     */
    boolean prepare() {
        if (!isSpaceShort()) {
            return false;
        }
        final long wanted = Math.min(segmentLength, allocated + preallocation);
        try {
            file.preallocate(wanted);
        } catch (final StoreFullException | OutOfMemoryError e) {
            isSpaceRefused = true; // whoever needs the space meets the same; what zeros there are do no harm
            return false;
        }
        file.force(false);
        preallocation = Math.min(preallocation * 2, maxPreallocation);
        allocated = wanted; // only now: a block written there is forced without anything else of the file
        return true;
    }

    private void allocate(final long needed) {
        if (preallocation == 0) {
            return;
        }
        final long wanted = Math.max(needed, Math.min(segmentLength, needed + preallocation));
        preallocation = Math.min(preallocation * 2, maxPreallocation);
        try {
            file.preallocate(wanted);
            allocated = wanted;
        } catch (final StoreFullException | OutOfMemoryError e) {
            // Space ahead of need is a wish, space for this block is not.
            file.preallocate(needed);
            allocated = needed;
        }
    }

    void force() {
        file.force(false);
        noteForced();
    }

    private void noteForced() {
        final long end = offset;
        groupLength = end - forcedOffset;
        forcedOffset = end;
    }

    /** {@return bytes of header and blocks} */
    long length() {
        return offset;
    }

    /** The file, for whoever forces and closes it once the segment is full. */
    StoreFile file() {
        return file;
    }

    /** Closes and removes a segment that was not published. */
    void discard() {
        file.close();
        files.delete(temporaryPath);
    }

    @Override
    public void close() {
        file.close();
    }
}

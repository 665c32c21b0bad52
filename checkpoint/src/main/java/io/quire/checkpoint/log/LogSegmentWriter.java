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
 * <p>Threading: confined to one thread.
 */
final class LogSegmentWriter implements AutoCloseable {
    private static final int FIRST_PREALLOCATION = 64 * 1024;

    private final StoreFiles files;
    private final Path temporaryPath;
    private final Path path;
    private final StoreFile file;
    private final int maxPreallocation;
    private final long segmentLength;
    private long offset; // where the next block goes
    private long allocated; // bytes of the file, zeros included
    private int preallocation;

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
        files.rename(temporaryPath, path);
        file.renamed(path);
        files.forceDirectory(path.getParent());
    }

    /** Appends a block, or the header. */
    void write(final ByteBuffer block) {
        final int length = block.remaining();
        if (offset + length > allocated) {
            allocate(offset + length);
        }
        file.write(offset, block);
        offset += length;
        allocated = Math.max(allocated, offset);
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
        } catch (final StoreFullException e) {
            // Space ahead of need is a wish, space for this block is not.
            file.preallocate(needed);
            allocated = needed;
        }
    }

    void force() {
        file.force(false);
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

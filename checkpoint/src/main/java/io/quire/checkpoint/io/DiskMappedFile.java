/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.BufferUtil;

/**
 * A read-only mapping of a file of the local file system, in windows of bounded length.
 *
 * <p>A page that the device cannot deliver, or that lies behind the end of a file someone has cut, becomes a {@link
 * StoreIoException}; see {@link MemoryFaults} for why that takes more than a {@code catch}.
 *
 * <p>Threading: thread-safe; close only after the last reader has left.
 */
final class DiskMappedFile implements MappedFile {
    private final Path path;
    private final long size;
    private final long windowLength;
    private final AtomicReference<MappedByteBuffer[]> windows;
    private final long[] pointers;
    private volatile boolean closed;

    private DiskMappedFile(
            final Path path, final long size, final long windowLength, final MappedByteBuffer[] windows) {
        this.path = path;
        this.size = size;
        this.windowLength = windowLength;
        this.windows = new AtomicReference<>(windows);
        pointers = new long[windows.length];
        for (int i = 0; i < windows.length; i++) {
            pointers[i] = BufferUtil.address(windows[i]);
        }
    }

    static DiskMappedFile map(final Path path, final FileChannel channel, final long size, final long windowLength) {
        final MappedByteBuffer[] windows = new MappedByteBuffer[(int) ((size + windowLength - 1) / windowLength)];
        for (int i = 0; i < windows.length; i++) {
            final long start = i * windowLength;
            try {
                windows[i] = channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(windowLength, size - start));
            } catch (final IOException e) {
                free(windows);
                throw DiskStoreFiles.failure("map offset " + start + " of", path, 0, e);
            }
        }
        return new DiskMappedFile(path, size, windowLength, windows);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void copy(final long position, final long targetPointer, final int length) {
        if (position < 0 || length < 0 || position > size - length) {
            throw new CorruptStoreException("range outside the file: file=" + path + " offset=" + position + " length="
                    + length + " file length=" + size);
        }
        if (closed) {
            throw new StoreClosedException("mapping is closed: file=" + path);
        }
        try {
            copyWindows(position, targetPointer, length);
            MemoryFaults.raisePending();
        } catch (final InternalError e) {
            throw new StoreIoException(
                    "cannot read mapped file " + path + " at offset " + position + " length=" + length
                            + ": the device failed, or the file was cut after it was opened",
                    e);
        }
    }

    private void copyWindows(final long position, final long targetPointer, final int length) {
        long next = position;
        long target = targetPointer;
        int remaining = length;
        while (remaining > 0) {
            final int window = (int) (next / windowLength);
            final long offset = next - window * windowLength;
            final int count = (int) Math.min(remaining, windowLength - offset);
            RawMemory.copy(pointers[window] + offset, target, count);
            next += count;
            target += count;
            remaining -= count;
        }
    }

    @Override
    public void close() {
        closed = true;
        final MappedByteBuffer[] owned = windows.getAndSet(null);
        if (owned != null) {
            free(owned);
        }
    }

    private static void free(final MappedByteBuffer[] windows) {
        for (final MappedByteBuffer window : windows) {
            if (window != null) {
                BufferUtil.free(window);
            }
        }
    }
}

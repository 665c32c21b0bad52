/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Windows mapped from one file, by preference on a memory file system, where no write-back gets between the writer and
 * its pages. The file is sparse: a range takes space when {@link #back} writes zeros to it, and is touched only then,
 * so a full file system is an exception and not a signal.
 *
 * <p>Space is written through a {@link RandomAccessFile}, which an interrupt of the calling thread does not close.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
public final class MappedFileMemory implements LiveMemory {
    private final Path path;
    private final int windowShift;
    private final RandomAccessFile space;
    private final byte[] zeros = new byte[PageDescriptor.EXTENT_LENGTH];
    private final List<MappedByteBuffer> windows = new ArrayList<>();

    /**
     * Creates the file, which must not exist, accessible by its owner only.
     *
     * @param path where; the directory exists
     * @param windowShift log2 of the window length in bytes, 20..30
     * @throws StoreIoException when the file cannot be created
     */
    public MappedFileMemory(final Path path, final int windowShift) {
        this.path = path;
        this.windowShift = windowShift;
        try {
            final Set<StandardOpenOption> options =
                    EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ);
            final Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rw-------");
            Files.newByteChannel(path, options, PosixFilePermissions.asFileAttribute(owner))
                    .close();
            space = new RandomAccessFile(path.toString(), "rw");
        } catch (final IOException e) {
            throw new StoreIoException("live memory file could not be created: file=" + path + " (" + e + ")", e);
        }
    }

    @Override
    public long reserveWindow(final int window) {
        final long length = 1L << windowShift;
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try (FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                    final MappedByteBuffer buffer =
                            channel.map(MapMode.READ_WRITE, (long) window << windowShift, length);
                    windows.add(buffer);
                    return new UnsafeBuffer(buffer).addressOffset();
                } catch (final ClosedByInterruptException e) {
                    interrupted = Thread.interrupted() | interrupted;
                }
            }
        } catch (final IOException | OutOfMemoryError e) {
            throw new StoreIoException(
                    "live memory window could not be mapped: file=" + path + " window=" + window + " length=" + length
                            + " (" + e + ")",
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void back(final long address, final long length) {
        try {
            space.seek(address);
            for (long done = 0; done < length; done += zeros.length) {
                space.write(zeros);
            }
        } catch (final IOException e) {
            throw backFailed(address, length, e);
        }
    }

    private RuntimeException backFailed(final long address, final long length, final IOException cause) {
        long free = -1;
        try {
            free = Files.getFileStore(path).getUsableSpace();
        } catch (final IOException e) {
            cause.addSuppressed(e);
        }
        if (String.valueOf(cause.getMessage()).contains("No space left")
                || String.valueOf(cause.getMessage()).contains("quota")) {
            return new StoreFullException(
                    "no space to grow live memory: file=" + path + " offset=" + address + " needed=" + length + " free="
                            + free + "; free space there or choose another kind of live memory, then retry",
                    cause);
        }
        return new StoreIoException(
                "live memory could not grow: file=" + path + " offset=" + address + " length=" + length + " (" + cause
                        + ")",
                cause);
    }

    @Override
    public int windowShift() {
        return windowShift;
    }

    @Override
    public String description() {
        return "mapped file " + path;
    }

    @Override
    public void close() {
        for (final MappedByteBuffer window : windows) {
            BufferUtil.free(window);
        }
        windows.clear();
        try {
            space.close();
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            throw new StoreIoException("live memory file could not be removed: file=" + path + " (" + e + ")", e);
        }
    }
}

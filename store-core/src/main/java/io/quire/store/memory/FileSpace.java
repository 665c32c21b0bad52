/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;

/**
 * The space of a live memory file: created empty, taken range by range, removed at the end. Space is had from the
 * system by name of the range where it has such a call, else by writing zeros; either way a touch of the range cannot
 * fail afterwards, and its pages are mapped.
 *
 * <p>Zeros are written through a {@link RandomAccessFile}, which an interrupt of the calling thread does not close.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
final class FileSpace implements AutoCloseable {
    private final Path path;
    private final RandomAccessFile file;
    private final SystemCalls calls = SystemCalls.instance();
    private final byte[] zeros = new byte[PageDescriptor.EXTENT_LENGTH];
    private final Object identity; // of the file in its file system; null where there is no such thing
    private volatile int descriptor = -1; // volatile for describe

    FileSpace(final Path path) {
        this.path = path;
        try {
            Files.newByteChannel(
                            path,
                            EnumSet.of(
                                    StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ),
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    .close();
            file = new RandomAccessFile(path.toString(), "rw");
            identity = identityAtPath();
        } catch (final IOException e) {
            throw new StoreIoException(
                    "live memory file could not be created: file=" + path + " (" + SystemReason.of(e) + ")", e);
        }
        if (calls != null) {
            descriptor = calls.openFile(path.toString());
        }
    }

    /**
     * Whether the path still leads to this file, and not to that of another owner who came after the store was closed.
     * No other file is ever given the same identity, since this one is open.
     *
     * @return false too when nothing is there
     * @throws IOException when the file system does not say
     */
    boolean isAtPath() throws IOException {
        try {
            return Objects.equals(identity, identityAtPath());
        } catch (final NoSuchFileException e) {
            return false;
        }
    }

    private Object identityAtPath() throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /**
     * Takes space.
     *
     * @param offset of the range in the file
     * @param pointer where the range is mapped
     * @param length bytes
     * @throws StoreFullException when there is none
     */
    void take(final long offset, final long pointer, final long length) {
        takeUnmapped(offset, length);
        if (calls == null || !calls.populates()) {
            AnonymousPages.touch(pointer, length); // the space is there
        } else if (!calls.populate(pointer, length)) {
            throw full(offset, length, null); // a touch would have been a signal
        }
    }

    /**
     * Takes space whose pages are mapped when they are first touched.
     *
     * @param offset of the range in the file
     * @param length bytes
     * @throws StoreFullException when there is none
     */
    void takeUnmapped(final long offset, final long length) {
        if (descriptor < 0 || !allocate(offset, length)) {
            writeZeros(offset, length);
        }
    }

    /** {@return how space is had, and how its pages are mapped; from any thread} */
    String describe() {
        return (descriptor < 0 ? "zeros written" : "posix_fallocate") + ", " + AnonymousPages.mapping(calls);
    }

    /** Takes space by the system's call; returns false, from then on, where the file system has none. */
    private boolean allocate(final long offset, final long length) {
        final int error = calls.allocateSpace(descriptor, offset, length);
        if (error == SystemCalls.ENOSPC || error == SystemCalls.EDQUOT || error == SystemCalls.ENOMEM) {
            throw full(offset, length, null);
        }
        if (error != 0) {
            calls.closeFile(descriptor);
            descriptor = -1;
        }
        return error == 0;
    }

    private void writeZeros(final long offset, final long length) {
        try {
            file.seek(offset);
            for (long done = 0; done < length; done += zeros.length) {
                file.write(zeros);
            }
        } catch (final IOException e) {
            final String message = String.valueOf(e.getMessage());
            if (message.contains("No space left") || message.contains("quota")) {
                throw full(offset, length, e);
            }
            throw new StoreIoException(
                    "live memory could not grow: file=" + path + " offset=" + offset + " length=" + length + " ("
                            + message + ")",
                    e);
        }
    }

    private StoreFullException full(final long offset, final long length, final IOException cause) {
        String free = "unknown";
        try {
            free = Long.toString(Files.getFileStore(path).getUsableSpace());
        } catch (final IOException e) {
            if (cause != null) {
                cause.addSuppressed(e);
            }
        }
        return new StoreFullException(
                "no space to grow live memory: file=" + path + " offset=" + offset + " needed=" + length + " free="
                        + free + "; free space there or choose another kind of live memory, then retry",
                cause);
    }

    @Override
    public void close() {
        if (descriptor >= 0) {
            calls.closeFile(descriptor);
            descriptor = -1;
        }
        try (file) {
            if (isAtPath()) {
                Files.deleteIfExists(path);
            }
        } catch (final IOException e) {
            throw new StoreIoException(
                    "live memory file could not be removed: file=" + path + " (" + SystemReason.of(e) + ")", e);
        }
    }
}

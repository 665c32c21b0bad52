/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One contiguous range of zeroed, prefaulted memory straight from the system, of any length: the floor's memory.
 *
 * <p>Threading: thread-safe; closed once.
 */
final class NativeRegion implements AutoCloseable {
    private static final int PROTECTION_READ_WRITE = 3;
    private static final int MAP_SHARED = 0x01;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_NOHUGEPAGE = 15;
    private static final int OPEN_READ_WRITE = 2;
    private static final long HUGE_PAGE_LENGTH = 2L << 20;

    /** The few calls of the C library that are needed here. */
    private static final class CLibrary {
        static {
            Native.register("c");
        }

        private CLibrary() {}

        static native Pointer mmap(Pointer address, long length, int protection, int flags, int file, long offset);

        static native int munmap(Pointer address, long length);

        static native int madvise(Pointer address, long length, int advice);

        static native int open(String path, int flags);

        static native int close(int file);
    }

    /** Where the memory comes from. */
    enum Kind {
        /** Anonymous, 4 KiB pages. */
        SMALL_PAGES,
        /** Anonymous, transparent huge pages. */
        HUGE_PAGES,
        /** A mapped file. */
        FILE
    }

    private final Pointer mapping;
    private final long mappedLength;
    private final long pointer;

    private NativeRegion(final Pointer mapping, final long mappedLength, final long pointer) {
        this.mapping = mapping;
        this.mappedLength = mappedLength;
        this.pointer = pointer;
    }

    /**
     * Maps memory and touches all of it.
     *
     * @param kind where from
     * @param length bytes
     * @param file for a mapped file where it is created, otherwise ignored
     * @return the region
     */
    static NativeRegion map(final Kind kind, final long length, final Path file) {
        final long mappedLength = length + HUGE_PAGE_LENGTH;
        final Pointer mapping = kind == Kind.FILE ? mapFile(file, mappedLength) : mapAnonymous(kind, mappedLength);
        final long address = Pointer.nativeValue(mapping);
        final long aligned = (address + HUGE_PAGE_LENGTH - 1) & -HUGE_PAGE_LENGTH;
        RawMemory.setMemory(aligned, length, (byte) 0);
        return new NativeRegion(mapping, mappedLength, aligned);
    }

    private static Pointer mapAnonymous(final Kind kind, final long length) {
        final Pointer mapping = CLibrary.mmap(null, length, PROTECTION_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        checkMapped(mapping, length);
        final int advice = kind == Kind.HUGE_PAGES ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
        if (CLibrary.madvise(mapping, length, advice) != 0 && kind == Kind.HUGE_PAGES) {
            throw new IllegalStateException("madvise(MADV_HUGEPAGE) failed: errno=" + Native.getLastError());
        }
        return mapping;
    }

    private static Pointer mapFile(final Path file, final long length) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.allocate(1), length - 1);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        final int descriptor = CLibrary.open(file.toString(), OPEN_READ_WRITE);
        final Pointer mapping = CLibrary.mmap(null, length, PROTECTION_READ_WRITE, MAP_SHARED, descriptor, 0);
        CLibrary.close(descriptor);
        checkMapped(mapping, length);
        return mapping;
    }

    private static void checkMapped(final Pointer mapping, final long length) {
        if (Pointer.nativeValue(mapping) == -1L) {
            throw new IllegalStateException("mmap failed: length=" + length + " errno=" + Native.getLastError());
        }
    }

    /**
     * Tells where the memory begins.
     *
     * @return native pointer, aligned to a huge page
     */
    long pointer() {
        return pointer;
    }

    @Override
    public void close() {
        CLibrary.munmap(mapping, mappedLength);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Windows mapped from one file, by preference on a memory file system, where no write-back gets between the writer and
 * its pages. The file is sparse: a range gets its space in {@link #back} and is touched only then, so a full file
 * system is an exception and not a signal. A window is mapped by way of the path, since an interrupt closes the channel
 * that it meets; a file that somebody else has put there since is never mapped.
 *
 * <p>On a memory file system that is full, the store goes on in private memory: from Java 22 on inside the same window,
 * before from the next window on, and a window is mapped from the file only while all of it would fit.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
public final class MappedFileMemory implements LiveMemory {
    private static final System.Logger LOG = System.getLogger(MappedFileMemory.class.getName());

    private final Path path;
    private final int windowShift;
    private final boolean hugePages;
    private final MemoryHeadroom headroom;
    private final AnonymousPages overflow;
    private final FileSpace space;
    private final List<MappedByteBuffer> mappings = new ArrayList<>();
    private long[] bases = new long[4];
    private volatile int fileWindowCount; // of the windows that pages are filled in it never changes
    private long fileLength;
    private volatile long overflowLength = -1;

    private MappedFileMemory(
            final Path path,
            final int windowShift,
            final boolean hugePages,
            final MemoryHeadroom headroom,
            final AnonymousPages overflow) {
        this.path = path;
        this.windowShift = windowShift;
        this.hugePages = hugePages;
        this.headroom = headroom;
        this.overflow = overflow;
        space = new FileSpace(path);
    }

    /**
     * Creates a file, which must not exist, accessible by its owner only; when its file system is full, the store is.
     *
     * @param path where; the directory exists
     * @param windowShift log2 of the window length in bytes, 20..30
     * @return the memory
     * @throws StoreIoException when the file cannot be created
     */
    public static MappedFileMemory onDisk(final Path path, final int windowShift) {
        return new MappedFileMemory(path, windowShift, false, MemoryHeadroom.unlimited(), null);
    }

    /**
     * Creates a file on a memory file system, which must not exist, accessible by its owner only; what does not fit
     * there goes to private memory.
     *
     * @param path where; the directory exists
     * @param windowShift log2 of the window length in bytes, 20..30
     * @param hugePages whether to ask the system for huge pages
     * @param headroom what growth leaves to others
     * @return the memory
     * @throws StoreIoException when the file cannot be created
     */
    public static MappedFileMemory shared(
            final Path path, final int windowShift, final boolean hugePages, final MemoryHeadroom headroom) {
        return new MappedFileMemory(path, windowShift, hugePages, headroom, new AnonymousPages(hugePages, headroom));
    }

    @Override
    public long reserveWindow(final int window) {
        final long length = 1L << windowShift;
        if (window == bases.length) {
            bases = Arrays.copyOf(bases, window * 2);
        }
        if (overflow != null && overflowLength < 0 && !overflow.replaces() && !fits(length)) {
            startOverflow(null);
        }
        if (overflowLength >= 0) {
            bases[window] = overflow.reserve(length);
        } else {
            bases[window] = mapWindow(window, length);
            fileWindowCount = window + 1;
        }
        return bases[window];
    }

    /** Whether the file system has room for a whole window besides what was promised to earlier ones. */
    private boolean fits(final long length) {
        final long promised = ((long) fileWindowCount << windowShift) - fileLength;
        try {
            return Files.getFileStore(path).getUsableSpace() - promised >= length;
        } catch (final IOException e) {
            return true; // what is really there is found when space is taken
        }
    }

    private long mapWindow(final int window, final long length) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try (FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                    if (!space.isAtPath()) { // it was when it was opened if it is now
                        throw new IOException("the file was removed or replaced");
                    }
                    final MappedByteBuffer buffer =
                            channel.map(MapMode.READ_WRITE, (long) window << windowShift, length);
                    mappings.add(buffer);
                    final long base = new UnsafeBuffer(buffer).addressOffset();
                    if (hugePages && SystemCalls.instance() != null) {
                        SystemCalls.instance().adviseHugePages(base, length); // or not, as the file system likes
                    }
                    return base;
                } catch (final ClosedByInterruptException e) {
                    interrupted = Thread.interrupted() | interrupted;
                }
            }
        } catch (final IOException | OutOfMemoryError e) {
            throw new StoreIoException(
                    "live memory window could not be mapped: file=" + path + " window=" + window + " length=" + length
                            + " (" + SystemReason.of(e) + ")",
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void back(final long address, final long length) {
        back(address, length, true);
    }

    @Override
    public void backUnfilled(final long address, final long length) {
        back(address, length, false);
    }

    @Override
    public void beforeFilling(final long address, final long length) {
        if ((int) (address >>> windowShift) >= fileWindowCount) {
            overflow.allow(length);
        }
    }

    private void back(final long address, final long length, final boolean mapped) {
        final int window = (int) (address >>> windowShift);
        final long pointer = bases[window] + (address & ((1L << windowShift) - 1));
        if (window >= fileWindowCount) {
            backOutside(pointer, length, mapped);
        } else if (overflowLength < 0) {
            backInFile(address, pointer, length, mapped);
        } else {
            backInstead(address, pointer, length);
        }
    }

    private void backOutside(final long pointer, final long length, final boolean mapped) {
        if (mapped) { // else it is counted when it is filled
            overflow.take(pointer, length);
        }
        overflowLength = overflowLength + length;
    }

    private void backInFile(final long address, final long pointer, final long length, final boolean mapped) {
        headroom.take(length);
        try {
            if (mapped) {
                space.take(address, pointer, length);
            } else {
                space.takeUnmapped(address, length);
            }
            fileLength += length;
        } catch (final StoreFullException e) {
            if (overflow == null || !overflow.replaces()) {
                throw e;
            }
            startOverflow(e);
            backInstead(address, pointer, length);
        }
    }

    /** Backs a range of a window that is mapped from the file, after the file could not grow any more. */
    private void backInstead(final long address, final long pointer, final long length) {
        if (overflow.replaces()) {
            overflow.replace(pointer, length);
            overflowLength = overflowLength + length;
        } else {
            // Recovered windows were promised their room; somebody else may have taken it since, or given it back.
            space.take(address, pointer, length);
            fileLength += length;
        }
    }

    private void startOverflow(final StoreFullException cause) {
        overflowLength = 0;
        LOG.log(
                Level.WARNING,
                "no room for live memory at " + path.getParent() + " beyond " + fileLength
                        + " bytes: it goes on in anonymous memory"
                        + (cause == null ? "" : " (" + cause.getMessage() + ")"));
    }

    @Override
    public int windowShift() {
        return windowShift;
    }

    @Override
    public String description() {
        final long overflown = overflowLength;
        final String file = "file " + path + ", " + space.describe();
        return overflown < 0 ? file : file + ", full; " + overflown + " bytes in " + overflow.description();
    }

    @Override
    public void close() {
        for (final MappedByteBuffer mapping : mappings) {
            BufferUtil.free(mapping); // with what was put in its place
        }
        mappings.clear();
        if (overflow != null) {
            overflow.close();
        }
        space.close();
    }
}

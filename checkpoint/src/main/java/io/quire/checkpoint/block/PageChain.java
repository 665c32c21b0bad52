/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * The pages of a checkpoint: zeros, overlaid by the lines of all its files from the oldest to the newest. A page is
 * put together from the newest file to the oldest and only as far as lines are missing.
 *
 * <p>Each thread keeps the blocks it decompressed last, so that loading pages in ascending order decompresses each
 * block of a sorted file once; pages that are loaded together also share one search of each file's index. Of files
 * that are short enough, threads which load pages in any order keep all blocks they meet, up to 64 MiB together and a
 * 16th of the largest heap.
 *
 * <p>Threading: thread-safe; close only after the last load has returned.
 */
public final class PageChain implements PageSource, AutoCloseable {
    private static final long ALL_LINES = -1L;
    private static final int CURSORS_MAX = 16;
    private static final int BLOCKS_KEPT = 2;
    private static final long BUDGET_LENGTH_MAX = 64 * 1024 * 1024;
    private static final int BUDGET_PART_OF_HEAP = 16; // direct memory is as long as the heap unless set otherwise

    private final CheckpointFileReader[] newestFirst;
    private final BlockBudget budget;
    private final ScratchPool<ChainScratch> scratches;
    private final AtomicBoolean closed = new AtomicBoolean();

    private PageChain(final CheckpointFileReader[] newestFirst) {
        budget =
                new BlockBudget(Math.min(BUDGET_LENGTH_MAX, Runtime.getRuntime().maxMemory() / BUDGET_PART_OF_HEAP));
        this.newestFirst = newestFirst;
        final int cursorCount = Math.min(CURSORS_MAX, newestFirst.length);
        scratches = new ScratchPool<>(() -> new ChainScratch(cursorCount, budget));
    }

    /**
     * Opens the files of a checkpoint.
     *
     * @param files access to files
     * @param directory where they are
     * @param oldestFirst what the manifest says of each, the oldest first; may be empty
     * @return the chain, to be closed
     * @throws io.quire.store.errors.CorruptStoreException when a file is missing, damaged or another one
     * @throws io.quire.store.errors.FormatTooNewException when a file is newer than this version reads
     * @throws io.quire.store.errors.FormatTooOldException when a file is no longer read
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public static PageChain open(
            final StoreFiles files, final Path directory, final List<CheckpointFileInfo> oldestFirst) {
        return open(new LocalCheckpointStorage(files, directory), oldestFirst);
    }

    /**
     * Opens the files of a manifest, wherever they are kept; see {@link #open(StoreFiles, Path, List)}.
     *
     * @param storage where they are
     * @param oldestFirst what the manifest says of them
     * @return the chain
     */
    public static PageChain open(final CheckpointStorage storage, final List<CheckpointFileInfo> oldestFirst) {
        final CheckpointFileReader[] readers = new CheckpointFileReader[oldestFirst.size()];
        try {
            for (int i = 0; i < readers.length; i++) {
                readers[readers.length - 1 - i] = CheckpointFileReader.open(storage, oldestFirst.get(i));
            }
            return new PageChain(readers);
        } catch (final RuntimeException | Error e) {
            closeAll(readers, e);
            throw e;
        }
    }

    private static void closeAll(final CheckpointFileReader[] readers, final Throwable cause) {
        for (final CheckpointFileReader reader : readers) {
            try {
                if (reader != null) {
                    reader.close();
                }
            } catch (final RuntimeException e) {
                cause.addSuppressed(e);
            }
        }
    }

    /** {@return bytes of blocks and index pages read from all files since they were opened} */
    public long readLength() {
        long length = 0;
        for (final CheckpointFileReader reader : newestFirst) {
            length += reader.readLength();
        }
        return length;
    }

    /** {@return number of files} */
    public int fileCount() {
        return newestFirst.length;
    }

    /**
     * One of the files.
     *
     * @param index 0 = newest
     * @return its reader, which the chain closes
     */
    public CheckpointFileReader file(final int index) {
        return newestFirst[index];
    }

    @Override
    public void load(final int page, final long targetPointer) {
        final ChainScratch scratch = scratches.take();
        try {
            long missing = ALL_LINES;
            for (int i = 0; i < newestFirst.length && missing != 0; i++) {
                missing &= ~scratch.cursor(i, newestFirst[i]).readLines(page, missing, targetPointer);
            }
            LineRuns.clear(missing, targetPointer);
        } finally {
            scratches.give(scratch);
        }
    }

    @Override
    public void loadRun(final int firstPage, final long wantedPages, final long targetPointer) {
        if (wantedPages == 1) {
            load(firstPage, targetPointer);
            return;
        }
        final ChainScratch scratch = scratches.take();
        try {
            final long[] missing = scratch.missing;
            final int count = Long.SIZE - Long.numberOfLeadingZeros(wantedPages);
            for (int i = 0; i < count; i++) {
                missing[i] = (wantedPages >>> i & 1) == 0 ? 0 : ALL_LINES;
            }
            for (int i = 0; i < newestFirst.length && isAnyMissing(missing, count); i++) {
                scratch.cursor(i, newestFirst[i]).readRun(firstPage, count, missing, targetPointer);
            }
            for (int i = 0; i < count; i++) {
                LineRuns.clear(missing[i], targetPointer + ((long) i << PageDescriptor.PAGE_SHIFT));
            }
        } finally {
            scratches.give(scratch);
        }
    }

    /**
     * Unpacks the index, as far as there is memory for it, so that threads which load pages need not do so while
     * somebody waits. What cannot be read is left to them.
     *
     * @param goOn asked before each index page; when it says false the rest stays packed
     */
    public void unpackIndex(final BooleanSupplier goOn) {
        try (IndexPageCursor packed = new IndexPageCursor()) {
            for (final CheckpointFileReader file : newestFirst) {
                if (FileCursor.isWorthUnpacking(file, budget)) {
                    unpackReadable(file, packed, goOn);
                }
            }
        } catch (final OutOfMemoryError e) {
            // Nothing depends on it.
        }
    }

    private void unpackReadable(
            final CheckpointFileReader file, final IndexPageCursor packed, final BooleanSupplier goOn) {
        try {
            unpackIndex(file, packed, goOn);
        } catch (final StateStoreException e) {
            // Whoever needs what cannot be read is told so.
        }
    }

    private void unpackIndex(
            final CheckpointFileReader file, final IndexPageCursor packed, final BooleanSupplier goOn) {
        boolean isRoom = true;
        for (int i = 0; i < file.indexPageCount() && isRoom && goOn.getAsBoolean(); i++) {
            if (file.unpackedIndexPage(i) == null) {
                packed.load(file, i);
                isRoom = FileCursor.unpack(file, packed, budget);
            }
        }
    }

    private static boolean isAnyMissing(final long[] missing, final int count) {
        long any = 0;
        for (int i = 0; i < count; i++) {
            any |= missing[i];
        }
        return any != 0;
    }

    /**
     * Unmaps all files; a second call does nothing.
     *
     * @throws io.quire.store.errors.StoreIoException when a file could not be unmapped; all others are
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        scratches.close();
        RuntimeException failure = null;
        for (final CheckpointFileReader reader : newestFirst) {
            try {
                reader.close();
            } catch (final RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** What a thread needs to read all files: a cursor each, up to a limit beyond which they are shared. */
    private static final class ChainScratch implements ScratchPool.Scratch {
        private final StagingBuffer staging = new StagingBuffer();
        private final FileCursor[] cursors;
        private final BlockBudget budget;
        private final long[] missing = new long[PageSource.RUN_LENGTH_MAX]; // lines of the pages being loaded

        ChainScratch(final int cursorCount, final BlockBudget budget) {
            this.budget = budget;
            cursors = new FileCursor[cursorCount];
        }

        FileCursor cursor(final int index, final CheckpointFileReader reader) {
            final int slot = index % cursors.length;
            if (cursors[slot] == null) {
                cursors[slot] = new FileCursor(BLOCKS_KEPT, staging, budget);
            }
            cursors[slot].bind(reader);
            return cursors[slot];
        }

        @Override
        public void close() {
            for (final FileCursor cursor : cursors) {
                if (cursor != null) {
                    cursor.close();
                }
            }
            staging.close();
        }
    }
}

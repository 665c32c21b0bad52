/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileReader;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.CheckpointFileWriter;
import io.quire.checkpoint.block.PageEntries;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Makes one checkpoint file of several: of each page the newest of each line.
 *
 * <p>Files are read in page order side by side, so memory is bounded by their number whatever their length, and the
 * result is in page order. A block all of whose pages are kept and none of which another file of the run has is taken
 * over compressed as it is, its checksum checked on the way. The result is read back and checked before it is given
 * out, because the files it replaces will be deleted.
 *
 * <p>Crash safety: a merge only adds a file. It becomes part of a checkpoint when a manifest of the same checkpoint
 * with a new generation names it; the old files go when {@linkplain io.quire.checkpoint.manifest.Retention retention}
 * finds no manifest that needs them.
 *
 * <p>Threading: one merge at a time, on one of the store's own threads; checkpoints are written meanwhile.
 */
public final class CheckpointMerger {
    /** Most files merged at once. */
    public static final int RUN_LENGTH_MAX = 64;

    private static final int BLOCKS_KEPT = 8;
    private static final int BLOCKS_KEPT_OF_MANY = 2;
    private static final int MANY_FILES = 16;
    private static final int PAGES_BETWEEN_CHECKS = 64;

    private final CheckpointStorage storage;
    private final UUID storeId;
    private final FileNumbers fileNumbers;
    private final CheckpointFileSettings settings;

    /**
     * Creates a merger.
     *
     * @param files access to files
     * @param directory where the store is
     * @param storeId written in the files it makes
     * @param fileNumbers gives them their numbers
     * @param settings how they are written; the pacer slows merging without slowing checkpoints
     */
    public CheckpointMerger(
            final StoreFiles files,
            final Path directory,
            final UUID storeId,
            final FileNumbers fileNumbers,
            final CheckpointFileSettings settings) {
        this(new LocalCheckpointStorage(files, directory), storeId, fileNumbers, settings);
    }

    /**
     * Creates a merger.
     *
     * @param storage where the store is
     * @param storeId written in the files it makes
     * @param fileNumbers gives them their numbers
     * @param settings how they are written; the pacer slows merging without slowing checkpoints
     */
    public CheckpointMerger(
            final CheckpointStorage storage,
            final UUID storeId,
            final FileNumbers fileNumbers,
            final CheckpointFileSettings settings) {
        this.storage = Objects.requireNonNull(storage, "storage");
        this.storeId = Objects.requireNonNull(storeId, "storeId");
        this.fileNumbers = Objects.requireNonNull(fileNumbers, "fileNumbers");
        this.settings = Objects.requireNonNull(settings, "settings");
    }

    /**
     * Merges files.
     *
     * @param run which, at most {@link #RUN_LENGTH_MAX}
     * @param filter pages to keep
     * @param cancelled asked now and then; when it says true the merge ends without a trace
     * @return the result, empty when cancelled; its file number stays in use, so that retention leaves the file
     *     alone, until the caller has published it or deleted it and {@linkplain FileNumbers#release releases} the
     *     number
     * @throws CorruptStoreException when a file of the run fails its checks
     * @throws io.quire.store.errors.StoreFullException when the disk is full; nothing is left behind
     * @throws io.quire.store.errors.StoreIoException when a file operation fails
     */
    public Optional<MergeResult> merge(final MergeRun run, final PageFilter filter, final BooleanSupplier cancelled) {
        if (run.files().size() > RUN_LENGTH_MAX) {
            throw new ConfigurationException(
                    "too many files to merge at once: " + run.files().size() + " limit=" + RUN_LENGTH_MAX);
        }
        final long fileNumber = fileNumbers.take();
        boolean kept = false;
        try {
            final Optional<MergeResult> result = merge(run, fileNumber, filter, cancelled);
            kept = result.isPresent();
            return result;
        } finally {
            if (!kept) {
                fileNumbers.release(fileNumber);
            }
        }
    }

    private Optional<MergeResult> merge(
            final MergeRun run, final long fileNumber, final PageFilter filter, final BooleanSupplier cancelled) {
        final CheckpointFileIdentity identity =
                new CheckpointFileIdentity(storeId, fileNumber, run.oldestCheckpointId(), run.newestCheckpointId());
        final CheckpointFileInfo merged;
        final long copiedLength;
        try (Sources sources = new Sources(run);
                CheckpointFileWriter writer = CheckpointFileWriter.create(storage, identity, settings)) {
            if (!sources.mergeInto(writer, filter, cancelled)) {
                return Optional.empty();
            }
            merged = writer.finish();
            copiedLength = sources.copiedLength;
        }
        if (!check(merged, cancelled)) {
            storage.delete(merged.fileName());
            return Optional.empty();
        }
        return Optional.of(new MergeResult(run, merged, run.length(), merged.length(), copiedLength));
    }

    /** Reads the result back, false when cancelled; a file that does not pass is deleted. */
    private boolean check(final CheckpointFileInfo merged, final BooleanSupplier cancelled) {
        try (CheckpointFileReader reader = CheckpointFileReader.open(storage, merged)) {
            return reader.verify(
                    problem -> {
                        throw new CorruptStoreException(
                                "merged file reads back wrong: " + problem.message(), problem.cause());
                    },
                    cancelled);
        } catch (final RuntimeException | Error e) {
            try {
                storage.delete(merged.fileName());
            } catch (final RuntimeException | Error suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** The files of a run, side by side. */
    private final class Sources implements AutoCloseable {
        private final List<Source> all = new ArrayList<>();
        private final PriorityQueue<Source> byPage =
                new PriorityQueue<>(Comparator.comparingInt(Source::page).thenComparingInt(Source::age));
        private final List<Source> ofPage = new ArrayList<>();
        private final long image = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
        private long copiedLength;

        Sources(final MergeRun run) {
            final int count = run.files().size();
            try {
                for (int i = 0; i < count; i++) {
                    final Source source = new Source(
                            CheckpointFileReader.open(storage, run.files().get(i)),
                            count - i,
                            count > MANY_FILES ? BLOCKS_KEPT_OF_MANY : BLOCKS_KEPT);
                    all.add(source);
                    advance(source);
                }
            } catch (final RuntimeException | Error e) {
                close();
                throw e;
            }
        }

        private void advance(final Source source) {
            if (source.entries.next()) {
                byPage.add(source);
            }
        }

        boolean mergeInto(final CheckpointFileWriter writer, final PageFilter filter, final BooleanSupplier cancelled) {
            for (int pages = 0; !byPage.isEmpty(); pages++) {
                if (pages % PAGES_BETWEEN_CHECKS == 0 && cancelled.getAsBoolean()) {
                    return false;
                }
                final int page = takeAllOfNextPage();
                if (!appendBlock(writer, filter) && filter.keeps(page)) {
                    appendPage(writer, page);
                }
                ofPage.forEach(this::advance);
            }
            return true;
        }

        /** Moves the sources that have the lowest page, newest first, to a list. */
        private int takeAllOfNextPage() {
            ofPage.clear();
            final int page = byPage.element().page();
            while (!byPage.isEmpty() && byPage.element().page() == page) {
                ofPage.add(byPage.remove());
            }
            return page;
        }

        /** Takes over the block of the next page if it has nothing that has to be merged or left out. */
        private boolean appendBlock(final CheckpointFileWriter writer, final PageFilter filter) {
            final PageEntries entries = ofPage.get(0).entries;
            final boolean alone =
                    ofPage.size() == 1 && (byPage.isEmpty() || byPage.element().page() > entries.lastPage());
            if (!alone || !entries.wholeBlock() || !entries.allPages(filter::keeps)) {
                return false;
            }
            final int length = writer.appendBlock(entries);
            if (length > 0) {
                entries.toLastOfBlock();
                copiedLength += length;
            }
            return length > 0;
        }

        private void appendPage(final CheckpointFileWriter writer, final int page) {
            final PageEntries newest = ofPage.get(0).entries;
            if (ofPage.size() == 1) {
                writer.append(page, newest.mask(), newest.linesPointer());
                return;
            }
            long merged = 0;
            for (final Source source : ofPage) {
                merged |= source.entries.readLines(~merged, image);
            }
            writer.appendFromPage(page, merged, image);
        }

        @Override
        public void close() {
            RawMemory.free(image);
            RuntimeException failure = null;
            for (final Source source : all) {
                try {
                    source.close();
                } catch (final RuntimeException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** A file of the run, standing at one of its pages. */
    private static final class Source implements AutoCloseable {
        private final CheckpointFileReader reader;
        private final PageEntries entries;
        private final int age;

        Source(final CheckpointFileReader reader, final int age, final int blocksKept) {
            this.reader = reader;
            this.age = age;
            entries = reader.entries(blocksKept);
        }

        int page() {
            return entries.page();
        }

        /** {@return 1 for the newest file of the run, more for older ones} */
        int age() {
            return age;
        }

        @Override
        public void close() {
            entries.close();
            reader.close();
        }
    }
}

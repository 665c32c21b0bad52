/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.RejectedManifest;
import io.quire.store.KeyedState;
import io.quire.store.StateStore;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.MemoryHeadroom;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.TableStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is in a store's directory, as its newest whole checkpoint shows it. Reads only, takes no lock, and so may look
 * at a store that is open: then changes since that checkpoint are not in it. Loads a handful of pages, whatever the
 * size of the state.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param directory real path of the store
 * @param storeId its id
 * @param owner who has it open or had it open last without closing, or null
 * @param ownerAlive whether that process is running; false also when it is of another container
 * @param checkpoints the checkpoints found, newest first
 * @param states states in the newest checkpoint, by id
 * @param extentsByKind extents of 64 KiB in the newest checkpoint by what they hold
 * @param pageCount pages the newest checkpoint describes
 * @param logSegments log segments, oldest first
 * @param rejected files that cannot be used, each with the reason
 */
public record StoreInspection(
        Path directory,
        UUID storeId,
        OwnerRecord owner,
        boolean ownerAlive,
        List<Checkpoint> checkpoints,
        List<State> states,
        Map<ExtentKind, Long> extentsByKind,
        long pageCount,
        List<LogSegmentFile> logSegments,
        List<String> rejected) {
    private static final int ATTEMPTS = 5;
    private static final Pattern SEGMENT_NAME = Pattern.compile("log-([0-9a-f]{16})\\.qlog");
    private static final int HEX = 16;

    /** Copies the lists. */
    public StoreInspection {
        checkpoints = List.copyOf(checkpoints);
        states = List.copyOf(states);
        extentsByKind = Map.copyOf(extentsByKind);
        logSegments = List.copyOf(logSegments);
        rejected = List.copyOf(rejected);
    }

    /**
     * A checkpoint and the files that make it up.
     *
     * @param checkpointId its number
     * @param generation number of its manifest
     * @param takenAtMs wall clock at its barrier, milliseconds since 1970
     * @param logPosition log position at its barrier
     * @param files the files, oldest first
     */
    public record Checkpoint(
            long checkpointId, long generation, long takenAtMs, long logPosition, List<CheckpointFile> files) {
        /** Copies the list. */
        public Checkpoint {
            files = List.copyOf(files);
        }

        /** {@return bytes of all its files} */
        public long length() {
            return files.stream().mapToLong(CheckpointFile::length).sum();
        }
    }

    /**
     * A checkpoint file.
     *
     * @param name file name
     * @param length bytes
     * @param oldestCheckpointId first checkpoint whose changes it holds
     * @param newestCheckpointId last checkpoint whose changes it holds
     * @param pageCount pages it has lines of
     * @param lineCount lines
     * @param rawLength bytes of lines before compression
     * @param storedLength bytes of lines after compression
     */
    public record CheckpointFile(
            String name,
            long length,
            long oldestCheckpointId,
            long newestCheckpointId,
            long pageCount,
            long lineCount,
            long rawLength,
            long storedLength) {}

    /**
     * A state.
     *
     * @param descriptor name, kind and codecs
     * @param statistics what its table takes
     */
    public record State(StateDescriptor descriptor, TableStatistics statistics) {}

    /**
     * A log segment.
     *
     * @param name file name
     * @param length bytes of the file, space allocated ahead included
     * @param startPosition log position of its first record
     */
    public record LogSegmentFile(String name, long length, long startPosition) {}

    /**
     * Looks at a store.
     *
     * @param directory where it is
     * @return what was found
     * @throws io.quire.store.errors.ConfigurationException when there is no store
     * @throws CorruptStoreException when no checkpoint can be used
     * @throws io.quire.store.errors.StoreIoException when a file cannot be read
     */
    public static StoreInspection of(final Path directory) {
        final StoreFiles files = new DiskStoreFiles();
        final Path real = StoreDirectory.existing(files, directory);
        for (int i = 1; i < ATTEMPTS; i++) {
            try {
                return lookAt(files, real, false);
            } catch (final CorruptStoreException e) {
                // An owner may have replaced files between two reads; a look from the start tells.
            }
        }
        return lookAt(files, real, true);
    }

    private static StoreInspection lookAt(final StoreFiles files, final Path directory, final boolean evenDamaged) {
        final ManifestCatalog found = ManifestCatalog.scan(files, directory, null);
        final List<String> rejected = new ArrayList<>();
        for (final RejectedManifest manifest : found.rejected()) {
            rejected.add(manifest.cause().getMessage());
        }
        if (found.newestFirst().isEmpty()) {
            StoreDirectory.checkNew(files, directory);
            throw noManifest(directory, rejected);
        }
        final Manifest newest = found.newestFirst().get(0);
        final List<State> states = new ArrayList<>();
        final Map<ExtentKind, Long> extents = new EnumMap<>(ExtentKind.class);
        if (newest.layout().pageCount() > 0) {
            try {
                readState(files, directory, newest, states, extents);
            } catch (final CorruptStoreException e) {
                if (!evenDamaged) {
                    throw e;
                }
                rejected.add(e.getMessage());
            }
        }
        final OwnerRecord owner = OwnerRecord.read(directory);
        return new StoreInspection(
                directory,
                newest.storeId(),
                owner,
                owner != null && owner.process().alive(),
                checkpoints(found.newestFirst()),
                states,
                extents,
                newest.layout().pageCount(),
                segments(files, directory.resolve(StoreDirectory.LOG_DIRECTORY)),
                rejected);
    }

    private static RuntimeException noManifest(final Path directory, final List<String> rejected) {
        if (rejected.isEmpty()) {
            return new io.quire.store.errors.ConfigurationException("no store in this directory: " + directory);
        }
        return new CorruptStoreException("no manifest can be used: directory=" + directory + " " + rejected.get(0));
    }

    private static void readState(
            final StoreFiles files,
            final Path directory,
            final Manifest manifest,
            final List<State> states,
            final Map<ExtentKind, Long> extents) {
        try (PageChain chain = PageChain.open(files, directory, manifest.files());
                StateStore store = new StateStore(open(chain, manifest))) {
            for (final KeyedState state : store.states()) {
                states.add(new State(state.descriptor(), state.statistics()));
            }
            final long[] counts = store.memory().extentsByKind();
            for (final ExtentKind kind : ExtentKind.values()) {
                extents.put(kind, counts[kind.code()]);
            }
        }
    }

    static PagedMemory open(final PageChain chain, final Manifest manifest) {
        final PagedMemory.Builder settings = new PagedMemory.Builder(
                        new AnonymousMemory(manifest.layout().windowShift(), false, MemoryHeadroom.ofSystem()))
                .hashSeed(manifest.layout().hashSeed())
                .capturePoolLength(io.quire.store.memory.PageCapture.POOL_LENGTH_MIN);
        return PagedMemory.recover(settings, chain, (int) manifest.layout().pageCount());
    }

    private static List<Checkpoint> checkpoints(final List<Manifest> manifests) {
        final List<Checkpoint> checkpoints = new ArrayList<>();
        for (final Manifest manifest : manifests) {
            final List<CheckpointFile> files = manifest.files().stream()
                    .map(file -> new CheckpointFile(
                            file.fileName(),
                            file.length(),
                            file.identity().oldestCheckpointId(),
                            file.identity().newestCheckpointId(),
                            file.pageCount(),
                            file.lineCount(),
                            file.rawLength(),
                            file.storedLength()))
                    .toList();
            checkpoints.add(new Checkpoint(
                    manifest.cut().checkpointId(),
                    manifest.generation(),
                    manifest.cut().takenAtMs(),
                    manifest.cut().logPosition(),
                    files));
        }
        return checkpoints;
    }

    private static List<LogSegmentFile> segments(final StoreFiles files, final Path directory) {
        final List<LogSegmentFile> segments = new ArrayList<>();
        for (final String name : files.list(directory)) {
            final Matcher matcher = SEGMENT_NAME.matcher(name);
            final long length = matcher.matches() ? lengthOf(directory.resolve(name)) : -1;
            if (length >= 0) {
                segments.add(new LogSegmentFile(name, length, Long.parseUnsignedLong(matcher.group(1), HEX)));
            }
        }
        return segments;
    }

    /** Length of a file, or -1 when its owner has deleted it meanwhile. */
    private static long lengthOf(final Path file) {
        try {
            return Files.size(file);
        } catch (final IOException e) {
            return -1;
        }
    }

    /** {@return bytes of live memory the newest checkpoint needs} */
    public long stateLength() {
        return pageCount << PageDescriptor.PAGE_SHIFT;
    }
}

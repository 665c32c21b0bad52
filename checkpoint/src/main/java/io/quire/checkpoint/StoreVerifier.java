/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileReader;
import io.quire.checkpoint.block.FileProblem;
import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.BootIdentity;
import io.quire.checkpoint.log.LogProblem;
import io.quire.checkpoint.log.LogVerification;
import io.quire.checkpoint.log.LogVerifier;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.RejectedManifest;
import io.quire.store.KeyedState;
import io.quire.store.StateStore;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and checks every byte of a store: each manifest, each checkpoint file a manifest names, each log segment,
 * and, when asked, the structures inside the newest checkpoint. Changes nothing, takes no lock; on a store that is
 * open, files that its owner replaces meanwhile are left out. It does not reach checkpoints in another {@link
 * DurableStoreContext#checkpointStorage storage}: opening with {@link DurableStoreContext#verifyOnOpen} reads those.
 *
 * <p>Threading: confined to one thread.
 */
public final class StoreVerifier {
    private static final Pattern OFFSET = Pattern.compile(" offset=(\\d{1,18})\\b");

    private final StoreFiles files = new DiskStoreFiles();
    private final Path directory;
    private final ProgressListener progress;
    private final List<Problem> problems = new ArrayList<>();
    private int fileCount;
    private long length;

    /**
     * Prepares a verification.
     *
     * @param directory where the store is
     * @param progress told how many bytes of checkpoint files were read
     */
    public StoreVerifier(final Path directory, final ProgressListener progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /**
     * Something that is wrong.
     *
     * @param path the file
     * @param offset where in the file, bytes; -1 when it is the file as a whole
     * @param message what was found and what was expected
     */
    public record Problem(Path path, long offset, String message) {}

    /**
     * What was found.
     *
     * @param manifestCount manifests that can be used
     * @param fileCount checkpoint files read
     * @param fileLength their bytes
     * @param log what the log holds, or null when there is no manifest to tell whose log it is
     * @param problems everything that is wrong; empty when all is well
     */
    public record Report(
            int manifestCount, int fileCount, long fileLength, LogVerification log, List<Problem> problems) {}

    /**
     * Verifies the store.
     *
     * @param structures whether to load the newest checkpoint into memory and walk its tables too, which takes as much
     *     memory as the state
     * @return what was found
     * @throws ConfigurationException when there is no store
     */
    public Report verify(final boolean structures) {
        final Path real = StoreDirectory.existing(files, directory);
        final ManifestCatalog found = ManifestCatalog.scan(files, real, null);
        if (found.newestFirst().isEmpty() && found.rejected().isEmpty()) {
            StoreDirectory.checkNew(files, real);
            throw new ConfigurationException("no store in this directory: " + directory);
        }
        for (final RejectedManifest manifest : found.rejected()) {
            problems.add(problem(manifest.path(), manifest.cause()));
        }
        verifyFiles(real, found);
        LogVerification log = null;
        if (!found.newestFirst().isEmpty()) {
            final Manifest newest = found.newestFirst().get(0);
            log = verifyLog(real, newest);
            if (structures && problems.isEmpty() && newest.layout().pageCount() > 0) {
                verifyStructures(real, newest);
            }
        }
        leaveOutWhatWasReplaced(real);
        return new Report(found.newestFirst().size(), fileCount, length, log, List.copyOf(problems));
    }

    private void verifyFiles(final Path real, final ManifestCatalog found) {
        final Map<String, CheckpointFileInfo> named = new LinkedHashMap<>();
        for (final Manifest manifest : found.newestFirst()) {
            for (final CheckpointFileInfo file : manifest.files()) {
                named.putIfAbsent(file.fileName(), file);
            }
        }
        final long total =
                named.values().stream().mapToLong(CheckpointFileInfo::length).sum();
        for (final CheckpointFileInfo file : named.values()) {
            verifyFile(real, file);
            fileCount++;
            length += file.length();
            progress.onProgress(length, total);
        }
    }

    private void verifyFile(final Path real, final CheckpointFileInfo file) {
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, real, file)) {
            reader.verify(this::add);
        } catch (final StateStoreException e) {
            problems.add(problem(real.resolve(file.fileName()), e));
        }
    }

    /** What is wrong with a file as a whole; its message names the place where that showed. */
    private static Problem problem(final Path file, final StateStoreException cause) {
        final Matcher offset = OFFSET.matcher(cause.getMessage());
        return new Problem(file, offset.find() ? Long.parseLong(offset.group(1)) : -1, cause.getMessage());
    }

    private void add(final FileProblem problem) {
        problems.add(new Problem(problem.path(), problem.offset(), problem.message()));
    }

    private LogVerification verifyLog(final Path real, final Manifest newest) {
        final Path log = real.resolve(StoreDirectory.LOG_DIRECTORY);
        try {
            final LogVerification verification =
                    new LogVerifier(files, log, newest.storeId(), BootIdentity.currentHash()).verify();
            for (final LogProblem problem : verification.problems()) {
                problems.add(new Problem(problem.path(), problem.offset(), problem.message()));
            }
            if (PublishedCheckpoints.isLogged(newest)) {
                checkReach(log, newest.cut().logPosition(), verification);
            }
            return verification;
        } catch (final StateStoreException e) {
            problems.add(new Problem(log, -1, e.getMessage()));
            return null;
        }
    }

    /** The log is forced up to a checkpoint's position before its manifest is published, so it always reaches there. */
    private void checkReach(final Path log, final long position, final LogVerification verification) {
        if (verification.segmentCount() == 0) {
            problems.add(
                    new Problem(log, -1, "the change log is missing: expected=segments from position " + position));
        } else if (verification.startPosition() > position || verification.endPosition() < position) {
            problems.add(new Problem(
                    log,
                    -1,
                    "the change log does not reach the newest checkpoint: expected=position " + position + " found="
                            + verification.startPosition() + ".." + verification.endPosition()));
        }
    }

    private void verifyStructures(final Path real, final Manifest newest) {
        try (PageChain chain = PageChain.open(files, real, newest.files());
                StateStore store = new StateStore(StoreInspection.open(chain, newest))) {
            for (final KeyedState state : store.states()) {
                state.checkInvariants();
            }
        } catch (final StoreIoException e) {
            throw e; // no memory to load it, say, which tells nothing about the store
        } catch (final StateStoreException | IllegalStateException | AssertionError e) {
            problems.add(new Problem(
                    real.resolve(newest.fileName()), -1, "checkpoint is not consistent in itself: " + e.getMessage()));
        }
    }

    /** An open store deletes what it has replaced; a file that no manifest names any more is no problem. */
    private void leaveOutWhatWasReplaced(final Path real) {
        if (problems.isEmpty()) {
            return;
        }
        final ManifestCatalog now = ManifestCatalog.scan(files, real, null);
        final List<Path> named = new ArrayList<>(List.of(real.resolve(StoreDirectory.LOG_DIRECTORY)));
        for (final Manifest manifest : now.newestFirst()) {
            named.add(real.resolve(manifest.fileName()));
            manifest.files().forEach(file -> named.add(real.resolve(file.fileName())));
        }
        now.rejected().forEach(manifest -> named.add(manifest.path()));
        problems.removeIf(problem -> !named.contains(problem.path()) && !files.exists(problem.path()));
    }
}

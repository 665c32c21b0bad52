/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.ManifestWriter;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.manifest.Retention;
import io.quire.checkpoint.merge.MergeRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The checkpoints of an open store: the manifests that are kept, newest first, and the only place that publishes new
 * ones and deletes old ones. Checkpoints and merges come from two threads; their manifests are made here, one after
 * the other, each on top of what the other has published.
 *
 * <p>What never goes backwards: generation, checkpoint id, file number, log position.
 *
 * <p>Threading: thread-safe.
 */
final class PublishedCheckpoints {
    /** Key of the manifest property that is 1 when all changes since the manifest are in the change log. */
    static final int LOGGED_PROPERTY = 1;

    private final StoreFiles files;
    private final Path directory;
    private final FileNumbers fileNumbers;
    private final Retention retention;
    private final int retainedCheckpoints;
    private final List<Manifest> newestFirst;
    private long nextGeneration;

    PublishedCheckpoints(
            final StoreFiles files,
            final Path directory,
            final ManifestCatalog found,
            final List<Manifest> usableNewestFirst,
            final int retainedCheckpoints) {
        this.files = files;
        this.directory = directory;
        this.retainedCheckpoints = retainedCheckpoints;
        fileNumbers = new FileNumbers(found.nextFileNumber());
        retention = new Retention(files, directory, fileNumbers);
        newestFirst = new ArrayList<>(usableNewestFirst);
        nextGeneration = found.nextGeneration();
    }

    FileNumbers fileNumbers() {
        return fileNumbers;
    }

    /** The newest manifest. */
    synchronized Manifest newest() {
        return newestFirst.get(0);
    }

    /** All manifests that are kept, newest first. */
    synchronized List<Manifest> kept() {
        return List.copyOf(newestFirst);
    }

    /** Removes what an earlier owner left half done. By the opening thread. */
    synchronized void clearUp() {
        retention.deleteTemporaries();
    }

    /** Publishes the first manifest of a new store. */
    synchronized void publishFirst(final Manifest manifest) {
        ManifestWriter.publish(files, directory, manifest);
        nextGeneration = manifest.generation() + 1;
        newestFirst.add(0, manifest);
    }

    /** Publishes the newest checkpoint once more with another value of {@link #LOGGED_PROPERTY}. */
    synchronized void publishLogged(final boolean logged) {
        final Manifest newest = newestFirst.get(0);
        publish(newest.withFiles(nextGeneration, fileNumbers.next(), newest.files())
                .withProperties(Map.of(LOGGED_PROPERTY, logged ? 1L : 0L)));
    }

    static boolean isLogged(final Manifest manifest) {
        return manifest.properties().getOrDefault(LOGGED_PROPERTY, 0L) == 1;
    }

    /** Publishes a checkpoint: the newest one's files and one more; none when only the log position has moved. */
    synchronized Manifest publishCheckpoint(
            final CheckpointCut cut, final MemoryLayout layout, final CheckpointFileInfo file) {
        final Manifest newest = newestFirst.get(0);
        final List<CheckpointFileInfo> chain = new ArrayList<>(newest.files());
        if (file != null) {
            chain.add(file);
        }
        return publish(newest.nextCheckpoint(nextGeneration, cut, layout, fileNumbers.next(), chain));
    }

    /** Publishes the newest checkpoint with a run of its files replaced by one that was merged from them. */
    synchronized Manifest publishMerged(final MergeRun run, final CheckpointFileInfo merged) {
        final Manifest newest = newestFirst.get(0);
        return publish(newest.withFiles(nextGeneration, fileNumbers.next(), run.replaceIn(newest.files(), merged)));
    }

    private Manifest publish(final Manifest manifest) {
        nextGeneration++; // whatever happens, this number is not used again
        ManifestWriter.publish(files, directory, manifest);
        newestFirst.add(0, manifest);
        return manifest;
    }

    /**
     * Deletes what is no longer kept. For each of the newest checkpoints its newest manifest is kept.
     *
     * @return log position that no kept checkpoint needs anything before
     */
    synchronized long retain() {
        final List<Manifest> keep = new ArrayList<>();
        long lastId = -1;
        for (final Manifest manifest : newestFirst) {
            if (manifest.cut().checkpointId() != lastId && keep.size() < retainedCheckpoints) {
                keep.add(manifest);
                lastId = manifest.cut().checkpointId();
            }
        }
        retention.retain(keep);
        newestFirst.clear();
        newestFirst.addAll(keep);
        return keep.get(keep.size() - 1).cut().logPosition();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.ManifestWriter;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.manifest.Retention;
import io.quire.checkpoint.merge.MergeRun;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.store.Durability;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The checkpoints of an open store: the manifests that are kept, newest first, and the only place that publishes new
 * ones and deletes old ones. Checkpoints and merges come from two threads; their manifests are made here, one after
 * the other, each on top of what the other has published.
 *
 * <p>What never goes backwards: generation, checkpoint id, file number, log position.
 *
 * <p>Threading: thread-safe. Asking for what is published never waits for who publishes or deletes: the writer asks at
 * each barrier.
 */
final class PublishedCheckpoints {
    /** Key of the manifest property that is 1 when all changes since the manifest are in the change log. */
    static final int LOGGED_PROPERTY = 1;

    /** Key of the manifest property that is 1 when acknowledged changes may be in the ring only. */
    static final int RING_PROPERTY = 2;

    /** Key of the manifest property that is the id of the newest checkpoint when a log was kept last. */
    static final int LOGGED_ID_PROPERTY = 3;

    /** Id of the checkpoint that a store is created with. */
    static final long FIRST_ID = 1;

    private final CheckpointStorage storage;
    private final FileNumbers fileNumbers;
    private final Retention retention;
    private final int retainedCheckpoints;
    private final long nextCheckpointIdMin; // greater than those that were passed over
    private volatile List<Manifest> newestFirst;
    private Manifest held;
    private boolean released;
    private Runnable onRelease = () -> {};
    private long nextGeneration;
    private volatile Throwable uncertainBy; // null as long as the newest manifest on disk is known

    PublishedCheckpoints(
            final CheckpointStorage storage,
            final ManifestCatalog found,
            final List<Manifest> usableNewestFirst,
            final int retainedCheckpoints) {
        this.storage = storage;
        this.retainedCheckpoints = retainedCheckpoints;
        fileNumbers = new FileNumbers(found.nextFileNumber());
        retention = new Retention(storage, fileNumbers);
        newestFirst = List.copyOf(usableNewestFirst);
        nextGeneration = found.nextGeneration();
        nextCheckpointIdMin = found.nextCheckpointId();
    }

    /** {@return where checkpoint files and manifests are} */
    CheckpointStorage storage() {
        return storage;
    }

    FileNumbers fileNumbers() {
        return fileNumbers;
    }

    /** Keeps the files of the manifest that is recovered from, whatever is published, until they are released. */
    void hold(final Manifest manifest) {
        manifest.files().forEach(file -> fileNumbers.hold(file.identity().fileNumber()));
        held = manifest;
    }

    /** Says that nobody reads the files that were held any more, so that those that are superseded can go. */
    synchronized void releaseHeld() {
        if (held != null) {
            held.files().forEach(file -> fileNumbers.release(file.identity().fileNumber()));
            held = null;
            released = true;
            onRelease.run();
        }
    }

    /** Sets who is told, by the releasing thread, that files have been released; it must not wait for anything. */
    synchronized void onRelease(final Runnable listener) {
        onRelease = listener;
    }

    /** {@return whether files have been released since this was asked last} */
    synchronized boolean takeReleased() {
        final boolean taken = released;
        released = false;
        return taken;
    }

    /** The newest manifest. */
    Manifest newest() {
        return newestFirst.get(0);
    }

    /** {@return id for the next checkpoint, never used before} */
    long nextCheckpointId() {
        return Math.max(newest().nextCheckpointId(), nextCheckpointIdMin);
    }

    /** All manifests that are kept, newest first. */
    List<Manifest> kept() {
        return newestFirst;
    }

    /** {@return whether a publication failed so that only recovery can tell which manifest is the newest} */
    boolean uncertain() {
        return uncertainBy != null;
    }

    /**
     * Removes what an earlier owner left half done: manifests that were not published, and files of no manifest, unless
     * there is a manifest that cannot be read and might name them. By the opening thread.
     */
    synchronized void clearUp(final ManifestCatalog found) {
        retention.deleteTemporaries();
        if (found.rejected().isEmpty() && !found.newestFirst().isEmpty()) {
            retention.retain(found.newestFirst()); // all of them, so only files go
        }
    }

    /**
     * Publishes the first manifest of a new store.
     *
     * @throws StoreIoException when that fails: there is no checkpoint yet that could have failed
     */
    synchronized void publishFirst(final Manifest manifest) {
        try {
            ManifestWriter.publish(storage, manifest);
        } catch (final CheckpointFailedException e) {
            throw notOpened(e);
        }
        nextGeneration = manifest.generation() + 1;
        newestFirst = withNewest(manifest);
    }

    private static StoreIoException notOpened(final CheckpointFailedException e) {
        return new StoreIoException("the store cannot be opened: " + e.getMessage(), e);
    }

    /**
     * Publishes the newest checkpoint once more when it does not say how changes are kept from now on. By who opens.
     *
     * @throws StoreIoException when that fails: no checkpoint was asked for
     */
    synchronized void publishDurability(final Durability durability) {
        final boolean logged = durability != Durability.NONE;
        final boolean inRing = durability == Durability.PROCESS;
        final Manifest newest = newestFirst.get(0);
        if (logged != isLogged(newest) || inRing != isRingNeeded(newest)) {
            final Map<Integer, Long> properties = new HashMap<>(newest.properties());
            properties.put(LOGGED_PROPERTY, logged ? 1L : 0L);
            properties.put(RING_PROPERTY, inRing ? 1L : 0L);
            if (isLogged(newest)) {
                properties.put(LOGGED_ID_PROPERTY, newest.cut().checkpointId());
            }
            try {
                publish(newest.withFiles(nextGeneration, fileNumbers.next(), newest.files())
                        .withProperties(properties));
            } catch (final CheckpointFailedException e) {
                throw notOpened(e);
            }
        }
    }

    static boolean isLogged(final Manifest manifest) {
        return manifest.properties().getOrDefault(LOGGED_PROPERTY, 0L) == 1;
    }

    /**
     * Whether all changes between two checkpoints, one after the other, are in the change log. The older one says how
     * they were kept then, unless one that said otherwise for the same checkpoint is gone, and it has come back: then
     * the newer one knows of an interval without a log that the older one does not.
     *
     * @param older the manifest to go back to
     * @param newer the one before, or null when it cannot be read
     */
    static boolean isLoggedBetween(final Manifest older, final Manifest newer) {
        return isLogged(older)
                && (newer == null
                        || newer.cut().checkpointId() == older.cut().checkpointId()
                        || Objects.equals(
                                newer.properties().get(LOGGED_ID_PROPERTY),
                                older.properties().get(LOGGED_ID_PROPERTY)));
    }

    /** Whether it has changes of a store that kept no log, which only a checkpoint can have saved. */
    static boolean isUnlogged(final Manifest manifest) {
        return !isLogged(manifest)
                && manifest.cut().checkpointId() > manifest.properties().getOrDefault(LOGGED_ID_PROPERTY, FIRST_ID);
    }

    static boolean isRingNeeded(final Manifest manifest) {
        return manifest.properties().getOrDefault(RING_PROPERTY, 0L) == 1;
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
        if (uncertain()) {
            throw new CheckpointFailedException(
                    "nothing more is published, because it is not known which manifest is the newest on disk: at "
                            + storage.location("") + "; reopen the store, which finds out; first cause: "
                            + uncertainBy.getMessage(),
                    uncertainBy);
        }
        nextGeneration++; // whatever happens, this number is not used again
        final List<Manifest> then = withNewest(manifest); // before there is no way back: there may be no memory for it
        try {
            ManifestWriter.publish(storage, manifest);
        } catch (final StoreFullException | CheckpointFailedException e) {
            throw e; // nothing was published
        } catch (final RuntimeException | Error e) {
            uncertainBy = e; // a newer one would make its files look superfluous
            throw e;
        }
        newestFirst = then;
        return manifest;
    }

    private List<Manifest> withNewest(final Manifest manifest) {
        final List<Manifest> manifests = new ArrayList<>(newestFirst.size() + 1);
        manifests.add(manifest);
        manifests.addAll(newestFirst);
        return List.copyOf(manifests);
    }

    /**
     * Deletes what is no longer kept, unless a publication has left open which manifest is the newest. For each of the
     * newest checkpoints its newest manifest is kept.
     *
     * @return log position that no kept checkpoint needs anything before
     */
    synchronized long retain() {
        if (uncertain()) {
            return newestFirst.get(newestFirst.size() - 1).cut().logPosition();
        }
        final List<Manifest> keep = new ArrayList<>();
        long lastId = -1;
        for (final Manifest manifest : newestFirst) {
            if (manifest.cut().checkpointId() != lastId && keep.size() < retainedCheckpoints) {
                keep.add(manifest);
                lastId = manifest.cut().checkpointId();
            }
        }
        retention.retain(keep);
        newestFirst = List.copyOf(keep);
        return keep.get(keep.size() - 1).cut().logPosition();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.ConfigurationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Deletes what no manifest that is kept needs.
 *
 * <p>The order makes a crash at any step harmless: first manifests go; then the directory is forced, so that none of
 * them can come back; only then go the files they named. A manifest that is left is complete at every instant.
 *
 * <p>Threading: by one thread at a time, the same that publishes manifests, or excluded from it by a lock.
 */
public final class Retention {
    private final CheckpointStorage storage;
    private final FileNumbers fileNumbers;

    /**
     * Creates retention for a directory.
     *
     * @param files access to files
     * @param directory where the store is
     * @param fileNumbers knows which files are being written or read and must be left alone
     */
    public Retention(final StoreFiles files, final Path directory, final FileNumbers fileNumbers) {
        this(new LocalCheckpointStorage(files, directory), fileNumbers);
    }

    /**
     * Creates retention for a storage.
     *
     * @param storage where the store is
     * @param fileNumbers knows which files are being written or read and must be left alone
     */
    public Retention(final CheckpointStorage storage, final FileNumbers fileNumbers) {
        this.storage = Objects.requireNonNull(storage, "storage");
        this.fileNumbers = Objects.requireNonNull(fileNumbers, "fileNumbers");
    }

    /**
     * Deletes older manifests than the newest to keep, except those to keep, and then every checkpoint file that no
     * kept manifest names and nobody is writing or reading, orphans of failed attempts included. When there is a newer
     * manifest than the newest to keep, whether it can be used or not, nothing is deleted: what it needs is not known
     * here.
     *
     * @param keep manifests to keep, at least one; they are on disk and durable
     * @return names of the files deleted, in that order
     * @throws io.quire.store.errors.StoreIoException when a deletion or the force fails; call again later, what is
     *     left is found again
     */
    public List<String> retain(final List<Manifest> keep) {
        if (keep.isEmpty()) {
            throw new ConfigurationException("at least one manifest must be kept");
        }
        final Set<Long> keptGenerations = new HashSet<>();
        long newest = 0;
        for (final Manifest manifest : keep) {
            newest = Math.max(newest, manifest.generation());
            keptGenerations.add(manifest.generation());
        }
        final List<String> deleted = new ArrayList<>();
        final List<String> names = storage.list();
        if (greatestGeneration(names) > newest) {
            return deleted;
        }
        deleteManifests(names, keptGenerations, deleted);
        deleteFiles(superfluousFiles(names, filesOf(keep)), deleted);
        return deleted;
    }

    private static Set<Long> filesOf(final List<Manifest> manifests) {
        final Set<Long> numbers = new HashSet<>();
        for (final Manifest manifest : manifests) {
            for (final CheckpointFileInfo file : manifest.files()) {
                numbers.add(file.identity().fileNumber());
            }
        }
        return numbers;
    }

    private void deleteFiles(final List<String> superfluous, final List<String> deleted) {
        if (!deleted.isEmpty() || !superfluous.isEmpty()) {
            storage.syncDeletions(); // Also for manifests that an earlier attempt deleted without getting here.
        }
        for (final String name : superfluous) {
            storage.delete(name);
            deleted.add(name);
        }
    }

    private static long greatestGeneration(final List<String> names) {
        long greatest = 0;
        for (final String name : names) {
            greatest = Math.max(greatest, StoreFileNames.parseManifest(name));
        }
        return greatest;
    }

    private void deleteManifests(final List<String> names, final Set<Long> kept, final List<String> deleted) {
        for (final String name : names) { // Oldest first: a manifest never outlives a newer one.
            final long generation = StoreFileNames.parseManifest(name);
            if (generation != StoreFileNames.NOT_A_MATCH && !kept.contains(generation)) {
                storage.delete(name);
                deleted.add(name);
            }
        }
    }

    private List<String> superfluousFiles(final List<String> names, final Set<Long> kept) {
        final List<String> superfluous = new ArrayList<>();
        for (final String name : names) {
            final long number = StoreFileNames.parseCheckpointFile(name);
            if (number != StoreFileNames.NOT_A_MATCH && !kept.contains(number) && !fileNumbers.isInUse(number)) {
                superfluous.add(name);
            }
        }
        return superfluous;
    }

    /**
     * Deletes manifests whose publication did not complete. By the owner of the directory, when it opens it.
     *
     * @return names of the files deleted
     * @throws io.quire.store.errors.StoreIoException when a deletion fails
     */
    public List<String> deleteTemporaries() {
        return storage.deleteUnpublished();
    }
}

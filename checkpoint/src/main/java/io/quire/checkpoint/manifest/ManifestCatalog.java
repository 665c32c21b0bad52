/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The manifests found in a directory.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param newestFirst those that can be used, greatest generation first
 * @param rejected those that cannot, greatest generation first
 * @param temporaryNames names of files left by a publication that did not complete
 * @param greatestGeneration of all manifests found by name, usable or not; 0 when there is none
 * @param greatestFileNumber of all checkpoint files found by name, named by a manifest or not; 0 when there is none
 */
public record ManifestCatalog(
        List<Manifest> newestFirst,
        List<RejectedManifest> rejected,
        List<String> temporaryNames,
        long greatestGeneration,
        long greatestFileNumber) {
    /** Most manifests read in one directory; older ones beyond are rejected unread. */
    public static final int MANIFEST_COUNT_MAX = 1024;

    /** Creates a catalog. */
    public ManifestCatalog {
        newestFirst = List.copyOf(newestFirst);
        rejected = List.copyOf(rejected);
        temporaryNames = List.copyOf(temporaryNames);
    }

    /**
     * Reads all manifests of a directory. Changes nothing.
     *
     * @param files access to files
     * @param directory where the store is; when it does not exist the catalog is empty
     * @param storeId manifests of another store are rejected; null to take any
     * @return what was found
     * @throws io.quire.store.errors.StoreIoException when the directory cannot be listed
     */
    public static ManifestCatalog scan(final StoreFiles files, final Path directory, final UUID storeId) {
        return scan(new LocalCheckpointStorage(files, directory), storeId);
    }

    /**
     * Reads all manifests of a storage. Changes nothing.
     *
     * @param storage where the store is
     * @param storeId manifests of another store are rejected; null to take any
     * @return what was found
     * @throws io.quire.store.errors.StoreIoException when the storage cannot be listed
     */
    public static ManifestCatalog scan(final CheckpointStorage storage, final UUID storeId) {
        final List<Manifest> valid = new ArrayList<>();
        final List<RejectedManifest> rejected = new ArrayList<>();
        final List<String> temporaryNames = new ArrayList<>();
        final List<String> names = storage.list();
        long greatestGeneration = 0;
        long greatestFileNumber = 0;
        for (int i = names.size() - 1; i >= 0; i--) { // Names sort by generation.
            final String name = names.get(i);
            final long generation = StoreFileNames.parseManifest(name);
            if (generation != StoreFileNames.NOT_A_MATCH) {
                greatestGeneration = Math.max(greatestGeneration, generation);
                final boolean tooMany = valid.size() + rejected.size() >= MANIFEST_COUNT_MAX;
                readOne(storage, name, generation, storeId, tooMany, valid, rejected);
            } else if (StoreFileNames.parseTemporaryManifest(name) != StoreFileNames.NOT_A_MATCH) {
                temporaryNames.add(name);
            }
            greatestFileNumber = Math.max(greatestFileNumber, StoreFileNames.parseCheckpointFile(name));
        }
        return new ManifestCatalog(valid, rejected, temporaryNames, greatestGeneration, greatestFileNumber);
    }

    private static void readOne(
            final CheckpointStorage storage,
            final String name,
            final long generation,
            final UUID storeId,
            final boolean tooMany,
            final List<Manifest> valid,
            final List<RejectedManifest> rejected) {
        final Path path = storage.location(name);
        try {
            if (tooMany) {
                throw new CorruptStoreException(
                        "more than " + MANIFEST_COUNT_MAX + " manifests: file=" + path + " was not read");
            }
            final Manifest manifest = ManifestReader.read(storage, name);
            if (storeId != null && !manifest.storeId().equals(storeId)) {
                throw new CorruptStoreException("manifest belongs to another store: file=" + path + " expected="
                        + storeId + " found=" + manifest.storeId());
            }
            valid.add(manifest);
        } catch (final StateStoreException e) {
            rejected.add(new RejectedManifest(path, generation, e));
        }
    }

    /** {@return generation for the next manifest, greater than any found, usable or not} */
    public long nextGeneration() {
        return greatestGeneration + 1;
    }

    /** {@return number for the next file, greater than any found on disk or promised by a manifest} */
    public long nextFileNumber() {
        long next = greatestFileNumber + 1;
        for (final Manifest manifest : newestFirst) {
            next = Math.max(next, manifest.nextFileNumber());
        }
        return next;
    }

    /**
     * {@return id for the next checkpoint, greater than any of a manifest found, usable or not; each checkpoint takes a
     * generation, so the id in a manifest that cannot be read is its generation at most}
     */
    public long nextCheckpointId() {
        long next = 1;
        long newest = 0;
        for (final Manifest manifest : newestFirst) {
            next = Math.max(next, manifest.nextCheckpointId());
            newest = Math.max(newest, manifest.generation());
        }
        for (final RejectedManifest manifest : rejected) {
            if (manifest.generation() > newest) { // an older one has a smaller id than the newest
                next = Math.max(next, manifest.generation() + 1);
            }
        }
        return next;
    }
}

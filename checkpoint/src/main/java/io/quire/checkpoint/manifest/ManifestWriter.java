/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;

/**
 * Publishes manifests.
 *
 * <p>Threading: thread-safe; manifests of one store are published, and {@linkplain Retention cleaned up after}, by one
 * thread at a time.
 */
public final class ManifestWriter {
    private ManifestWriter() {}

    /**
     * Makes a manifest the newest of a directory, see {@link #publish(CheckpointStorage, Manifest)}.
     *
     * @param files access to files
     * @param directory where the store is
     * @param manifest to publish; the content of its files is durable
     */
    public static void publish(final StoreFiles files, final Path directory, final Manifest manifest) {
        publish(new LocalCheckpointStorage(files, directory), manifest);
    }

    /**
     * Makes a manifest the newest of a storage. When the call returns, the manifest and the names of the files it names
     * are durable, and it has been read back.
     *
     * @param storage where the store is
     * @param manifest to publish; its files are complete
     * @throws CheckpointFailedException when a manifest of that generation exists, or the storage could not even begin;
     *     nothing was published
     * @throws io.quire.store.errors.StoreFullException when the disk is full; nothing was published, retry when there
     *     is space
     * @throws StoreIoException when another step fails, up to the last one: whether the manifest is published is not
     *     known until the store is reopened, so nothing it may name can be deleted
     */
    public static void publish(final CheckpointStorage storage, final Manifest manifest) {
        final String name = manifest.fileName();
        if (storage.exists(name)) {
            throw new CheckpointFailedException(
                    "manifest exists already: file=" + storage.location(name) + "; generations must grow");
        }
        storage.publish(name, ManifestEncoder.encode(manifest));
        try {
            checkReadBack(storage, manifest);
        } catch (final RuntimeException e) {
            throw new StoreIoException(
                    "manifest was published but is not known to be durable, it cannot be read back: file="
                            + storage.location(name)
                            + "; reopen the store, which finds out whether it can be used; cause: " + e.getMessage(),
                    e);
        }
    }

    private static void checkReadBack(final CheckpointStorage storage, final Manifest manifest) {
        final Manifest found = ManifestReader.read(storage, manifest.fileName());
        // By bytes: the equality of records is made at run time, which is a good part of opening in a young JVM.
        if (!ManifestEncoder.encode(found).equals(ManifestEncoder.encode(manifest))) {
            throw new CorruptStoreException("manifest reads back differently: file="
                    + storage.location(manifest.fileName()) + " expected=" + manifest + " found=" + found);
        }
    }
}

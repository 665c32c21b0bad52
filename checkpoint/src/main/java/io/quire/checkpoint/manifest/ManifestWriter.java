/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Publishes manifests.
 *
 * <p>Threading: thread-safe; manifests of one directory are published, and {@linkplain Retention cleaned up after},
 * by one thread at a time.
 */
public final class ManifestWriter {
    private ManifestWriter() {}

    /**
     * Makes a manifest the newest of a directory. When the call returns, the manifest and the directory entries of
     * the files it names are durable, and it has been read back.
     *
     * <p>Steps: write {@code manifest-<generation>.tmp}; force it; force the directory, so that files named are there
     * before they are named; rename; force the directory; read and compare. A crash before the last force leaves the
     * new manifest or not; the older ones are untouched in any case.
     *
     * @param files access to files
     * @param directory where the store is
     * @param manifest to publish; the content of its files is durable
     * @throws CheckpointFailedException when a manifest of that generation exists; nothing was published
     * @throws io.quire.store.errors.StoreFullException when the disk is full; nothing was published, retry when there
     *     is space
     * @throws StoreIoException when another step fails, up to the last one: whether the manifest is published is not
     *     known until the store is reopened, so nothing it may name can be deleted
     */
    public static void publish(final StoreFiles files, final Path directory, final Manifest manifest) {
        final Path target = directory.resolve(manifest.fileName());
        final Path temporary = directory.resolve(StoreFileNames.temporaryManifest(manifest.generation()));
        if (files.exists(target)) {
            throw new CheckpointFailedException("manifest exists already: file=" + target + "; generations must grow");
        }
        files.delete(temporary); // Left by an attempt that crashed.
        try {
            write(files, temporary, ManifestEncoder.encode(manifest));
            files.forceDirectory(directory);
            files.rename(temporary, target);
        } catch (final StateStoreException e) {
            discard(files, temporary, e);
            throw e;
        }
        try {
            files.forceDirectory(directory);
            checkReadBack(files, target, manifest);
        } catch (final StateStoreException e) {
            throw new StoreIoException(
                    "manifest was renamed but is not known to be durable: file=" + target
                            + "; reopen the store, which finds out",
                    e);
        }
    }

    private static void checkReadBack(final StoreFiles files, final Path target, final Manifest manifest) {
        final Manifest found = ManifestReader.read(files, target);
        if (!found.equals(manifest)) {
            throw new CorruptStoreException(
                    "manifest reads back differently: file=" + target + " expected=" + manifest + " found=" + found);
        }
    }

    private static void write(final StoreFiles files, final Path path, final ByteBuffer bytes) {
        try (StoreFile file = files.create(path)) {
            file.write(0, bytes);
            file.force(true);
        }
    }

    private static void discard(final StoreFiles files, final Path temporary, final StateStoreException cause) {
        try {
            files.delete(temporary);
        } catch (final StateStoreException e) {
            cause.addSuppressed(e);
        }
    }
}

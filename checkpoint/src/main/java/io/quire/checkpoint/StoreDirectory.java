/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.checkpoint.live.StoreLock;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.LocalCheckpointStorage;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A store's directory: what belongs into it, and whether it may be one.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class StoreDirectory {
    /** Directory of the change log inside the store's. */
    static final String LOG_DIRECTORY = "log";

    private static final Set<String> OWN_NAMES =
            Set.of(StoreLock.FILE_NAME, OwnerRecord.FILE_NAME, OwnerRecord.FILE_NAME + ".tmp", LOG_DIRECTORY, "live");

    private StoreDirectory() {}

    /** Creates a directory if there is none, and resolves links, so that one directory has one path. */
    static Path prepare(final StoreFiles files, final Path directory) {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new ConfigurationException("not a directory: " + directory);
        }
        if (!Files.exists(directory)) {
            files.createDirectories(directory.toAbsolutePath());
        }
        checkContent(files, directory, "; choose an empty directory, a new one or a store's");
        return realPath(directory);
    }

    /** Resolves links to a directory that must be a store already; changes nothing. */
    static Path existing(final StoreFiles files, final Path directory) {
        if (!Files.exists(directory)) {
            throw new ConfigurationException("no such directory: " + directory);
        }
        if (!Files.isDirectory(directory)) {
            throw new ConfigurationException("not a directory: " + directory);
        }
        checkContent(files, directory, "");
        return realPath(directory);
    }

    private static Path realPath(final Path directory) {
        try {
            return directory.toRealPath();
        } catch (final IOException e) {
            throw new StoreIoException(
                    "directory cannot be resolved: " + directory + " (" + SystemReason.of(e) + ")", e);
        }
    }

    private static void checkContent(final StoreFiles files, final Path directory, final String advice) {
        if (!Files.isReadable(directory)) {
            throw new StoreIoException("directory is not readable: " + directory, null);
        }
        for (final String name : files.list(directory)) {
            if (!isOwn(name)) {
                throw new ConfigurationException("not a store: directory=" + directory + " holds " + name
                        + ", which no store has put there" + advice);
            }
        }
    }

    private static boolean isOwn(final String name) {
        return OWN_NAMES.contains(name)
                || StoreFileNames.parseManifest(name) != StoreFileNames.NOT_A_MATCH
                || StoreFileNames.parseTemporaryManifest(name) != StoreFileNames.NOT_A_MATCH
                || StoreFileNames.parseCheckpointFile(name) != StoreFileNames.NOT_A_MATCH;
    }

    /** Throws when files of a store are there although no manifest is: then it is not a new one. */
    static void checkNew(final StoreFiles files, final Path directory) {
        checkNew(files, directory, new LocalCheckpointStorage(files, directory));
    }

    /** Throws when a storage without manifests, or a directory, has something of a store: then it is not a new one. */
    static void checkNew(final StoreFiles files, final Path directory, final CheckpointStorage storage) {
        for (final String name : storage.list()) {
            if (StoreFileNames.parseCheckpointFile(name) != StoreFileNames.NOT_A_MATCH) {
                throw missingManifests(storage.location(name).getParent(), name);
            }
        }
        final List<String> segments = files.list(directory.resolve(LOG_DIRECTORY));
        if (!segments.isEmpty()) {
            throw missingManifests(directory, LOG_DIRECTORY + "/" + segments.get(0));
        }
    }

    /** Throws when a directory has checkpoints itself although they are to be somewhere else. */
    static void checkNoCheckpoints(final StoreFiles files, final Path directory) {
        for (final String name : files.list(directory)) {
            if (StoreFileNames.parseCheckpointFile(name) != StoreFileNames.NOT_A_MATCH
                    || StoreFileNames.parseManifest(name) != StoreFileNames.NOT_A_MATCH) {
                throw new ConfigurationException(
                        "the store has its checkpoints in its directory: directory=" + directory + " found=" + name
                                + " expected=none beside another checkpointStorage; open it without one");
            }
        }
    }

    private static CorruptStoreException missingManifests(final Path directory, final String name) {
        return new CorruptStoreException("all manifests are missing: directory=" + directory + " holds " + name
                + " expected=a file manifest-<generation>; restore it from a copy, nothing was changed");
    }
}

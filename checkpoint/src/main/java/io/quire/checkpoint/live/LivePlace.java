/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.MappedFileMemory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/**
 * Where the scratch files of an open store are: a directory of its own on the memory file system, or inside the store's
 * directory. Its name follows from the store's id and path, so the next owner finds what a dead one left: the ring,
 * which is drained, and the live memory, which is deleted unread.
 *
 * <p>Threading: confined to the opening and the closing thread.
 */
public final class LivePlace {
    /** Name of the ring file. */
    public static final String RING_FILE_NAME = "ring";
    /** Name of the live memory file. */
    public static final String MEMORY_FILE_NAME = "memory";
    /** Start of the names of live directories on the memory file system. */
    public static final String DIRECTORY_PREFIX = "quire-";

    private static final String LOCAL_DIRECTORY = "live";
    private static final System.Logger LOG = System.getLogger(LivePlace.class.getName());
    private static final long SHARED_SPACE_MIN = 512L * 1024 * 1024;

    private final Path storeDirectory;
    private final Path shared;
    private final Path local;

    /**
     * Describes the place of a store; nothing is created.
     *
     * @param storeDirectory real path of the store
     * @param storeId its id
     * @param sharedMemoryDirectory where the memory file system is mounted
     */
    public LivePlace(final Path storeDirectory, final UUID storeId, final Path sharedMemoryDirectory) {
        this.storeDirectory = storeDirectory;
        final String name = DIRECTORY_PREFIX + Long.toHexString(storeId.getMostSignificantBits())
                + Long.toHexString(storeId.getLeastSignificantBits()) + "-"
                + Integer.toHexString(storeDirectory.toString().hashCode());
        shared = sharedMemoryDirectory.resolve(name);
        local = storeDirectory.resolve(LOCAL_DIRECTORY);
    }

    /** {@return the places at which a previous owner may have left a ring, newest choice first} */
    public Path[] ringFiles() {
        return new Path[] {shared.resolve(RING_FILE_NAME), local.resolve(RING_FILE_NAME)};
    }

    /** Deletes the live memory that a dead owner left, unread; its ring stays. */
    public void reclaimMemory() {
        for (final Path directory : new Path[] {shared, local}) {
            delete(directory.resolve(MEMORY_FILE_NAME));
        }
    }

    /**
     * Creates the directory for this owner's files and records the owner there.
     *
     * @param ringLength bytes of the ring, which must fit; 0 = no ring
     * @return the directory
     * @throws StoreIoException when neither place can be used
     */
    public Path create(final long ringLength) {
        final Path directory = hasRoom(ringLength * 2) ? shared : local;
        try {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (final IOException e) {
            throw new StoreIoException(
                    "live directory could not be created: directory=" + directory + " (" + e + ")", e);
        }
        final OwnerRecord owner =
                new OwnerRecord(ProcessIdentity.current(), System.currentTimeMillis(), storeDirectory, directory);
        owner.write(directory);
        owner.write(storeDirectory);
        return directory;
    }

    /**
     * Opens live memory.
     *
     * @param kind what the settings ask for
     * @param windowShift log2 of the window length
     * @param stateLength bytes the recovered state may take at once
     * @return the memory
     * @throws StoreIoException when its file cannot be created
     */
    public LiveMemory openMemory(final LiveMemoryKind kind, final int windowShift, final long stateLength) {
        final long wanted = Math.max(SHARED_SPACE_MIN, stateLength + stateLength / 2);
        final LiveMemoryKind chosen = kind == LiveMemoryKind.AUTO
                ? (hasRoom(wanted) ? LiveMemoryKind.SHARED : LiveMemoryKind.ANONYMOUS)
                : kind;
        if (chosen == LiveMemoryKind.ANONYMOUS) {
            return new AnonymousMemory(windowShift);
        }
        final boolean onShared = chosen == LiveMemoryKind.SHARED && Files.isDirectory(shared.getParent());
        if (chosen == LiveMemoryKind.SHARED && !onShared) {
            LOG.log(
                    Level.WARNING,
                    "no memory file system at {0}: live memory goes to {1}, where writes are slower",
                    shared.getParent(),
                    local);
        }
        final Path directory = onShared ? shared : local;
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (final IOException e) {
            throw new StoreIoException(
                    "live directory could not be created: directory=" + directory + " (" + e + ")", e);
        }
        return new MappedFileMemory(directory.resolve(MEMORY_FILE_NAME), windowShift);
    }

    private boolean hasRoom(final long bytes) {
        try {
            final Path parent = shared.getParent();
            return Files.isDirectory(parent)
                    && Files.isWritable(parent)
                    && Files.getFileStore(parent).getUsableSpace() >= bytes;
        } catch (final IOException e) {
            return false;
        }
    }

    /** Removes this owner's files and directories; after an orderly close nothing is left. */
    public void remove() {
        for (final Path directory : new Path[] {shared, local}) {
            if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                delete(directory.resolve(MEMORY_FILE_NAME));
                delete(directory.resolve(RING_FILE_NAME));
                OwnerRecord.remove(directory);
                delete(directory);
            }
        }
        OwnerRecord.remove(storeDirectory);
    }

    /** Removes the directories in which nothing is left, after an open that failed; a ring keeps its own. */
    public void removeEmpty() {
        for (final Path directory : new Path[] {shared, local}) {
            try {
                Files.deleteIfExists(directory);
            } catch (final IOException e) {
                LOG.log(Level.DEBUG, "kept " + directory, e);
            }
        }
    }

    /**
     * Removes live directories on a memory file system whose owner is dead and whose store is gone, which nobody would
     * reopen.
     *
     * @param sharedMemoryDirectory where the memory file system is mounted
     * @param needed a directory to leave alone, or null
     */
    public static void sweep(final Path sharedMemoryDirectory, final Path needed) {
        try (DirectoryStream<Path> directories =
                Files.newDirectoryStream(sharedMemoryDirectory, DIRECTORY_PREFIX + "*")) {
            for (final Path directory : directories) {
                final OwnerRecord owner = OwnerRecord.read(directory);
                if (owner != null
                        && !directory.equals(needed)
                        && !owner.process().alive()
                        && !Files.exists(owner.storeDirectory(), LinkOption.NOFOLLOW_LINKS)) {
                    delete(directory.resolve(MEMORY_FILE_NAME));
                    delete(directory.resolve(RING_FILE_NAME));
                    OwnerRecord.remove(directory);
                    delete(directory);
                }
            }
        } catch (final IOException | StoreIoException e) {
            LOG.log(Level.DEBUG, "sweep of " + sharedMemoryDirectory + " stopped", e);
        }
    }

    private static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            throw new StoreIoException("could not be deleted: " + path + " (" + e + ")", e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.MappedFileMemory;
import io.quire.store.memory.MemoryHeadroom;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Where the scratch files of an open store are: a directory of its own on the memory file system, or inside the store's
 * directory. Its name follows from the store's id and from the identity of the store's directory, so the next owner
 * finds what a dead one left: the ring, which is drained, and the live memory, which is deleted unread.
 *
 * <p>That identity is the file system's, device and inode, not the path: containers that share a memory file system may
 * each have a copy of a store, and so the same id, under the same path. Where it has changed since, the owner's record
 * in the store's directory leads to what was left.
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
    private static final Path THIS_PROCESS = Path.of("/proc/self/");
    private static final int STATE_MARGIN_FRACTION = 8;
    private static final int PLENTY_FACTOR = 64;
    private static final long NAMELESS_AGE_MS = TimeUnit.HOURS.toMillis(1);
    /** Empty file beside a ring whose store was not found; its time says since when. */
    private static final String ORPHANED_FILE_NAME = "ORPHANED";

    private static final long ORPHANED_AGE_MS = TimeUnit.DAYS.toMillis(7);

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
                + Long.toHexString(storeId.getLeastSignificantBits()) + "-" + identity(storeDirectory);
        shared = sharedMemoryDirectory.resolve(name);
        local = storeDirectory.resolve(LOCAL_DIRECTORY);
    }

    private static String identity(final Path directory) {
        try {
            final long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            final long inode = ((Number) Files.getAttribute(directory, "unix:ino")).longValue();
            return Long.toHexString(device) + "-" + Long.toHexString(inode);
        } catch (final IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Integer.toHexString(directory.toString().hashCode()); // no such thing here
        }
    }

    /**
     * Removes what an owner before has left in another place than this store's present ones, for example because the
     * file system was mounted anew: unless that owner may be alive, or the directory says that it is another store's.
     * To be called once its ring has been saved.
     *
     * @param former the record of that owner in the store's directory, or null
     */
    public void removeFormer(final OwnerRecord former) {
        if (former == null || !former.liveDirectory().isAbsolute()) {
            return;
        }
        final Path directory = former.liveDirectory();
        if (directory.equals(shared) || directory.equals(local) || !trusted(directory)) {
            return;
        }
        final OwnerRecord there = OwnerRecord.read(directory);
        if (there != null
                && there.storeDirectory().equals(storeDirectory)
                && there.process().visible()
                && !there.process().alive()) {
            sweepOne(directory);
        }
    }

    /**
     * Removes what a dead owner has left on a memory file system for a store that is about to be deleted, its ring
     * included. What an owner has left that lives, or that nobody can tell about, stays.
     *
     * @param storeDirectory real path of the store, which is not open
     */
    public static void discard(final Path storeDirectory) {
        // As a place of no store nothing in it counts as its own.
        new LivePlace(storeDirectory, new UUID(0, 0), storeDirectory).removeFormer(OwnerRecord.read(storeDirectory));
    }

    /** {@return the places at which a previous owner may have left a ring, newest choice first} */
    public Path[] ringFiles() {
        final Path inLocal = local.resolve(RING_FILE_NAME);
        return trusted(shared) ? new Path[] {shared.resolve(RING_FILE_NAME), inLocal} : new Path[] {inLocal};
    }

    /**
     * The places at which a previous owner may have left a ring: those of this directory, and where the last owner had
     * it before the store was moved or its file system numbered anew. Not where the store lives from whose directory
     * this one was copied: that ring is its own, and goes on changing.
     *
     * @param former the record of the last owner in the store's directory, or null
     * @return the files, newest choice first
     */
    public List<Path> ringFiles(final OwnerRecord former) {
        final Set<Path> files = new LinkedHashSet<>(List.of(ringFiles()));
        if (former != null && former.liveDirectory().isAbsolute() && !isOfAnother(former.liveDirectory())) {
            files.add(former.liveDirectory().resolve(RING_FILE_NAME));
        }
        return List.copyOf(files);
    }

    /** Whether a live directory is that of a store which is still at another path and says so, or open. */
    private boolean isOfAnother(final Path directory) {
        final OwnerRecord there = OwnerRecord.read(directory);
        if (there == null || there.storeDirectory().equals(storeDirectory)) {
            return false;
        }
        if (!there.process().visible() || there.process().alive()) {
            return true; // it may go on changing
        }
        return isAtItsPlace(there, directory);
    }

    private static boolean isAtItsPlace(final OwnerRecord there, final Path directory) {
        final OwnerRecord original = OwnerRecord.read(there.storeDirectory());
        return original != null && original.liveDirectory().equals(directory);
    }

    /**
     * The ring that {@link #ringFiles(OwnerRecord)} leaves out although it may be this store's: its owner is in another
     * container, so that nobody can tell whether it lives, and had the store at a path where it is not now. Either the
     * store was moved, or this is a copy of one that is not visible from here.
     *
     * @param former the record of the last owner in the store's directory, or null
     * @return its file, or null when there is none
     */
    public Path uncertainRingFile(final OwnerRecord former) {
        if (former == null || !former.liveDirectory().isAbsolute()) {
            return null;
        }
        final Path directory = former.liveDirectory();
        final OwnerRecord there = OwnerRecord.read(directory);
        final boolean uncertain = there != null
                && !there.storeDirectory().equals(storeDirectory)
                && !there.process().visible()
                && !isAtItsPlace(there, directory)
                && Files.exists(directory.resolve(RING_FILE_NAME), LinkOption.NOFOLLOW_LINKS);
        return uncertain && !List.of(places()).contains(directory) ? directory.resolve(RING_FILE_NAME) : null;
    }

    /** Deletes the live memory that a dead owner left, unread; its ring stays. */
    public void reclaimMemory() {
        for (final Path directory : places()) {
            delete(directory.resolve(MEMORY_FILE_NAME));
        }
    }

    /** Looked up when there is something to say: that takes a young JVM longer than to open a store. */
    private static System.Logger log() {
        return System.getLogger(LivePlace.class.getName());
    }

    private static void warn(final String message, final Object... values) {
        log().log(Level.WARNING, message, values);
    }

    private Path[] places() {
        return trusted(shared) ? new Path[] {shared, local} : new Path[] {local};
    }

    /**
     * Whether a directory is missing, or was made by somebody who may write to the store anyway. On a memory file
     * system everybody may make one of any name.
     */
    private boolean trusted(final Path directory) {
        try {
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                return true;
            }
            final int maker = user(directory);
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && (maker == 0 || maker == user(storeDirectory) || maker == user(THIS_PROCESS));
        } catch (final IOException | UnsupportedOperationException e) {
            log().log(Level.DEBUG, "owner of " + directory + " unknown", e);
            return false;
        }
    }

    private static int user(final Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Creates the directory for this owner's files.
     *
     * @param ringLength bytes of the ring, which must fit; 0 = no ring
     * @return the directory
     * @throws StoreIoException when neither place can be used
     */
    public Path create(final long ringLength) {
        final Path directory = hasRoom(ringLength * 2) ? shared : local;
        if (directory.equals(local) && ringLength > 0) {
            warn(
                    "no memory file system can be used at {0}, which takes a directory of this user''s and {1} bytes:"
                            + " the change log ring goes to {2}, where the disk may keep writers waiting",
                    shared.getParent(), Long.toString(ringLength * 2), local);
        }
        prepare(directory, owner(directory, ""));
        return directory;
    }

    /**
     * Records the owner there and in the store's directory. What an earlier owner has left elsewhere is not found any
     * more afterwards.
     *
     * @param directory what {@link #create} returned
     * @param liveMemory what backs the live memory, for people
     * @throws StoreIoException when it cannot be written
     */
    public void recordOwner(final Path directory, final String liveMemory) {
        final OwnerRecord owner = owner(directory, liveMemory);
        owner.write(directory);
        owner.write(storeDirectory);
    }

    private OwnerRecord owner(final Path directory, final String liveMemory) {
        return new OwnerRecord(
                ProcessIdentity.current(), System.currentTimeMillis(), storeDirectory, directory, liveMemory);
    }

    /** Makes a live directory and says whose it is before anything else is in it, so that a sweep can tell. */
    private static void prepare(final Path directory, final OwnerRecord owner) {
        try {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (final IOException e) {
            throw new StoreIoException(
                    "live directory could not be created: directory=" + directory + " (" + SystemReason.of(e) + ")", e);
        }
        owner.write(directory);
        delete(directory.resolve(ORPHANED_FILE_NAME));
    }

    /**
     * Opens live memory.
     *
     * @param kind what the settings ask for
     * @param windowShift log2 of the window length
     * @param stateLength bytes the recovered state may take at once
     * @param hugePages whether to ask the system for huge pages
     * @return the memory
     * @throws StoreIoException when its file cannot be created
     */
    public LiveMemory openMemory(
            final LiveMemoryKind kind, final int windowShift, final long stateLength, final boolean hugePages) {
        final MemoryHeadroom headroom = MemoryHeadroom.ofSystem();
        final LiveMemoryKind chosen = kind == LiveMemoryKind.AUTO ? choose(stateLength, headroom.available()) : kind;
        if (chosen == LiveMemoryKind.ANONYMOUS) {
            return new AnonymousMemory(windowShift, hugePages, headroom);
        }
        final boolean onShared = chosen == LiveMemoryKind.SHARED && hasRoom(0);
        if (chosen == LiveMemoryKind.SHARED && !onShared) {
            warn(
                    "no memory file system can be used at {0}: live memory goes to {1}, where writes are slower",
                    shared.getParent(), local);
        }
        final Path directory = onShared ? shared : local;
        final Path file = directory.resolve(MEMORY_FILE_NAME);
        prepare(directory, owner(directory, "file " + file));
        return onShared
                ? MappedFileMemory.shared(file, windowShift, hugePages, headroom)
                : MappedFileMemory.onDisk(file, windowShift);
    }

    /** Private memory is the fastest on every Java (docs/adr/0007); only a state that it cannot hold goes to disk. */
    private LiveMemoryKind choose(final long stateLength, final long available) {
        if (stateLength + stateLength / STATE_MARGIN_FRACTION <= available) {
            return LiveMemoryKind.ANONYMOUS;
        }
        warn(
                "the state of {0} bytes does not fit into the {1} bytes of memory that are available: live memory goes"
                        + " to {2}, where writes are slower",
                Long.toString(stateLength), Long.toString(available), local);
        return LiveMemoryKind.DIRECTORY;
    }

    /**
     * Whether a file system has so much more room than somebody needs that it need not be taken in advance: others that
     * see the same room may need as much.
     *
     * @param directory on that file system
     * @param bytes what is needed
     * @return whether there is 64 times as much
     */
    public static boolean hasPlenty(final Path directory, final long bytes) {
        try {
            return Files.getFileStore(directory).getUsableSpace() / PLENTY_FACTOR >= bytes;
        } catch (final IOException e) {
            return false;
        }
    }

    private boolean hasRoom(final long bytes) {
        try {
            final Path parent = shared.getParent();
            return trusted(shared)
                    && Files.isDirectory(parent)
                    && Files.isWritable(parent)
                    && Files.getFileStore(parent).getUsableSpace() >= bytes;
        } catch (final IOException e) {
            return false;
        }
    }

    /** Removes this owner's files and directories; after an orderly close nothing is left. */
    public void remove() {
        for (final Path directory : places()) {
            if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                removeAll(directory);
            }
        }
        OwnerRecord.remove(storeDirectory);
    }

    private static void removeAll(final Path directory) {
        delete(directory.resolve(MEMORY_FILE_NAME));
        ChangeRing.deleteAll(directory.resolve(RING_FILE_NAME));
        delete(directory.resolve(ORPHANED_FILE_NAME));
        OwnerRecord.remove(directory);
        delete(directory);
    }

    /** Removes the directories in which nothing is needed, after an open that failed; a ring keeps its own. */
    public void removeEmpty() {
        for (final Path directory : places()) {
            try {
                if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && !holdsRing(directory)) {
                    OwnerRecord.remove(directory);
                    Files.deleteIfExists(directory);
                }
            } catch (final IOException | StoreIoException e) {
                log().log(Level.DEBUG, "kept " + directory, e);
            }
        }
    }

    private static boolean holdsRing(final Path directory) {
        final Path ring = directory.resolve(RING_FILE_NAME);
        return Files.exists(ring, LinkOption.NOFOLLOW_LINKS)
                || Files.exists(ChangeRing.preparedPath(ring), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Removes live directories on a memory file system whose owner is dead and whose store is gone, which nobody would
     * reopen; and old ones that nobody has come round to say are his.
     *
     * <p>A store that is not where it was may be on a volume that is not mounted now, or have been moved, and its ring
     * may hold what it acknowledged last: of such a directory only the live memory is removed, and the ring stays until
     * the store was not found for seven days.
     *
     * @param sharedMemoryDirectory where the memory file system is mounted
     * @param needed a directory to leave alone, or null
     */
    public static void sweep(final Path sharedMemoryDirectory, final Path needed) {
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(
                sharedMemoryDirectory, path -> path.getFileName().toString().startsWith(DIRECTORY_PREFIX))) {
            for (final Path directory : directories) {
                if (!directory.equals(needed) && abandoned(directory)) {
                    if (OwnerRecord.read(directory) != null && holdsRing(directory) && !longOrphaned(directory)) {
                        reclaimMemory(directory);
                    } else {
                        sweepOne(directory);
                    }
                }
            }
        } catch (final IOException | DirectoryIteratorException e) {
            log().log(Level.DEBUG, "sweep of " + sharedMemoryDirectory + " stopped", e);
        }
    }

    /** Whether a sweep seven days ago found the store of a ring gone already; the first one that does makes a note. */
    private static boolean longOrphaned(final Path directory) throws IOException {
        final Path note = directory.resolve(ORPHANED_FILE_NAME);
        try {
            return Files.getLastModifiedTime(note, LinkOption.NOFOLLOW_LINKS).toMillis()
                    < System.currentTimeMillis() - ORPHANED_AGE_MS;
        } catch (final NoSuchFileException e) {
            try {
                Files.createFile(note);
                warn(
                        "{0} holds the change log ring of a store that is not where it was: it is kept for seven days;"
                                + " delete it when the store is gone for good",
                        directory);
            } catch (final IOException notMade) {
                log().log(Level.DEBUG, "kept " + directory, notMade); // somebody else's, or noted by another open
            }
            return false;
        }
    }

    private static void reclaimMemory(final Path directory) {
        try {
            delete(directory.resolve(MEMORY_FILE_NAME));
        } catch (final StoreIoException e) {
            log().log(Level.DEBUG, "kept memory in " + directory, e);
        }
    }

    private static void sweepOne(final Path directory) {
        try {
            removeAll(directory);
        } catch (final StoreIoException e) {
            log().log(Level.DEBUG, "kept " + directory, e); // somebody else's, or swept by another open
        }
    }

    private static boolean abandoned(final Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) || !Files.isReadable(directory)) {
            return false;
        }
        final OwnerRecord owner = OwnerRecord.read(directory);
        if (owner != null) {
            final boolean found = Files.exists(owner.storeDirectory(), LinkOption.NOFOLLOW_LINKS);
            if (found) {
                forgetOrphaned(directory);
            }
            return !found && owner.process().visible() && !owner.process().alive();
        }
        // Killed between making the directory and saying whose it is, or about to say it.
        return !Files.exists(directory.resolve(OwnerRecord.FILE_NAME), LinkOption.NOFOLLOW_LINKS)
                && Files.getLastModifiedTime(directory).toMillis() < System.currentTimeMillis() - NAMELESS_AGE_MS;
    }

    /** The store is there again. */
    private static void forgetOrphaned(final Path directory) {
        try {
            delete(directory.resolve(ORPHANED_FILE_NAME));
        } catch (final StoreIoException e) {
            log().log(Level.DEBUG, "kept note in " + directory, e);
        }
    }

    private static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            throw new StoreIoException("could not be deleted: " + path + " (" + SystemReason.of(e) + ")", e);
        }
    }
}

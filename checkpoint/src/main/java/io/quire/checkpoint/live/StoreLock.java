/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.StoreLockedException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

/**
 * Exclusive use of a store's directory, by one store in one process. Two layers, because each has a hole:
 *
 * <ul>
 *   <li>a lock on the file {@code LOCK}, which the kernel drops when its process dies, so a dead owner never blocks;
 *   but
 *       closing <em>any</em> channel on that file in the owning process would drop it too;
 *   <li>so within a process an entry in the system properties, which all class loaders share, is taken first, and
 *   nobody
 *       opens the file while another holds the entry.
 * </ul>
 *
 * <p>Both go by the real path, so links to the same directory are the same store.
 *
 * <p>Threading: thread-safe.
 */
public final class StoreLock implements AutoCloseable {
    /** Name of the locked file; it stays empty and is never opened by anything else. */
    public static final String FILE_NAME = "LOCK";

    private static final String REGISTRY_PREFIX = "io.quire.open:";
    private static final String OWNER_SEPARATOR = "@";

    private final Path directory;
    private final FileChannel channel;
    private boolean held = true;

    private StoreLock(final Path directory, final FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @param directory real path of the store's directory
     * @return the lock
     * @throws StoreLockedException at once when the store is open elsewhere, naming the owner
     * @throws StoreIoException when the lock file cannot be created or locked
     */
    public static StoreLock acquire(final Path directory) {
        final String entry = REGISTRY_PREFIX + directory;
        final String self = ProcessHandle.current().pid() + OWNER_SEPARATOR + System.currentTimeMillis();
        final Object other = System.getProperties().putIfAbsent(entry, self);
        if (other != null) {
            throw new StoreLockedException(
                    "store is open in this process already: directory=" + directory + " owner=" + describe(other));
        }
        boolean locked = false;
        try {
            final StoreLock lock = new StoreLock(directory, lockFile(directory));
            locked = true;
            return lock;
        } finally {
            if (!locked) {
                System.getProperties().remove(entry);
            }
        }
    }

    /** Made readable for messages only: to write a date takes a young JVM longer than to open a store. */
    private static String describe(final Object entry) {
        final String text = String.valueOf(entry);
        final int separator = text.indexOf(OWNER_SEPARATOR);
        try {
            return "pid " + text.substring(0, separator) + " since "
                    + Instant.ofEpochMilli(Long.parseLong(text, separator + 1, text.length(), 10));
        } catch (final IndexOutOfBoundsException | NumberFormatException e) {
            return text; // taken by another version, from another class loader
        }
    }

    private static FileChannel lockFile(final Path directory) {
        final Path file = directory.resolve(FILE_NAME);
        final Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rw-------");
        final FileAttribute<Set<PosixFilePermission>> attribute = PosixFilePermissions.asFileAttribute(owner);
        FileChannel channel = null;
        try {
            channel =
                    FileChannel.open(file, EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), attribute);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException("not a regular file");
            }
            final FileLock lock = channel.tryLock();
            if (lock == null) {
                throw lockedElsewhere(directory);
            }
            return channel;
        } catch (final OverlappingFileLockException e) {
            closeQuietly(channel, e);
            throw new StoreLockedException("store is open in this process already: directory=" + directory, e);
        } catch (final IOException e) {
            closeQuietly(channel, e);
            throw new StoreIoException("store could not be locked: file=" + file + " (" + SystemReason.of(e) + ")", e);
        } catch (final StoreLockedException e) {
            closeQuietly(channel, e);
            throw e;
        }
    }

    private static StoreLockedException lockedElsewhere(final Path directory) {
        final OwnerRecord owner = OwnerRecord.read(directory);
        return new StoreLockedException("store is open in another process: directory=" + directory
                + (owner == null
                        ? ""
                        : " pid=" + owner.process().pid() + " since=" + Instant.ofEpochMilli(owner.sinceMs())));
    }

    private static void closeQuietly(final FileChannel channel, final Exception primary) {
        if (channel != null) {
            try {
                channel.close();
            } catch (final IOException e) {
                primary.addSuppressed(e);
            }
        }
    }

    /** Gives the lock up; a second call does nothing. The file stays, since removing it would let two owners in. */
    @Override
    public synchronized void close() {
        if (held) {
            held = false;
            try {
                channel.close();
            } catch (final IOException e) {
                throw new StoreIoException(
                        "lock could not be released: directory=" + directory + " (" + SystemReason.of(e) + ")", e);
            } finally {
                System.getProperties().remove(REGISTRY_PREFIX + directory);
            }
        }
    }
}

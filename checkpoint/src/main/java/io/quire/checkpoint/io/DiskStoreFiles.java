/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.agrona.CloseHelper;

/**
 * Files of the local file system.
 *
 * <p>What it creates belongs to its owner alone (files 0600, directories 0700, set by the call that creates them), it
 * never follows a symbolic link in the last part of a path, and it opens nothing but regular files, so that a pipe in
 * place of a file cannot block a store.
 *
 * <p>Threading: thread-safe.
 */
public final class DiskStoreFiles implements StoreFiles {
    /** Bytes mapped at once; a mapping of a longer file consists of several. */
    static final long MAP_WINDOW_LENGTH = 1L << 30;

    private static final FileAttribute<?>[] NO_ATTRIBUTES = {};

    private final long mapWindowLength;

    /** Creates access to the local file system. */
    public DiskStoreFiles() {
        this(MAP_WINDOW_LENGTH);
    }

    DiskStoreFiles(final long mapWindowLength) {
        this.mapWindowLength = mapWindowLength;
    }

    @Override
    public StoreFile create(final Path path) {
        return open(
                path,
                "create",
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                ownerOnly(path, "rw-------"));
    }

    @Override
    public StoreFile openRead(final Path path) {
        checkRegular(path);
        return open(path, "open", Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS), NO_ATTRIBUTES);
    }

    @Override
    public StoreFile openWrite(final Path path) {
        checkRegular(path);
        return open(
                path,
                "open",
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                NO_ATTRIBUTES);
    }

    private StoreFile open(
            final Path path,
            final String action,
            final Set<? extends OpenOption> options,
            final FileAttribute<?>[] attributes) {
        try {
            final FileChannel channel = FileChannel.open(path, options, attributes);
            try {
                final Object key = options.contains(StandardOpenOption.WRITE) ? regularFileKey(path) : null;
                return new DiskStoreFile(path, channel, key, mapWindowLength);
            } catch (final RuntimeException e) {
                CloseHelper.close(e::addSuppressed, channel);
                throw e;
            }
        } catch (final IOException e) {
            throw failure(action, path, 0, e);
        }
    }

    private static void checkRegular(final Path path) {
        regularFileKey(path);
    }

    /** What tells a file from another that gets its name, or the path where the system has no such thing. */
    static Object regularFileKey(final Path path) {
        final BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (final IOException e) {
            throw failure("open", path, 0, e);
        }
        if (!attributes.isRegularFile()) {
            throw new StoreIoException("cannot open " + path + ": it is not a regular file (links are not followed)");
        }
        return attributes.fileKey() == null ? path : attributes.fileKey();
    }

    @Override
    public void createDirectories(final Path directory) {
        final Path absolute = directory.toAbsolutePath();
        final Deque<Path> missing = new ArrayDeque<>();
        for (Path path = absolute; path != null && !Files.exists(path); path = path.getParent()) {
            missing.push(path);
        }
        try {
            Files.createDirectories(absolute, ownerOnly(absolute, "rwx------"));
        } catch (final IOException e) {
            throw failure("create directory", directory, 0, e);
        }
        for (final Path created : missing) {
            if (created.getParent() != null) {
                forceDirectory(created.getParent());
            }
        }
    }

    @Override
    public void rename(final Path from, final Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException e) {
            throw failure("rename to " + to.getFileName(), from, 0, e);
        }
    }

    @Override
    public void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            throw failure("delete", path, 0, e);
        }
    }

    @Override
    public void forceDirectory(final Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (final IOException e) {
            throw failure("force directory", directory, 0, e);
        }
    }

    @Override
    public List<String> list(final Path directory) {
        final List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (final Path path : stream) {
                names.add(path.getFileName().toString());
            }
        } catch (final NoSuchFileException e) {
            return List.of();
        } catch (final DirectoryIteratorException e) {
            throw failure("list", directory, 0, e.getCause());
        } catch (final IOException e) {
            throw failure("list", directory, 0, e);
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public boolean exists(final Path path) {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (final NoSuchFileException e) {
            return false;
        } catch (final IOException e) {
            throw failure("look up", path, 0, e);
        }
    }

    @Override
    public long usableSpace(final Path path) {
        try {
            final FileStore store = Files.getFileStore(path);
            final long usable = store.getUsableSpace();
            return usable == 0 && store.getTotalSpace() == 0 ? Long.MAX_VALUE : usable; // some tell neither
        } catch (final IOException e) {
            throw failure("ask for free space of", path, 0, e);
        }
    }

    private static FileAttribute<?>[] ownerOnly(final Path path, final String permissions) {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return NO_ATTRIBUTES;
        }
        return new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        };
    }

    /**
     * Tells a full disk from every other failure.
     *
     * @param action what was attempted, a verb
     * @param path on which file
     * @param lengthNeeded bytes the operation still wanted to write
     * @param cause what the system said
     * @return the exception to throw
     */
    static RuntimeException failure(
            final String action, final Path path, final long lengthNeeded, final IOException cause) {
        final long free = freeBytes(path);
        if (saysFull(cause) || (lengthNeeded > 0 && free >= 0 && free < lengthNeeded)) {
            return new StoreFullException(
                    "disk full: cannot " + action + " " + path + "; needed=" + lengthNeeded + " free="
                            + (free < 0 ? "unknown" : Long.toString(free)) + " bytes; free space and retry",
                    cause);
        }
        return new StoreIoException("cannot " + action + " " + path + ": " + SystemReason.of(cause), cause);
    }

    private static boolean saysFull(final IOException cause) {
        final String message = cause.getMessage();
        if (message == null) {
            return false;
        }
        final String lower = message.toLowerCase(Locale.ROOT);
        return lower.contains("no space left") || lower.contains("quota exceeded");
    }

    private static long freeBytes(final Path path) {
        try {
            final Path parent = path.toAbsolutePath().getParent();
            return Files.getFileStore(parent == null ? path : parent).getUsableSpace();
        } catch (final IOException e) {
            return -1; // Only wording depends on it; the failure that is being reported matters more.
        }
    }
}

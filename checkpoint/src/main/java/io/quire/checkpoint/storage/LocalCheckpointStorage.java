/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import io.quire.checkpoint.io.RangeReader;
import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Objects as files of one directory.
 *
 * <p>Publishing takes these steps: write {@code <name>.tmp}; force it; force the directory, so that objects named are
 * there before they are named; rename; force the directory. A crash before the last force leaves the new object or not;
 * others are untouched in any case. An error before the directory is forced has published nothing.
 *
 * <p>Threading: thread-safe.
 */
public final class LocalCheckpointStorage implements CheckpointStorage {
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private final StoreFiles files;
    private final Path directory;

    /**
     * Creates a storage.
     *
     * @param files access to files
     * @param directory an existing directory; other files in it are left alone
     */
    public LocalCheckpointStorage(final StoreFiles files, final Path directory) {
        this.files = Objects.requireNonNull(files, "files");
        this.directory = Objects.requireNonNull(directory, "directory");
    }

    @Override
    public ObjectWriter create(final String name) {
        final Path path = location(name);
        return new LocalWriter(path, files.create(path));
    }

    @Override
    public RangeReader open(final String name) {
        RangeReader reader = null;
        try {
            try (StoreFile file = files.openRead(location(name))) {
                reader = file.mapRead();
            }
            return reader;
        } catch (final RuntimeException | Error e) {
            if (reader != null) {
                closeAfter(reader, e);
            }
            throw e;
        }
    }

    private static void closeAfter(final RangeReader reader, final Throwable cause) {
        try {
            reader.close();
        } catch (final RuntimeException | Error e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void publish(final String name, final ByteBuffer content) {
        final Path target = location(name);
        final Path temporary = location(name + TEMPORARY_SUFFIX);
        prepare(target, temporary, content);
        try {
            files.forceDirectory(directory);
            files.rename(temporary, target);
        } catch (final RuntimeException | Error e) {
            discard(temporary, e);
            throw e;
        }
        try {
            files.forceDirectory(directory);
        } catch (final RuntimeException e) {
            throw new StoreIoException(
                    "file was renamed but is not known to be durable: file=" + target + " cause: " + e.getMessage(), e);
        }
    }

    /** Makes the content durable under the temporary name; whatever fails here has published nothing. */
    private void prepare(final Path target, final Path temporary, final ByteBuffer content) {
        try {
            if (files.exists(target)) {
                throw new CheckpointFailedException("name is in use: file=" + target);
            }
            files.delete(temporary); // left by an attempt that crashed
            write(temporary, content);
        } catch (final StoreIoException e) {
            discard(temporary, e);
            throw new CheckpointFailedException(
                    "file could not be prepared, nothing was published: file=" + target + " cause: " + e.getMessage(),
                    e);
        } catch (final RuntimeException | Error e) {
            discard(temporary, e);
            throw e;
        }
    }

    private void write(final Path path, final ByteBuffer content) {
        try (StoreFile file = files.create(path)) {
            file.write(0, content);
            file.force(true);
        }
    }

    private void discard(final Path temporary, final Throwable cause) {
        try {
            files.delete(temporary);
        } catch (final StateStoreException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void delete(final String name) {
        files.delete(location(name));
    }

    @Override
    public void syncDeletions() {
        files.forceDirectory(directory);
    }

    @Override
    public List<String> deleteUnpublished() {
        final List<String> deleted = new ArrayList<>();
        for (final String name : files.list(directory)) {
            if (StoreFileNames.parseTemporaryManifest(name) != StoreFileNames.NOT_A_MATCH) {
                files.delete(location(name));
                deleted.add(name);
            }
        }
        return deleted;
    }

    @Override
    public List<String> list() {
        return files.list(directory);
    }

    @Override
    public boolean exists(final String name) {
        return files.exists(location(name));
    }

    @Override
    public Path location(final String name) {
        return directory.resolve(name);
    }

    @Override
    public long usableSpace() {
        return files.usableSpace(directory);
    }

    /** A file being written. */
    private final class LocalWriter implements ObjectWriter {
        private final Path path;
        private final StoreFile file;
        private long length;
        private boolean completed;
        private boolean closed;

        LocalWriter(final Path path, final StoreFile file) {
            this.path = path;
            this.file = file;
        }

        @Override
        public void write(final ByteBuffer source) {
            final int bytes = source.remaining();
            file.write(length, source);
            length += bytes;
        }

        @Override
        public void sync() {
            file.force(false);
        }

        @Override
        public void complete() {
            file.force(true);
            completed = true;
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            boolean whole = false;
            try {
                file.close();
                whole = completed;
            } finally {
                if (!whole) {
                    files.delete(path);
                }
            }
        }
    }
}

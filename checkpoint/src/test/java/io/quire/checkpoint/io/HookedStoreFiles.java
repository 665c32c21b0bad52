/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells of each operation before it is done: whoever is told may hold it up, throw, or note it.
 *
 * <p>Threading: as the files underneath.
 */
public final class HookedStoreFiles implements StoreFiles {
    private final StoreFiles files;
    private volatile Hook hook = (operation, path) -> {};

    /** Creates a layer that does nothing yet. */
    public HookedStoreFiles(final StoreFiles files) {
        this.files = files;
    }

    /** Is told of operations. */
    @FunctionalInterface
    public interface Hook {
        /** By the thread that is about to do the operation. */
        void before(FileOperation operation, Path path);
    }

    /** Tells somebody from now on, nobody else. */
    public void hook(final Hook newHook) {
        hook = newHook;
    }

    private void before(final FileOperation operation, final Path path) {
        hook.before(operation, path);
    }

    @Override
    public StoreFile create(final Path path) {
        before(FileOperation.CREATE, path);
        return new HookedFile(files.create(path));
    }

    @Override
    public StoreFile openRead(final Path path) {
        before(FileOperation.OPEN_READ, path);
        return files.openRead(path);
    }

    @Override
    public StoreFile openWrite(final Path path) {
        before(FileOperation.OPEN_WRITE, path);
        return new HookedFile(files.openWrite(path));
    }

    @Override
    public void createDirectories(final Path directory) {
        files.createDirectories(directory);
    }

    @Override
    public void rename(final Path from, final Path to) {
        before(FileOperation.RENAME, from);
        files.rename(from, to);
    }

    @Override
    public void delete(final Path path) {
        before(FileOperation.DELETE, path);
        files.delete(path);
    }

    @Override
    public void forceDirectory(final Path directory) {
        before(FileOperation.FORCE_DIRECTORY, directory);
        files.forceDirectory(directory);
    }

    @Override
    public List<String> list(final Path directory) {
        return files.list(directory);
    }

    @Override
    public boolean exists(final Path path) {
        return files.exists(path);
    }

    @Override
    public long usableSpace(final Path path) {
        return files.usableSpace(path);
    }

    private final class HookedFile implements StoreFile {
        private final StoreFile file;

        HookedFile(final StoreFile file) {
            this.file = file;
        }

        @Override
        public Path path() {
            return file.path();
        }

        @Override
        public void renamed(final Path path) {
            file.renamed(path);
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void write(final long position, final ByteBuffer source) {
            before(FileOperation.WRITE, path());
            file.write(position, source);
        }

        @Override
        public void read(final long position, final ByteBuffer target) {
            file.read(position, target);
        }

        @Override
        public void force(final boolean metadata) {
            before(FileOperation.FORCE, path());
            file.force(metadata);
        }

        @Override
        public boolean writeForced(final long position, final ByteBuffer source) {
            before(FileOperation.WRITE, path());
            before(FileOperation.FORCE, path());
            return file.writeForced(position, source);
        }

        @Override
        public void preallocate(final long length) {
            before(FileOperation.PREALLOCATE, path());
            file.preallocate(length);
        }

        @Override
        public void truncate(final long length) {
            file.truncate(length);
        }

        @Override
        public MappedFile mapRead() {
            return file.mapRead();
        }

        @Override
        public void close() {
            file.close(); // one that fails gives the handle back all the same
            before(FileOperation.CLOSE, path());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A file system in memory that fails on demand, knows what a power loss would leave, and notices handles left open.
 *
 * <ul> <li>Every call is counted; {@link #failAt} and {@link #failFrom} fail, shorten, tear or crash the N-th one or
 * all from the N-th on. {@link #ignore} makes calls of a kind do nothing and say they did: a force that lies.
 * <li>Writes count as durable once the file was forced, and names once the directory was. {@link #afterPowerLoss}
 * gives the file system as a power loss would leave it: of everything else any part may be there, whole, torn or not
 * at all. {@link #afterKill} gives it as the next process finds it when only this one died. <li>{@link #openHandles}
 * says which files and mappings are open and who opened them. </ul> Same calls and same seed, same outcome.
 *
 * <p>Threading: thread-safe.
 */
public final class FaultStoreFiles implements StoreFiles {
    private static final Supplier<String> NO_DETAIL = () -> "";
    private static final int[] SECTOR_LENGTHS = {512, 4096};

    private final SortedMap<Path, ModelDirectory> directories = new TreeMap<>();
    private final Map<Object, Throwable> open = new IdentityHashMap<>();
    private final List<String> calls = new ArrayList<>();
    private final Set<FileOperation> ignored = EnumSet.noneOf(FileOperation.class);
    private final Random tearing = new Random(42);
    private long callCount;
    private boolean recording;
    private long capacity = Long.MAX_VALUE;
    private long faultAt = Long.MAX_VALUE;
    private boolean persistent;
    private FileFault fault = FileFault.IO_ERROR;
    private boolean faultHit;
    private boolean dead;

    /** Creates an empty file system. */
    public FaultStoreFiles() {}

    /**
     * Makes one call fail.
     *
     * @param call number of the call, counted from now on, 0 = the next
     * @param kind how
     */
    public synchronized void failAt(final long call, final FileFault kind) {
        plan(call, kind, false);
    }

    /**
     * Makes all calls fail from one on.
     *
     * @param call number of the first, counted from now on, 0 = the next
     * @param kind how
     */
    public synchronized void failFrom(final long call, final FileFault kind) {
        plan(call, kind, true);
    }

    private void plan(final long call, final FileFault kind, final boolean forever) {
        calls.clear();
        callCount = 0;
        recording = call < Long.MAX_VALUE;
        faultAt = call;
        fault = kind;
        persistent = forever;
        faultHit = false;
    }

    /** Lets all calls succeed again, and counts them from 0. */
    public synchronized void heal() {
        plan(Long.MAX_VALUE, FileFault.IO_ERROR, false);
    }

    /**
     * Makes calls of a kind do nothing while they seem to succeed, to see that a test notices.
     *
     * @param operation which
     */
    public synchronized void ignore(final FileOperation operation) {
        ignored.add(operation);
    }

    /**
     * Limits what all files together may hold.
     *
     * @param bytes from which on calls that need space fail
     */
    public synchronized void setCapacity(final long bytes) {
        capacity = bytes;
    }

    /** {@return number of calls since the last plan} */
    public synchronized long callCount() {
        return callCount;
    }

    /** {@return the calls since a fault was planned, in order, with path and position} */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** {@return whether the planned fault has happened to a call} */
    public synchronized boolean faultHit() {
        return faultHit;
    }

    /** {@return what is open, with the stack that opened it; empty when nothing leaked} */
    public synchronized List<String> openHandles() {
        final List<String> handles = new ArrayList<>();
        open.forEach((handle, stack) -> {
            final StringBuilder text = new StringBuilder(String.valueOf(stack.getMessage()));
            for (final StackTraceElement element : stack.getStackTrace()) {
                text.append("\n    at ").append(element);
            }
            handles.add(text.toString());
        });
        return handles;
    }

    /**
     * The file system after a power loss now; this one is dead from then on.
     *
     * @param seed decides which unsynced changes are there
     * @return a file system in which everything is durable and nothing fails
     */
    public synchronized FaultStoreFiles afterPowerLoss(final long seed) {
        dead = true;
        final Random random = new Random(seed * 0x9E3779B97F4A7C15L); // Neighbouring seeds begin alike otherwise.
        final int sectorLength = SECTOR_LENGTHS[random.nextInt(SECTOR_LENGTHS.length)];
        final FaultStoreFiles after = new FaultStoreFiles();
        directories.forEach(
                (path, directory) -> after.directories.put(path, directory.afterPowerLoss(random, sectorLength)));
        return after;
    }

    /** {@return the file system after this process was killed: all is there, unsynced changes are still unsynced} */
    public synchronized FaultStoreFiles afterKill() {
        dead = true;
        final FaultStoreFiles after = new FaultStoreFiles();
        directories.forEach((path, directory) -> after.directories.put(path, directory.afterKill()));
        return after;
    }

    /**
     * Content of a file.
     *
     * @param path which
     * @return its bytes, or null when there is none
     */
    public synchronized byte[] content(final Path path) {
        final ModelInode inode = directory(path.getParent()).entries().get(name(path));
        return inode == null ? null : inode.content();
    }

    /**
     * Puts a file there, durably, whatever was there before.
     *
     * @param path which
     * @param bytes its content
     */
    public synchronized void setContent(final Path path, final byte[] bytes) {
        directories
                .computeIfAbsent(path.getParent(), p -> new ModelDirectory())
                .putDurable(name(path), new ModelInode(bytes));
    }

    private ModelDirectory directory(final Path path) {
        final ModelDirectory directory = directories.get(path);
        if (directory == null) {
            throw new StoreIoException("no such directory: " + path);
        }
        return directory;
    }

    private static String name(final Path path) {
        return path.getFileName().toString();
    }

    private ModelInode existing(final Path path) {
        final ModelInode inode = directory(path.getParent()).entries().get(name(path));
        if (inode == null) {
            throw new StoreIoException("no such file: " + path);
        }
        return inode;
    }

    /** A call: what it does, which faults may hit it, and what they do instead. */
    private synchronized <T> T call(
            final FileOperation operation, final Path path, final Supplier<String> detail, final Call<T> body) {
        return call(operation, path, detail, 0, body, kind -> {});
    }

    private synchronized <T> T call(
            final FileOperation operation,
            final Path path,
            final Supplier<String> detail,
            final long lengthNeeded,
            final Call<T> body,
            final PartialEffect onFault) {
        if (dead) {
            throw new SimulatedCrash(operation + " " + path + detail.get());
        }
        final String description = recording || capacity < Long.MAX_VALUE ? operation + " " + path + detail.get() : "";
        if (recording) {
            calls.add(description);
        }
        final long number = callCount++;
        if (number == faultAt || (persistent && number > faultAt)) {
            hit(operation, description, onFault);
            if (fault == FileFault.CRASH_AFTER) {
                body.run();
                dead = true;
                throw new SimulatedCrash(description);
            }
        }
        if (operation.needsSpace() && lengthNeeded > 0 && used() + lengthNeeded > capacity) {
            throw full(description, lengthNeeded);
        }
        return body.run();
    }

    private void hit(final FileOperation operation, final String description, final PartialEffect onFault) {
        switch (fault) {
            case CRASH_BEFORE -> {
                faultHit = true;
                dead = true;
                throw new SimulatedCrash(description);
            }
            case CRASH_AFTER -> faultHit = true;
            case DISK_FULL -> {
                if (operation.needsSpace()) {
                    faultHit = true;
                    throw full(description, 1);
                }
            }
            default -> {
                faultHit = true;
                onFault.apply(fault);
                if (fault == FileFault.SHORT_WRITE && operation == FileOperation.WRITE) {
                    throw full(description, 1);
                }
                throw new StoreIoException("injected fault: " + description);
            }
        }
    }

    private static StateStoreException full(final String description, final long lengthNeeded) {
        return new StoreFullException("disk full: " + description + " needed=" + lengthNeeded + " free=0");
    }

    /** {@return bytes of all files} */
    public synchronized long usedBytes() {
        return used();
    }

    private long used() {
        long used = 0;
        for (final ModelDirectory directory : directories.values()) {
            for (final ModelInode inode : directory.entries().values()) {
                used += inode.length();
            }
        }
        return used;
    }

    @FunctionalInterface
    private interface Call<T> {
        T run();
    }

    @FunctionalInterface
    private interface PartialEffect {
        void apply(FileFault kind);
    }

    @Override
    public StoreFile create(final Path path) {
        return call(FileOperation.CREATE, path, NO_DETAIL, () -> {
            final ModelDirectory directory = directory(path.getParent());
            if (directory.entries().containsKey(name(path))) {
                throw new StoreIoException("file exists: " + path);
            }
            final ModelInode inode = new ModelInode();
            directory.create(name(path), inode);
            return track(new ModelFile(path, inode, true));
        });
    }

    @Override
    public StoreFile openRead(final Path path) {
        return call(FileOperation.OPEN_READ, path, NO_DETAIL, () -> track(new ModelFile(path, existing(path), false)));
    }

    @Override
    public StoreFile openWrite(final Path path) {
        return call(FileOperation.OPEN_WRITE, path, NO_DETAIL, () -> track(new ModelFile(path, existing(path), true)));
    }

    private <T> T track(final T handle) {
        open.put(handle, new Throwable(handle.toString()));
        return handle;
    }

    @Override
    public void createDirectories(final Path directory) {
        call(FileOperation.CREATE_DIRECTORIES, directory, NO_DETAIL, () -> {
            for (Path path = directory; path != null; path = path.getParent()) {
                directories.computeIfAbsent(path, p -> new ModelDirectory());
            }
            return null;
        });
    }

    @Override
    public void rename(final Path from, final Path to) {
        call(FileOperation.RENAME, from, () -> " to " + name(to), () -> {
            existing(from);
            directory(from.getParent()).rename(name(from), name(to));
            return null;
        });
    }

    @Override
    public void delete(final Path path) {
        call(FileOperation.DELETE, path, NO_DETAIL, () -> {
            final ModelDirectory directory = directory(path.getParent());
            if (directory.entries().containsKey(name(path))) {
                directory.delete(name(path));
            }
            return null;
        });
    }

    @Override
    public void forceDirectory(final Path directory) {
        call(FileOperation.FORCE_DIRECTORY, directory, NO_DETAIL, () -> {
            if (!ignored.contains(FileOperation.FORCE_DIRECTORY)) {
                directory(directory).force();
            }
            return null;
        });
    }

    @Override
    public List<String> list(final Path directory) {
        return call(
                FileOperation.LIST,
                directory,
                NO_DETAIL,
                () -> directories.containsKey(directory)
                        ? List.copyOf(directory(directory).entries().keySet())
                        : Collections.<String>emptyList());
    }

    @Override
    public boolean exists(final Path path) {
        return call(
                FileOperation.EXISTS,
                path,
                NO_DETAIL,
                () -> directories.containsKey(path)
                        || (directories.containsKey(path.getParent())
                                && directory(path.getParent()).entries().containsKey(name(path))));
    }

    @Override
    public long usableSpace(final Path path) {
        return call(FileOperation.USABLE_SPACE, path, NO_DETAIL, () -> Math.max(0, capacity - used()));
    }

    /** An open file. */
    private final class ModelFile implements StoreFile {
        private final Path path;
        private final ModelInode inode;
        private final boolean writable;
        private boolean closed;

        ModelFile(final Path path, final ModelInode inode, final boolean writable) {
            this.path = path;
            this.inode = inode;
            this.writable = writable;
        }

        private void check(final boolean forWriting) {
            if (closed) {
                throw new StoreIoException("file is closed: " + path);
            }
            if (forWriting && !writable) {
                throw new StoreIoException("file is open for reading: " + path);
            }
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public long size() {
            return call(FileOperation.SIZE, path, NO_DETAIL, () -> {
                check(false);
                return (long) inode.length();
            });
        }

        @Override
        public void write(final long position, final ByteBuffer source) {
            final byte[] bytes = new byte[source.remaining()];
            source.duplicate().get(bytes);
            call(
                    FileOperation.WRITE,
                    path,
                    () -> "@" + position + "+" + bytes.length,
                    Math.max(0, position + bytes.length - inode.length()),
                    () -> {
                        check(true);
                        inode.write(Math.toIntExact(position), bytes);
                        source.position(source.limit());
                        return null;
                    },
                    kind -> writePart(Math.toIntExact(position), bytes, kind));
        }

        private void writePart(final int position, final byte[] bytes, final FileFault kind) {
            if (kind == FileFault.SHORT_WRITE && bytes.length > 1) {
                inode.write(position, Arrays.copyOf(bytes, bytes.length / 2));
            } else if (kind == FileFault.TORN_WRITE) {
                inode.tear(position, bytes, tearing);
            }
        }

        @Override
        public void read(final long position, final ByteBuffer target) {
            call(FileOperation.READ, path, () -> "@" + position + "+" + target.remaining(), () -> {
                check(false);
                final int count = target.remaining();
                if (position + count > inode.length()) {
                    throw new CorruptStoreException("file ends early: file=" + path + " offset=" + inode.length()
                            + " missing=" + (position + count - inode.length()) + " bytes");
                }
                final byte[] bytes = new byte[count];
                inode.read(Math.toIntExact(position), bytes, 0, count);
                target.put(bytes);
                return null;
            });
        }

        @Override
        public void force(final boolean metadata) {
            force(inode::force);
        }

        private void force(final Runnable forcing) {
            call(
                    FileOperation.FORCE,
                    path,
                    NO_DETAIL,
                    0,
                    () -> {
                        check(true);
                        if (!ignored.contains(FileOperation.FORCE)) {
                            forcing.run();
                        }
                        return null;
                    },
                    kind -> inode.loseUnsynced());
        }

        @Override
        public boolean writeForced(final long position, final ByteBuffer source) {
            final int count = source.remaining();
            write(position, source);
            force(() -> inode.force(Math.toIntExact(position), count));
            return true;
        }

        @Override
        public void preallocate(final long length) {
            call(
                    FileOperation.PREALLOCATE,
                    path,
                    () -> " to " + length,
                    Math.max(0, length - inode.length()),
                    () -> {
                        check(true);
                        final int missing = Math.toIntExact(length) - inode.length();
                        if (missing > 0) {
                            inode.write(inode.length(), new byte[missing]);
                        }
                        return null;
                    },
                    kind -> {});
        }

        @Override
        public void truncate(final long length) {
            call(FileOperation.TRUNCATE, path, () -> " to " + length, () -> {
                check(true);
                if (length < inode.length()) {
                    inode.setLength(Math.toIntExact(length));
                }
                return null;
            });
        }

        @Override
        public MappedFile mapRead() {
            return call(FileOperation.MAP, path, NO_DETAIL, () -> {
                check(false);
                return track(new ModelMappedFile(path, inode));
            });
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                closing(this, path);
            }
        }

        @Override
        public String toString() {
            return "file " + path;
        }
    }

    private synchronized void closing(final Object handle, final Path path) {
        open.remove(handle);
        call(FileOperation.CLOSE, path, NO_DETAIL, () -> null);
    }

    /** A mapping: the file as it is at each moment, up to the length it had when it was mapped. */
    private final class ModelMappedFile implements MappedFile {
        private final Path path;
        private final ModelInode inode;
        private final long size;
        private boolean closed;

        ModelMappedFile(final Path path, final ModelInode inode) {
            this.path = path;
            this.inode = inode;
            size = inode.length();
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void copy(final long position, final long targetPointer, final int length) {
            call(FileOperation.COPY, path, () -> "@" + position + "+" + length, () -> {
                if (position < 0 || length < 0 || position > size - length) {
                    throw new CorruptStoreException("range outside the file: file=" + path + " offset=" + position
                            + " length=" + length + " file length=" + size);
                }
                if (closed) {
                    throw new StoreClosedException("mapping is closed: file=" + path);
                }
                if (position + length > inode.length()) {
                    throw new StoreIoException("cannot read mapped file " + path + " at offset " + position + " length="
                            + length + ": cut after it was opened");
                }
                RawMemory.copy(inode.rawBytes(), RawMemory.ARRAY_OFFSET + position, null, targetPointer, length);
                return null;
            });
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                closing(this, path);
            }
        }

        @Override
        public String toString() {
            return "mapping " + path;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.MappedFile;
import io.quire.checkpoint.io.StoreFile;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file system in memory that fails on demand and loses power. It knows what was forced; a power loss keeps or drops
 * each other sector of 512 bytes by chance, keeps files at any length between the forced and the last one, and undoes a
 * random number of the last changes of names. After a failed force the cache still shows what the disk never got.
 */
final class SimulatedFiles implements StoreFiles {
    static final int SECTOR = 512;

    /** What a call that is made to fail does. */
    enum Fault {
        /** The system refuses; nothing happens, or a part of a write. */
        IO_ERROR,
        /** The disk is full; a part of a write may happen. */
        DISK_FULL,
        /** A write or a preallocation does its first half, then the disk is full; the system refuses all others. */
        SHORT_WRITE,
        /** The process dies in the call; a part of a write may happen. */
        KILL
    }

    /** Thrown instead of an exception of a store, so that nobody handles it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static final class Node {
        private byte[] cached = new byte[0];
        private byte[] durable = new byte[0];
        private final BitSet dirty = new BitSet(); // sectors that the disk may or may not have
        private int forcedLength;

        void set(final int offset, final byte[] bytes, final int length) {
            if (offset + length > cached.length) {
                cached = Arrays.copyOf(cached, offset + length);
            }
            System.arraycopy(bytes, 0, cached, offset, length);
            dirty.set(offset / SECTOR, (offset + length - 1) / SECTOR + 1);
        }

        void force() {
            final byte[] next = Arrays.copyOf(durable, cached.length);
            for (int i = dirty.nextSetBit(0); i >= 0; i = dirty.nextSetBit(i + 1)) {
                copySector(cached, next, i);
            }
            durable = next;
            forcedLength = cached.length;
            dirty.clear();
        }

        /** A range of bytes, with the length it needs, and nothing before it. */
        void force(final int offset, final int length) {
            forcedLength = Math.max(forcedLength, offset + length);
            durable = Arrays.copyOf(durable, forcedLength);
            for (int i = offset / SECTOR; i <= (offset + length - 1) / SECTOR; i++) {
                copySector(cached, durable, i);
                dirty.clear(i);
            }
        }

        void losePower(final Random random) {
            final int length = forcedLength + random.nextInt(Math.max(0, cached.length - forcedLength) + 1);
            final byte[] next = Arrays.copyOf(durable, length);
            final int keepPercent = random.nextInt(101);
            for (int i = dirty.nextSetBit(0); i >= 0; i = dirty.nextSetBit(i + 1)) {
                if (random.nextInt(100) < keepPercent) {
                    copySector(cached, next, i);
                }
            }
            cached = next;
            durable = next.clone();
            forcedLength = length;
            dirty.clear();
        }

        private static void copySector(final byte[] from, final byte[] to, final int sector) {
            final int start = sector * SECTOR;
            final int end = Math.min(Math.min(start + SECTOR, from.length), to.length);
            if (start < end) {
                System.arraycopy(from, start, to, start, end - start);
            }
        }
    }

    private final TreeMap<String, Node> names = new TreeMap<>();
    private final List<TreeMap<String, Node>> namesBefore = new ArrayList<>(); // since the directory was forced
    private final Random random;
    private int callCount;
    private int failingCall = -1;
    private Fault fault = Fault.IO_ERROR;
    private boolean isPersistent;
    private boolean isDead;
    private int openCount;
    private long forceCount;
    private Runnable meanwhile = () -> {};
    private boolean hasForcedWrites = true;
    private int refusedForcedWriteCount;

    SimulatedFiles(final long seed) {
        random = new Random(seed);
    }

    /** Makes the n-th call from now on fail, 0 = the next one. */
    void failCall(final int n, final Fault newFault, final boolean newPersistent) {
        failingCall = callCount + n;
        fault = newFault;
        isPersistent = newPersistent;
    }

    /** What happens while zeros are written, and while a force is under way: half is done already. */
    void meanwhile(final Runnable newMeanwhile) {
        meanwhile = newMeanwhile;
    }

    /** As on a system that has no call which writes and forces. */
    void refuseForcedWrites() {
        hasForcedWrites = false;
    }

    int refusedForcedWriteCount() {
        return refusedForcedWriteCount;
    }

    void failNothing() {
        failingCall = -1;
        isDead = false;
    }

    boolean hasFailed() {
        return failingCall >= 0 && callCount > failingCall;
    }

    int callCount() {
        return callCount;
    }

    int openCount() {
        return openCount;
    }

    long forceCount() {
        return forceCount;
    }

    void forgetOpenFiles() {
        openCount = 0;
    }

    void losePower() {
        failNothing();
        if (!namesBefore.isEmpty()) {
            final int kept = random.nextInt(namesBefore.size() + 1);
            if (kept < namesBefore.size()) {
                final TreeMap<String, Node> old = namesBefore.get(kept);
                names.clear();
                names.putAll(old);
            }
            namesBefore.clear();
        }
        names.values().forEach(node -> node.losePower(random));
    }

    List<String> names() {
        return names.keySet().stream()
                .map(name -> Path.of(name).getFileName().toString())
                .toList();
    }

    byte[] content(final Path path) {
        return names.get(path.toString()).cached;
    }

    void setContent(final Path path, final byte[] bytes) {
        final Node node = new Node();
        node.set(0, bytes, bytes.length);
        node.force();
        names.put(path.toString(), node);
    }

    void remove(final Path path) {
        names.remove(path.toString());
    }

    /** Counts a call; true when it must fail. */
    private boolean isFailing() {
        if (isDead) {
            throw new Killed();
        }
        final boolean failing = failingCall >= 0
                && (isPersistent || fault == Fault.KILL ? callCount >= failingCall : callCount == failingCall);
        callCount++;
        return failing;
    }

    private RuntimeException failure(final String action, final Path path) {
        if (fault == Fault.KILL) {
            isDead = true;
            throw new Killed();
        }
        final boolean isFull = fault == Fault.SHORT_WRITE
                ? action.equals("write") || action.equals("preallocate")
                : fault == Fault.DISK_FULL;
        return isFull
                ? new StoreFullException("simulated: disk full: " + action + " " + path)
                : new StoreIoException("simulated: cannot " + action + " " + path);
    }

    /** How much of what a failing call was to write is there. */
    private int part(final int length) {
        return fault == Fault.SHORT_WRITE ? length / 2 : random.nextInt(length + 1);
    }

    private void check(final String action, final Path path) {
        if (isFailing()) {
            throw failure(action, path);
        }
    }

    private void rememberNames() {
        namesBefore.add(new TreeMap<>(names));
    }

    private Node node(final Path path) {
        final Node node = names.get(path.toString());
        if (node == null) {
            throw new StoreIoException("simulated: no such file " + path);
        }
        return node;
    }

    @Override
    public StoreFile create(final Path path) {
        check("create", path);
        if (names.containsKey(path.toString())) {
            throw new StoreIoException("simulated: exists " + path);
        }
        rememberNames();
        names.put(path.toString(), new Node());
        return new SimulatedFile(path, node(path));
    }

    @Override
    public StoreFile openRead(final Path path) {
        check("open", path);
        return new SimulatedFile(path, node(path));
    }

    @Override
    public StoreFile openWrite(final Path path) {
        return openRead(path);
    }

    @Override
    public void createDirectories(final Path directory) {
        check("create directories", directory);
    }

    @Override
    public void rename(final Path from, final Path to) {
        check("rename", from);
        final Node node = node(from);
        rememberNames();
        names.remove(from.toString());
        names.put(to.toString(), node);
    }

    @Override
    public void delete(final Path path) {
        check("delete", path);
        if (names.containsKey(path.toString())) {
            rememberNames();
            names.remove(path.toString());
        }
    }

    @Override
    public void forceDirectory(final Path directory) {
        check("force directory", directory);
        namesBefore.clear();
    }

    @Override
    public List<String> list(final Path directory) {
        check("list", directory);
        return names.keySet().stream()
                .map(Path::of)
                .filter(path -> directory.equals(path.getParent()))
                .map(path -> path.getFileName().toString())
                .sorted()
                .toList();
    }

    @Override
    public boolean exists(final Path path) {
        check("look up", path);
        return names.containsKey(path.toString());
    }

    @Override
    public long usableSpace(final Path path) {
        return Long.MAX_VALUE;
    }

    private final class SimulatedFile implements StoreFile {
        private final Path path;
        private final Node node;
        private boolean isClosed;

        private SimulatedFile(final Path path, final Node node) {
            this.path = path;
            this.node = node;
            openCount++;
        }

        private void checkOpen() {
            if (isClosed) {
                throw new AssertionError("used after close: " + path);
            }
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public long size() {
            checkOpen();
            return node.cached.length;
        }

        @Override
        public void write(final long position, final ByteBuffer source) {
            checkOpen();
            final byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            if (isFailing()) {
                final int part = part(bytes.length);
                if (part > 0) {
                    node.set((int) position, bytes, part);
                }
                throw failure("write", path);
            }
            node.set((int) position, bytes, bytes.length);
        }

        @Override
        public void read(final long position, final ByteBuffer target) {
            checkOpen();
            check("read", path);
            if (position + target.remaining() > node.cached.length) {
                throw new CorruptStoreException("simulated: ends early " + path);
            }
            target.put(node.cached, (int) position, target.remaining());
        }

        @Override
        public void force(final boolean metadata) {
            checkOpen();
            if (isFailing()) {
                if (fault != Fault.KILL) {
                    node.dirty.clear(); // lost, though the cache still shows it
                }
                throw failure("force", path);
            }
            forceCount++;
            node.force();
            meanwhile.run(); // a force says nothing about what is written while it is under way
        }

        @Override
        public boolean writeForced(final long position, final ByteBuffer source) {
            final int length = source.remaining();
            if (!hasForcedWrites) {
                refusedForcedWriteCount++;
                return false;
            }
            if (position + length > node.cached.length) {
                throw new AssertionError("no space was prepared at offset " + position + " of " + path);
            }
            write(position, source);
            if (isFailing()) {
                if (fault != Fault.KILL) {
                    node.dirty.clear(); // lost, though the cache still shows it
                }
                throw failure("write and force", path);
            }
            forceCount++;
            node.force((int) position, length);
            return true;
        }

        @Override
        public void preallocate(final long length) {
            checkOpen();
            final int missing = (int) length - node.cached.length;
            if (missing <= 0) {
                return;
            }
            if (isFailing()) {
                final int part = part(missing);
                if (part > 0) {
                    node.set(node.cached.length, new byte[part], part);
                }
                throw failure("preallocate", path);
            }
            final int half = missing / 2;
            if (half > 0) {
                node.set(node.cached.length, new byte[half], half);
            }
            meanwhile.run();
            node.set(node.cached.length, new byte[missing - half], missing - half);
        }

        @Override
        public void truncate(final long length) {
            throw new AssertionError("the log cuts no file");
        }

        @Override
        public MappedFile mapRead() {
            throw new AssertionError("the log maps no file");
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                openCount--;
            }
        }
    }
}

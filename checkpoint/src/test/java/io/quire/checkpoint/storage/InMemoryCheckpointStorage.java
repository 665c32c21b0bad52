/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.storage;

import io.quire.checkpoint.io.RangeReader;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Objects as byte arrays, the way an object store has them, with a limit to their sum. */
public final class InMemoryCheckpointStorage implements CheckpointStorage {
    private final NavigableMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
    private final AtomicLong writtenLength = new AtomicLong();
    private final AtomicLong openCount = new AtomicLong();
    private volatile long capacity = Long.MAX_VALUE;

    /** Bytes of all objects together. */
    public long length() {
        return objects.values().stream().mapToLong(bytes -> bytes.length).sum();
    }

    /** Bytes written to objects so far. */
    public long writtenLength() {
        return writtenLength.get();
    }

    /** Readers that were not closed. */
    public long openCount() {
        return openCount.get();
    }

    /** Lets no more be written than this. */
    public void capacity(final long bytes) {
        capacity = bytes;
    }

    /** Flips a bit in the middle of an object. */
    public void damage(final String name) {
        final byte[] bytes = objects.get(name).clone();
        bytes[bytes.length / 2] ^= 1;
        objects.put(name, bytes);
    }

    @Override
    public ObjectWriter create(final String name) {
        if (objects.containsKey(name)) {
            throw new StoreIoException("name is in use: " + location(name));
        }
        return new Writer(name);
    }

    @Override
    public RangeReader open(final String name) {
        final byte[] bytes = objects.get(name);
        if (bytes == null) {
            throw new StoreIoException("no such object: " + location(name));
        }
        openCount.incrementAndGet();
        return new Reader(name, bytes);
    }

    @Override
    public void publish(final String name, final ByteBuffer content) {
        final byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        checkRoom(name, bytes.length);
        if (objects.putIfAbsent(name, bytes) != null) {
            throw new CheckpointFailedException("name is in use: " + location(name));
        }
        writtenLength.addAndGet(bytes.length);
    }

    private void checkRoom(final String name, final long length) {
        if (length() + length > capacity) {
            throw new StoreFullException("no room: " + location(name) + " needed=" + length);
        }
    }

    @Override
    public void delete(final String name) {
        objects.remove(name);
    }

    @Override
    public void syncDeletions() {
        // what is gone is gone
    }

    @Override
    public List<String> deleteUnpublished() {
        return List.of();
    }

    @Override
    public List<String> list() {
        return List.copyOf(objects.keySet());
    }

    @Override
    public boolean exists(final String name) {
        return objects.containsKey(name);
    }

    @Override
    public Path location(final String name) {
        return Path.of("in-memory", name);
    }

    private final class Writer implements ObjectWriter {
        private final String name;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Writer(final String name) {
            this.name = name;
        }

        @Override
        public void write(final ByteBuffer source) {
            final byte[] piece = new byte[source.remaining()];
            checkRoom(name, bytes.size() + piece.length);
            source.get(piece);
            bytes.write(piece, 0, piece.length);
            writtenLength.addAndGet(piece.length);
        }

        @Override
        public void sync() {
            // cannot be done in parts
        }

        @Override
        public void complete() {
            objects.put(name, bytes.toByteArray());
        }

        @Override
        public void close() {
            bytes.reset();
        }
    }

    private final class Reader implements RangeReader {
        private final String name;
        private final byte[] bytes;
        private boolean closed;

        Reader(final String name, final byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public Path path() {
            return location(name);
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void copy(final long position, final long targetPointer, final int length) {
            if (position < 0 || length < 0 || position > bytes.length - length) {
                throw new CorruptStoreException("range outside the object: " + path() + " offset=" + position
                        + " length=" + length + " size=" + bytes.length);
            }
            if (!objects.containsKey(name)) { // an object store keeps nothing for who reads
                throw new StoreIoException("no such object any more: " + location(name));
            }
            final byte[] range = Arrays.copyOfRange(bytes, (int) position, (int) position + length);
            RawMemory.copy(range, RawMemory.ARRAY_OFFSET, null, targetPointer, length);
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                openCount.decrementAndGet();
            }
        }
    }
}

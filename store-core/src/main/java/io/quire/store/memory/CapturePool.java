/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

/**
 * Bounded queue of captured pages from the writer to the checkpointer, in chunks that are allocated when they are first
 * needed and used again: a store that captures little takes two, one that captures much never asks the system again.
 *
 * <p>An entry is the page number (4 bytes, 4 unused), the mask of its lines (8) and the lines one after the other; none
 * goes across the end of a chunk. Room is given back chunk by chunk while the consumer works, so that a writer who
 * waits need not wait for all of them.
 *
 * <p>Threading: {@link #claim}, {@link #commit} by the producer; {@link #read} by the consumer; {@link #clear} by
 * either while the other is known to be elsewhere; {@link #usedLength} from any thread.
 */
final class CapturePool implements AutoCloseable {
    static final int PAGE_FIELD_OFFSET = 0;
    static final int MASK_FIELD_OFFSET = Long.BYTES;
    static final int LINES_OFFSET = 2 * Long.BYTES;

    private static final int CHUNK_LENGTH_MAX = 256 * 1024;
    /** Fewest chunks: one is written while another is read. */
    private static final int CHUNK_COUNT_MIN = 4;

    private final int chunkLength;
    private final Chunk[] chunks;
    private final OneToOneConcurrentArrayQueue<Chunk> filled;
    private final OneToOneConcurrentArrayQueue<Chunk> free;
    private final AtomicLong writtenLength = new AtomicLong();
    private final AtomicLong readLength = new AtomicLong();

    private int allocatedCount;
    private int chunkCountMax;
    private Chunk writing;
    private int writePosition;
    private Chunk reading;
    private int readPosition;

    /**
     * Creates a pool and allocates the first two chunks.
     *
     * @param poolLength most bytes it takes, a power of two, at least {@link PageCapture#POOL_LENGTH_MIN}
     */
    CapturePool(final int poolLength) {
        chunkLength = Math.min(CHUNK_LENGTH_MAX, poolLength / CHUNK_COUNT_MIN);
        chunkCountMax = poolLength / chunkLength;
        chunks = new Chunk[chunkCountMax];
        filled = new OneToOneConcurrentArrayQueue<>(chunkCountMax);
        free = new OneToOneConcurrentArrayQueue<>(chunkCountMax);
        free.offer(allocate());
        free.offer(allocate());
    }

    private Chunk allocate() {
        final Chunk chunk = new Chunk(RawMemory.allocate(chunkLength));
        chunks[allocatedCount++] = chunk;
        return chunk;
    }

    /** {@return most bytes the pool takes} */
    int length() {
        return chunks.length * chunkLength;
    }

    /** {@return bytes of the entries that are not read yet} */
    long usedLength() {
        final long read = readLength.get(); // first, or an entry read meanwhile would make it negative
        return writtenLength.get() - read;
    }

    /**
     * Takes room for an entry.
     *
     * @param length bytes, at most {@link #LINES_OFFSET} and a page
     * @return pointer to it, or 0 when there is none at present
     */
    long claim(final int length) {
        if (writing == null || writePosition + length > chunkLength) {
            final Chunk next = nextChunk();
            if (next == null) {
                return 0;
            }
            next.limit.lazySet(0);
            filled.offer(next); // always has room: as many as there are chunks
            writing = next;
            writePosition = 0;
        }
        return writing.pointer + writePosition;
    }

    private Chunk nextChunk() {
        final Chunk returned = free.poll();
        if (returned != null || allocatedCount == chunkCountMax) {
            return returned;
        }
        try {
            return allocate();
        } catch (final OutOfMemoryError e) {
            chunkCountMax = allocatedCount; // goes on with what it has: the page is claimed and must be handed over
            return null;
        }
    }

    /** Hands the entry last claimed over. */
    void commit(final int length) {
        writePosition += length;
        writtenLength.lazySet(writtenLength.getPlain() + length);
        writing.limit.lazySet(writePosition);
    }

    /**
     * Hands every entry there is to a consumer.
     *
     * @return how many there were
     */
    int read(final CapturedPageConsumer consumer) {
        int count = 0;
        while (advance()) {
            final long entry = reading.pointer + readPosition;
            final long mask = RawMemory.getLong(entry + MASK_FIELD_OFFSET);
            consumer.accept(RawMemory.getInt(entry + PAGE_FIELD_OFFSET), mask, entry + LINES_OFFSET);
            final int length = LINES_OFFSET + Long.bitCount(mask) * PageDescriptor.LINE_LENGTH;
            readPosition += length;
            readLength.lazySet(readLength.getPlain() + length);
            count++;
        }
        return count;
    }

    /** Goes to the next entry, and to the next chunk when the writer has. */
    private boolean advance() {
        while (reading == null || readPosition == reading.limit.get()) {
            final Chunk next = filled.peek();
            if (next == null) {
                return false;
            }
            if (reading != null) {
                if (readPosition != reading.limit.get()) {
                    return true; // came before the writer went on
                }
                free.offer(reading);
            }
            reading = filled.poll();
            readPosition = 0;
        }
        return true;
    }

    /** Forgets the entries that are not read yet. */
    void clear() {
        read((page, mask, lines) -> {});
    }

    @Override
    public void close() {
        for (int i = 0; i < allocatedCount; i++) {
            RawMemory.free(chunks[i].pointer);
        }
        allocatedCount = 0;
        chunkCountMax = 0;
    }

    /** A piece of memory; {@link #limit} is where the last entry handed over ends. */
    private static final class Chunk {
        private final long pointer;
        private final AtomicLong limit = new AtomicLong();

        Chunk(final long pointer) {
            this.pointer = pointer;
        }
    }
}

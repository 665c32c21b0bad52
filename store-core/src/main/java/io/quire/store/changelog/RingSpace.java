/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The space behind the body of a ring. The file has its whole length from the beginning. Its pages are taken, by
 * writing zeros, all before the ring is used; or during its first lap, a little ahead of the producer, so that a store
 * that writes little takes little. What has no space behind it is never touched through the mapping, where a full file
 * system would be a signal.
 *
 * <p>Positions are the log's. The body is taken from the page of the start position on, once around.
 *
 * <p>Threading: {@link #end} from any thread; taking space is serialised by this object's lock.
 */
final class RingSpace implements AutoCloseable {
    /** What {@link #end} returns once the whole body has space. */
    static final long COMPLETE = Long.MAX_VALUE;

    private static final int STEP = 128 * 1024;
    private static final int FIRST = 256 * 1024;
    private static final int AHEAD_MIN = 128 * 1024;
    private static final int AHEAD_MAX = 4 * 1024 * 1024;
    private static final byte[] ZEROS = new byte[PageDescriptor.EXTENT_LENGTH];

    private final Path path;
    private final RandomAccessFile file;
    private final long bodyPointer;
    private final int capacity;
    private long start; // page of the start position
    private volatile long end;
    private boolean isRefused; // by the system; the producer meets the same, once it needs the space

    /**
     * Prepares to take space.
     *
     * @param path of the ring, for messages
     * @param file open for writing; closed once the whole body has space
     * @param bodyPointer native pointer of the mapped body
     * @param capacity bytes of the body
     */
    RingSpace(final Path path, final RandomAccessFile file, final long bodyPointer, final int capacity) {
        this.path = path;
        this.file = file;
        this.bodyPointer = bodyPointer;
        this.capacity = capacity;
    }

    /** Takes the space of the whole body; before {@link #start}. */
    synchronized void takeAll() {
        for (int index = 0; index < capacity; index += STEP) {
            final int length = Math.min(STEP, capacity - index);
            writeZeros(index, length);
            map(index, length);
        }
        end = COMPLETE;
        close();
    }

    /** Takes the first piece, from the start position on. */
    synchronized void start(final long startPosition) {
        if (end == COMPLETE) {
            return;
        }
        start = startPosition & -PageDescriptor.PAGE_LENGTH;
        end = start;
        take(startPosition + FIRST);
    }

    /** Log position up to which the body has space. */
    long end() {
        return end;
    }

    /** Bytes of the body that have space. */
    synchronized int length() {
        return end == COMPLETE ? capacity : (int) (end - start);
    }

    /**
     * Takes the space up to a log position, rounded up to pages; does nothing where it was taken.
     *
     * @throws StoreFullException when there is none
     * @throws StoreIoException when the system refuses otherwise
     */
    synchronized void take(final long position) {
        final long limit = start + capacity;
        final long target = Math.min((position + PageDescriptor.PAGE_LENGTH - 1) & -PageDescriptor.PAGE_LENGTH, limit);
        while (end < target) {
            final int index = (int) (end & (capacity - 1));
            final int length = (int) Math.min(Math.min(STEP, target - end), capacity - index);
            writeZeros(index, length);
            map(index, length);
            end = end + length == limit ? COMPLETE : end + length; // written under the lock only
        }
        if (end == COMPLETE) {
            close();
        }
    }

    /** Takes another piece when the producer may soon need it: as much again as it has used, within limits. */
    void takeAhead(final long tail) {
        final long taken = end;
        if (taken != COMPLETE && !isRefused) {
            final long ahead = Math.max(AHEAD_MIN, Math.min(AHEAD_MAX, tail - start));
            if (taken - tail < ahead) {
                try {
                    take(taken + STEP);
                } catch (final StoreFullException | StoreIoException e) {
                    isRefused = true; // not lost: the producer gets the same exception from the same call
                }
            }
        }
    }

    private void writeZeros(final int index, final int length) {
        try {
            file.seek(ChangeRingDescriptor.BODY_OFFSET + (long) index);
            for (int done = 0; done < length; done += ZEROS.length) {
                file.write(ZEROS, 0, Math.min(ZEROS.length, length - done));
            }
        } catch (final IOException e) {
            throw failure(path, capacity, e);
        }
    }

    /** A read maps the page, and on a memory file system its neighbours too, so that the writer does not fault. */
    private void map(final int index, final int length) {
        long sum = 0;
        for (int offset = 0; offset < length; offset += PageDescriptor.PAGE_LENGTH) {
            sum += RawMemory.getByte(bodyPointer + index + offset);
        }
        assert sum == 0 : "space not used before is zero; sum=" + sum;
    }

    static RuntimeException failure(final Path path, final int capacity, final Throwable cause) {
        long free = -1;
        try {
            free = Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace();
        } catch (final IOException e) {
            cause.addSuppressed(e);
        }
        final String message = String.valueOf(cause.getMessage());
        if (message.contains("No space left") || message.contains("quota")) {
            return new StoreFullException(
                    "no space for the change-log ring: file=" + path + " needed="
                            + (ChangeRingDescriptor.BODY_OFFSET + (long) capacity) + " free=" + free
                            + "; free space there or configure a smaller ring, then open again",
                    cause);
        }
        return new StoreIoException(
                "no space could be taken for the change-log ring: file=" + path + " capacity=" + capacity + " ("
                        + (cause instanceof IOException io ? SystemReason.of(io) : cause.toString()) + ")",
                cause);
    }

    @Override
    public synchronized void close() {
        try {
            file.close();
        } catch (final IOException e) {
            throw new StoreIoException("change-log ring could not be closed: file=" + path, e);
        }
    }
}

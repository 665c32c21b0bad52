/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.Threads;
import io.quire.checkpoint.storage.ObjectWriter;
import io.quire.store.errors.CheckpointFailedException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.agrona.BufferUtil;

/**
 * Writes full buffers to an object, in order, and makes them durable piece by piece, on a thread that lasts as long as
 * the object is written: so the disk has work while blocks are compressed, and little is left to force at the end.
 *
 * <p>A buffer is filled, waits to be written, is being written, or is empty; there are {@value #BUFFER_COUNT} at most,
 * so whoever fills them waits when the disk is slower. After a failure nothing more is written or made durable, and the
 * failure is thrown to whoever fills, at the latest by {@link #finish}. A thread that has ended and could not say why,
 * as when there is no memory left to say it with, is a failure too: it has to say that it came to the end in order.
 *
 * <p>Threading: confined to the thread that fills the buffers, but for its own thread; the object belongs to that one
 * until {@link #finish} or {@link #close} has returned.
 */
final class WriteBehind implements AutoCloseable {
    private static final int BUFFER_COUNT = 16;
    private static final long LOOK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ObjectWriter object;
    private final long forceLength;
    private final int bufferLength;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<ByteBuffer> full = new ArrayDeque<>(); // guarded by the lock, like all down to givenUp
    private final Queue<ByteBuffer> empty = new ArrayDeque<>();
    private boolean ending; // nothing more comes
    private boolean givenUp;
    private volatile Throwable failure; // not guarded: to ask for the lock may take memory that is not there
    private volatile boolean endedInOrder;

    private final List<ByteBuffer> all = new ArrayList<>();
    private int countMax = BUFFER_COUNT;
    private long unforced; // the thread's own

    private WriteBehind(final ObjectWriter object, final ByteBuffer first, final long forceLength) {
        this.object = object;
        this.forceLength = forceLength;
        bufferLength = first.capacity();
        all.add(first);
        thread = new Thread(this::run, "quire-checkpoint-writer");
        thread.setDaemon(true);
    }

    /**
     * Starts the thread.
     *
     * @param object what is written; nobody else may use it from now on
     * @param first buffer that is filled at the moment, freed with the others by {@link #close}
     * @param forceLength bytes after which what was written is made durable; 0 = never
     * @param threadStarter starts a thread
     * @return null when the system has no thread to give; then nothing was changed
     */
    static WriteBehind start(
            final ObjectWriter object,
            final ByteBuffer first,
            final long forceLength,
            final Consumer<Thread> threadStarter) {
        final WriteBehind behind = new WriteBehind(object, first, forceLength);
        try {
            threadStarter.accept(behind.thread);
            return behind;
        } catch (final OutOfMemoryError e) { // what Java says when there are too many threads
            System.getLogger(WriteBehind.class.getName())
                    .log(Level.DEBUG, "no thread to write with, the file is written without", e);
            return null;
        }
    }

    /**
     * Hands a buffer over; waits while all are full.
     *
     * @param filled with what to write between its position and its limit
     * @return an empty buffer to fill next
     */
    ByteBuffer exchange(final ByteBuffer filled) {
        lock.lock();
        try {
            checkFailure();
            full.add(filled);
            changed.signalAll();
            if (!empty.isEmpty()) {
                return empty.remove();
            }
        } finally {
            lock.unlock();
        }
        final ByteBuffer another = allocate();
        return another == null ? awaitEmpty() : another;
    }

    /** {@return one more buffer, or null when there are enough or no more memory is to be had} */
    private ByteBuffer allocate() {
        if (all.size() >= countMax) {
            return null;
        }
        try {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(bufferLength).order(ByteOrder.LITTLE_ENDIAN);
            all.add(buffer);
            return buffer;
        } catch (final OutOfMemoryError e) {
            countMax = all.size(); // one is enough to go on, if only by turns
            return null;
        }
    }

    private ByteBuffer awaitEmpty() {
        boolean interrupted = false;
        lock.lock();
        try {
            while (empty.isEmpty() && failure == null && thread.isAlive()) {
                try {
                    changed.awaitNanos(LOOK_INTERVAL_NS); // a thread without memory may end and not signal it
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
            checkFailure();
            return empty.remove();
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void checkFailure() {
        final boolean ended = !thread.isAlive(); // before the failure is read, which then is there if it ever was
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failure != null) {
            throw (Error) failure;
        }
        if (ended && !endedInOrder) {
            throw endedEarly();
        }
    }

    private CheckpointFailedException endedEarly() {
        return new CheckpointFailedException(
                "thread that writes the checkpoint file has ended before the file has: thread=" + thread.getName()
                        + "; the next checkpoint has what this one was to save");
    }

    /** Waits until everything is written and the thread has ended; what is left to force is the caller's affair. */
    void finish() {
        end(false);
        lock.lock();
        try {
            checkFailure();
            if (!full.isEmpty()) {
                throw endedEarly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void end(final boolean giveUp) {
        lock.lock();
        try {
            ending = true;
            givenUp = giveUp;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Threads.join(thread);
    }

    private void run() {
        try {
            ByteBuffer next = take();
            while (next != null) {
                Thread.interrupted(); // means nothing here, and would close the file
                final int length = next.remaining();
                object.write(next);
                giveBack(next);
                force(length);
                next = take();
            }
            endedInOrder = true; // nothing after it
        } catch (final RuntimeException | Error e) {
            fail(e);
        }
    }

    private ByteBuffer take() {
        lock.lock();
        try {
            while (full.isEmpty() && !ending) {
                changed.awaitUninterruptibly();
            }
            return givenUp ? null : full.poll();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(final ByteBuffer written) {
        written.clear();
        lock.lock();
        try {
            empty.add(written);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void force(final int length) {
        unforced += length;
        if (forceLength > 0 && unforced >= forceLength) {
            object.sync();
            unforced = 0;
        }
    }

    private void fail(final Throwable cause) {
        failure = cause;
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives up what is not written, waits for the thread and frees all buffers, the one being filled included. */
    @Override
    public void close() {
        end(true);
        all.forEach(BufferUtil::free);
        all.clear();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.Threads;
import io.quire.checkpoint.storage.ObjectWriter;
import io.quire.store.errors.CheckpointFailedException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.agrona.BufferUtil;

/**
 * Writes full buffers to an object, in order, and makes them durable piece by piece, on a thread that lasts as long as
 * the object is written: so the disk has work while blocks are compressed, and little is left to force at the end.
 *
 * <p>A buffer is filled, waits to be written, is being written, or is empty; there are {@value #BUFFER_COUNT} at most,
 * and whoever fills them waits when the disk is slower. All but two are out of a budget that all files being written
 * share. After a failure nothing more is written or made durable, and the failure is thrown to whoever fills, at the
 * latest by {@link #finish}. A thread that has ended and could not say why, as when there is no memory left to say it
 * with, is a failure too: it has to say that it came to the end in order.
 *
 * <p>Threading: confined to the thread that fills the buffers, but for its own thread; the object belongs to that one
 * until {@link #finish} or {@link #close} has returned.
 */
final class WriteBehind implements AutoCloseable {
    private static final int BUFFER_COUNT = 16;
    private static final int BUFFER_COUNT_LEAST = 2; // one is filled while the other is written
    private static final long BUDGET_LENGTH_MAX = 64 * 1024 * 1024;
    private static final int BUDGET_PART_OF_HEAP = 8; // direct memory is as long as the heap unless set otherwise
    private static final BlockBudget BUDGET =
            new BlockBudget(Math.min(BUDGET_LENGTH_MAX, Runtime.getRuntime().maxMemory() / BUDGET_PART_OF_HEAP));
    private static final long LOOK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ObjectWriter object;
    private final long forceLength;
    private final int bufferLength;
    private final BlockBudget budget;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<ByteBuffer> full = new ArrayDeque<>(); // guarded by the lock, like all down to givenUp
    private final Queue<ByteBuffer> empty = new ArrayDeque<>();
    private boolean ending; // nothing more comes
    private boolean givenUp;
    private volatile Throwable failure; // not guarded: to ask for the lock may take memory that is not there
    private volatile boolean endedInOrder;

    private final Set<ByteBuffer> all = Collections.newSetFromMap(new IdentityHashMap<>(BUFFER_COUNT));
    private int countMax = BUFFER_COUNT;
    private IntFunction<ByteBuffer> allocator = ByteBuffer::allocateDirect;
    private long unforced; // the thread's own

    private WriteBehind(
            final ObjectWriter object, final ByteBuffer first, final long forceLength, final BlockBudget budget) {
        this.budget = budget;
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
        return start(object, first, forceLength, threadStarter, BUDGET);
    }

    /** As {@link #start(ObjectWriter, ByteBuffer, long, Consumer)}, with a budget for all buffers but the first two. */
    static WriteBehind start(
            final ObjectWriter object,
            final ByteBuffer first,
            final long forceLength,
            final Consumer<Thread> threadStarter,
            final BlockBudget budget) {
        final WriteBehind behind = new WriteBehind(object, first, forceLength, budget);
        try {
            threadStarter.accept(behind.thread);
            return behind;
        } catch (final OutOfMemoryError e) { // what Java says when there are too many threads
            System.getLogger(WriteBehind.class.getName())
                    .log(Level.DEBUG, "no thread to write with, the file is written without", e);
            return null;
        }
    }

    /** Takes buffers from elsewhere, so that a test can refuse one. */
    void allocateBy(final IntFunction<ByteBuffer> other) {
        allocator = other;
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
                return takeEmpty();
            }
        } finally {
            lock.unlock();
        }
        final ByteBuffer another = allocate();
        return another == null ? awaitEmpty() : another;
    }

    /** {@return an empty buffer of those there are; frees others that are too many since memory has run out} */
    private ByteBuffer takeEmpty() {
        final ByteBuffer taken = empty.remove();
        while (all.size() > countMax && !empty.isEmpty()) {
            final ByteBuffer spare = empty.remove();
            all.remove(spare);
            BufferUtil.free(spare);
            budget.give(bufferLength);
        }
        return taken;
    }

    /** {@return one more buffer, or null when there are enough or no more memory is to be had} */
    private ByteBuffer allocate() {
        final int ofBudget = all.size() < BUFFER_COUNT_LEAST ? 0 : bufferLength;
        if (all.size() >= countMax || !budget.tryTake(ofBudget)) {
            return null;
        }
        try {
            final ByteBuffer buffer = allocator.apply(bufferLength).order(ByteOrder.LITTLE_ENDIAN);
            all.add(buffer);
            return buffer;
        } catch (final OutOfMemoryError e) {
            budget.give(ofBudget);
            countMax = Math.min(all.size(), BUFFER_COUNT_LEAST); // others need it too; even one goes on, by turns
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
            return takeEmpty();
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
        budget.give((long) bufferLength * Math.max(0, all.size() - BUFFER_COUNT_LEAST));
        all.forEach(BufferUtil::free);
        all.clear();
    }
}

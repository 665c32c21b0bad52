/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StateStoreException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Backs space ahead of need on a thread of its own, so that page faults and zeroing stay off the writer's path. It
 * sleeps until the writer has used up half of what lies ahead. When growing fails it stops trying for this round: the
 * writer meets the same failure, as an exception, once it needs the space.
 *
 * <p>Threading: {@link #wake} by the writer; the rest on its own thread.
 */
final class SpaceGrower implements Runnable {
    private static final long STEP = 4L * PageDescriptor.EXTENT_LENGTH;
    private static final long AHEAD_MIN = 256L * 1024;
    private static final long AHEAD_MAX = 32L * 1024 * 1024;
    private static final long START_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final BackedSpace space;
    private final Thread thread;
    private volatile long used;
    private volatile long limit;
    private volatile boolean running = true;
    private long wakeAt;

    SpaceGrower(final BackedSpace space, final String name) {
        this.space = space;
        thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    /**
     * Starts the thread, which waits a little: backing space is work under a lock that whoever opens a store and reads
     * the first of it needs, too. A writer that comes near the end of the space ends the wait.
     *
     * @param usedEnd how far the writer has come
     * @param reservedEnd how far windows are reserved
     */
    void start(final long usedEnd, final long reservedEnd) {
        wakeAt = usedEnd + ahead(usedEnd) / 2;
        limit = reservedEnd;
        used = usedEnd;
        thread.start();
    }

    /** Tells how far the writer has come and how far windows are reserved; wakes the thread when it is time. */
    void used(final long usedEnd, final long reservedEnd) {
        if (usedEnd >= wakeAt) {
            wake(usedEnd, reservedEnd);
        }
    }

    private void wake(final long usedEnd, final long reservedEnd) {
        wakeAt = usedEnd + ahead(usedEnd) / 2;
        limit = reservedEnd;
        used = usedEnd;
        LockSupport.unpark(thread);
    }

    private static long ahead(final long usedEnd) {
        return Math.max(AHEAD_MIN, Math.min(AHEAD_MAX, usedEnd / 4)) & -STEP;
    }

    @Override
    public void run() {
        long done = -1;
        LockSupport.parkNanos(this, START_DELAY_NS);
        while (running) {
            final long from = used;
            if (from == done) {
                LockSupport.park(this);
                Thread.interrupted(); // an interrupt means nothing here and would keep park from parking
                continue;
            }
            grow(from);
            done = from;
        }
    }

    private void grow(final long from) {
        final long target = Math.min(limit, from + ahead(from));
        try {
            while (running && space.backedEnd() < target) {
                space.growTo(Math.min(target, space.backedEnd() + STEP));
            }
        } catch (final StateStoreException e) {
            // Not lost: the writer gets the same exception from the same call when it needs the space.
        }
    }

    void stop() {
        running = false;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Backs space ahead of need on a thread of its own, and prepares windows, so that page faults, zeroing and calls of the
 * system stay off the writer's path. As much as is used is kept ahead, up to 32 MiB: a table doubles within few writes,
 * because its segments split at about the same time. It sleeps until the writer has used a quarter of what lies ahead.
 * When growing fails it stops trying for this round: the writer meets the same failure, as an exception, once
 * it needs the space.
 *
 * <p>Threading: {@link #used} by the writer; the rest on its own thread.
 */
final class SpaceGrower implements Runnable {
    private static final long STEP = PageDescriptor.EXTENT_LENGTH; // a writer that needs space waits for one at most
    private static final long AHEAD_MIN = 256L * 1024;
    private static final long AHEAD_MAX = 32L * 1024 * 1024;
    private static final int WAKE_FRACTION = 4; // early, since others may have the thread's core for milliseconds
    private static final long START_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final BackedSpace space;
    private final Thread thread;
    private final long limit;
    private volatile long used;
    private volatile boolean running = true;
    private long wakeAt;
    private boolean told; // of a round that failed; the thread's own

    /** For a space that may grow up to a limit; the thread gets the name. */
    SpaceGrower(final BackedSpace space, final long limit, final String name) {
        this.space = space;
        this.limit = limit;
        thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    /**
     * Starts the thread, which waits a little: backing space is work under a lock that whoever opens a store and reads
     * the first of it needs, too. A writer that comes near the end of the space ends the wait.
     *
     * @param usedEnd how far the writer has come
     */
    void start(final long usedEnd) {
        wakeAt = usedEnd + ahead(usedEnd) / WAKE_FRACTION;
        used = usedEnd;
        thread.start();
    }

    /** Tells how far the writer has come; wakes the thread when it is time. */
    void used(final long usedEnd) {
        if (usedEnd >= wakeAt) {
            wake(usedEnd);
        }
    }

    private void wake(final long usedEnd) {
        wakeAt = usedEnd + ahead(usedEnd) / WAKE_FRACTION;
        used = usedEnd;
        LockSupport.unpark(thread);
    }

    private static long ahead(final long usedEnd) {
        return Math.max(AHEAD_MIN, Math.min(AHEAD_MAX, usedEnd)) & -STEP;
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
            try {
                grow(from);
            } catch (final Throwable e) { // whatever it is, the next round may succeed
                tell(e);
            }
            done = from;
        }
    }

    private void grow(final long from) {
        final long target = Math.min(limit, from + ahead(from));
        while (running && space.backedEnd() < target) {
            space.makeWay();
            space.growTo(Math.min(target, space.backedEnd() + STEP));
        }
    }

    /** Not lost: the writer gets the same from the same call when it needs the space. Told once, so as not to flood. */
    private void tell(final Throwable failure) {
        if (told) {
            return;
        }
        told = true;
        try {
            System.getLogger(SpaceGrower.class.getName())
                    .log(Level.DEBUG, "backing space ahead failed, and will be tried again", failure);
        } catch (final RuntimeException | Error e) {
            // The thread is needed more than what it has to tell.
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

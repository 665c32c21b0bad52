/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.NotWriterException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Which thread may write. Claiming and releasing go through one atomic reference, so that a hand-over also makes the
 * old writer's work visible to the new one.
 *
 * <p>Threading: thread-safe.
 */
final class Ownership {
    private static final long POLL_NS = 100_000;

    private final AtomicReference<Thread> owner = new AtomicReference<>();

    void claim() {
        final Thread current = Thread.currentThread();
        if (!tryClaim() && owner.get() != current) {
            final Thread other = owner.get();
            throw new NotWriterException("only the writer may write: writer="
                    + (other == null ? "none" : other.getName()) + " caller=" + current.getName()
                    + "; the writer hands over with releaseOwnership()");
        }
    }

    /** Claims the role if nobody has it; a thread that has ended has nothing any more. */
    boolean tryClaim() {
        final Thread other = owner.get();
        return (other == null || !other.isAlive()) && owner.compareAndSet(other, Thread.currentThread());
    }

    void release() {
        owner.set(null);
    }

    /** The caller will not enter an operation again; if it is the writer, nobody is left. */
    void departed() {
        owner.compareAndSet(Thread.currentThread(), null);
    }

    /** Waits until no other thread can be inside an operation; by whom closes, after it has shut the door. */
    boolean awaitDeparture(final long timeoutNs) {
        final long deadline = System.nanoTime() + timeoutNs;
        while (occupied()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
            if (Thread.interrupted()) { // park would return at once for ever; the flag is put back below
                final boolean gone = awaitDeparture(Math.max(0, deadline - System.nanoTime()));
                Thread.currentThread().interrupt();
                return gone;
            }
        }
        return true;
    }

    private boolean occupied() {
        final Thread other = owner.get();
        return other != null && other != Thread.currentThread() && other.isAlive();
    }
}

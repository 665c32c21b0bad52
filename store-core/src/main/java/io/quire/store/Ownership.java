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

    /** The thread that has the role, a {@link BriefClaim}, or null. */
    private final AtomicReference<Object> owner = new AtomicReference<>();

    /** The role taken for one short thing while nobody has it; whoever wants it waits for that moment. */
    private record BriefClaim(Thread thread) {}

    void claim() {
        final Thread current = Thread.currentThread();
        while (!tryClaim() && threadOf(owner.get()) != current) {
            final Object other = owner.get();
            if (other instanceof Thread thread && thread.isAlive()) {
                throw new NotWriterException("only the writer may write: writer=" + thread.getName() + " caller="
                        + current.getName() + "; the writer hands over with releaseOwnership()");
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Claims the role if nobody has it; a thread that has ended has nothing any more. */
    boolean tryClaim() {
        return tryClaim(Thread.currentThread());
    }

    /** As {@link #tryClaim()}, for something short, which the next owner rather waits for than being refused. */
    boolean tryClaimBriefly() {
        return tryClaim(new BriefClaim(Thread.currentThread()));
    }

    /**
     * As {@link #tryClaim()}, but what another thread has taken briefly is waited for: it is no writer, and gives the
     * role up as soon as nothing keeps it, as a disk may.
     *
     * @param timeoutNs how long at most
     */
    boolean tryClaimAfterBriefClaims(final long timeoutNs) {
        final long deadline = System.nanoTime() + timeoutNs;
        boolean interrupted = false;
        try {
            while (!tryClaim()) {
                final Object other = owner.get();
                final boolean isWriter = other instanceof Thread thread && thread.isAlive();
                if (isWriter || threadOf(other) == Thread.currentThread() || System.nanoTime() - deadline >= 0) {
                    return false;
                }
                LockSupport.parkNanos(POLL_NS);
                interrupted |= Thread.interrupted(); // which would keep it from parking
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean tryClaim(final Object claim) {
        final Object other = owner.get();
        final Thread thread = threadOf(other);
        return (thread == null || !thread.isAlive()) && owner.compareAndSet(other, claim);
    }

    private static Thread threadOf(final Object claim) {
        return claim instanceof BriefClaim brief ? brief.thread() : (Thread) claim;
    }

    void release() {
        owner.set(null);
    }

    /** The caller will not enter an operation again; if it is the writer, nobody is left. */
    void departed() {
        final Object claim = owner.get();
        if (threadOf(claim) == Thread.currentThread()) {
            owner.compareAndSet(claim, null);
        }
    }

    /**
     * Waits until no other thread can be inside an operation: none has the role, or the one that had it has called in
     * vain, or has ended. By whom closes, after it has shut the door. What a thread that has the role is doing cannot
     * be told from outside; one that rests is to give the role up.
     */
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
        final Thread other = threadOf(owner.get());
        return other != null && other != Thread.currentThread() && other.isAlive();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.changelog.FailStop;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The durable position and those who wait for it.
 *
 * <p>Invariant: the durable position never goes back.
 *
 * <p>Threading: thread-safe; {@link #advance}, {@link #publish} and {@link #fail} are called by whoever has the log
 * agent's duty, and all but publish by the agent's own thread only, since they run callers' code.
 */
final class DurableWaiters {
    private record Pending(long position, CompletableFuture<Long> future) {}

    private final FailStop failStop;
    private final AtomicLong requestedPosition = new AtomicLong();
    private final Object monitor = new Object();
    private final PriorityQueue<Pending> pending = new PriorityQueue<>(Comparator.comparingLong(Pending::position));
    private int waiterCount; // guarded by the monitor
    private volatile long durablePosition;

    DurableWaiters(final FailStop failStop, final long durablePosition) {
        this.failStop = failStop;
        this.durablePosition = durablePosition;
    }

    long durablePosition() {
        return durablePosition;
    }

    /** Greatest position that anybody has asked for. */
    long requestedPosition() {
        return requestedPosition.get();
    }

    /** Asks for a position; true when it was not asked for before. */
    boolean request(final long position) {
        long current = requestedPosition.get();
        while (current < position) {
            if (requestedPosition.compareAndSet(current, position)) {
                return true;
            }
            current = requestedPosition.get();
        }
        return false;
    }

    /** Waits; an interrupt does not end the wait, its flag is kept. */
    boolean await(final long position, final long timeoutNs) {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        boolean interrupted = false;
        synchronized (monitor) {
            waiterCount++;
            try {
                while (durablePosition < position) {
                    failStop.check();
                    final long remainingNs = deadlineNs - System.nanoTime();
                    if (remainingNs <= 0) {
                        return false;
                    }
                    try {
                        TimeUnit.NANOSECONDS.timedWait(monitor, remainingNs);
                    } catch (final InterruptedException e) {
                        interrupted = true;
                    }
                }
                return true;
            } finally {
                waiterCount--;
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    CompletableFuture<Long> future(final long position) {
        final CompletableFuture<Long> future = new CompletableFuture<>();
        synchronized (monitor) {
            if (durablePosition < position && !failStop.isTripped()) {
                pending.add(new Pending(position, future));
                return future;
            }
        }
        complete(future, position);
        return future;
    }

    private void complete(final CompletableFuture<Long> future, final long position) {
        if (durablePosition >= position) {
            future.complete(durablePosition);
        } else {
            future.completeExceptionally(failStop.exception());
        }
    }

    /** Publishes a new durable position and wakes whom it concerns. */
    void advance(final long position) {
        durablePosition = position;
        release(position);
    }

    /** Publishes a new durable position and wakes who sleeps; true when there are futures, for the agent to release. */
    boolean publish(final long position) {
        durablePosition = position;
        synchronized (monitor) {
            if (waiterCount > 0) {
                monitor.notifyAll();
            }
            return !pending.isEmpty();
        }
    }

    /** Completes the futures that are due. */
    void release() {
        release(durablePosition);
    }

    /** Wakes everybody, after the fail stop was tripped. */
    void fail() {
        release(Long.MAX_VALUE);
    }

    private void release(final long upToPosition) {
        while (true) {
            final Pending done;
            synchronized (monitor) {
                if (waiterCount > 0) {
                    monitor.notifyAll();
                }
                done = !pending.isEmpty() && pending.peek().position() <= upToPosition ? pending.poll() : null;
            }
            if (done == null) {
                return;
            }
            complete(done.future(), done.position()); // outside the monitor: it runs callers' code
        }
    }
}

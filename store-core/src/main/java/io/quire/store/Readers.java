/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The sessions of all threads that read beside the writer: who has to be waited for before memory goes, and who is too
 * slow for the writer and gets a turn.
 *
 * <p>Threading: thread-safe; {@link #giveTurn} by the writer.
 */
final class Readers {
    private static final long POLL_NS = 100_000;
    /** Longest pause that the writer makes for a starving reader, between two operations. */
    private static final long TURN_NS = TimeUnit.MICROSECONDS.toNanos(20);

    private final Runnable turnRequest;
    private final long starvedNs;
    private volatile ReaderSession[] sessions = {};
    private volatile boolean closed;
    private volatile Throwable failure; // why nobody may read although the store is open
    private volatile long turnNs;

    /**
     * Creates an empty set.
     *
     * @param turnRequest asks the writer to call {@link #giveTurn} before its next operation
     * @param starvedNs how long a read may starve before it is given up, nanoseconds
     */
    Readers(final Runnable turnRequest, final long starvedNs) {
        this.turnRequest = turnRequest;
        this.starvedNs = starvedNs;
    }

    long starvedNs() {
        return starvedNs;
    }

    /** Opens a session for the calling thread; sessions of threads that have ended are forgotten. */
    synchronized ReaderSession open() {
        if (closed) {
            throw refused();
        }
        final ReaderSession session = new ReaderSession(this, Thread.currentThread());
        final ReaderSession[] alive =
                Arrays.stream(sessions).filter(ReaderSession::threadIsAlive).toArray(ReaderSession[]::new);
        final ReaderSession[] grown = Arrays.copyOf(alive, alive.length + 1);
        grown[alive.length] = session;
        sessions = grown;
        return session;
    }

    synchronized void forget(final ReaderSession session) {
        sessions = Arrays.stream(sessions).filter(other -> other != session).toArray(ReaderSession[]::new);
    }

    /** Whether no reader may enter any more. */
    boolean closed() {
        return closed;
    }

    /** Lets no reader in any more. */
    void close() {
        failure = null;
        closed = true;
    }

    /** Lets no reader in any more, because nobody knows what the memory holds. */
    void refuse(final Throwable cause) {
        failure = cause;
        closed = true;
    }

    /** Why no reader may enter. */
    StateStoreException refused() {
        final Throwable cause = failure;
        return cause == null
                ? new StoreClosedException("the store is closed")
                : new StoreFailedException(
                        "the store is fail-stopped, reopen it; first cause: " + cause.getMessage(), cause);
    }

    /**
     * Waits until no reader is inside memory; after {@link #close}.
     *
     * @return false when one still is after the timeout
     */
    boolean awaitDeparture(final long timeoutNs) {
        final ReaderSession[] all;
        synchronized (this) {
            all = sessions;
        }
        final long deadline = System.nanoTime() + timeoutNs;
        boolean interrupted = false;
        boolean gone = true;
        for (final ReaderSession session : all) {
            while (session.isInside() && gone) {
                LockSupport.parkNanos(POLL_NS);
                interrupted |= Thread.interrupted(); // else park would return at once for ever
                gone = System.nanoTime() - deadline < 0;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return gone;
    }

    /** A reader does not get through: the writer shall give it a turn. */
    void requestTurn() {
        turnRequest.run();
    }

    /**
     * Lets starving readers read for a moment. By the writer, between two operations. Nothing rests on their being done
     * by the end of it: they validate what they read as always.
     */
    void giveTurn() {
        final ReaderSession[] all = sessions;
        if (!anyStarving(all)) {
            return;
        }
        final long start = System.nanoTime();
        long now = start;
        while (now - start < TURN_NS && anyStarving(all)) {
            Thread.onSpinWait();
            now = System.nanoTime();
        }
        turnNs = turnNs + (now - start); // single writer: no lost update
    }

    private static boolean anyStarving(final ReaderSession[] all) {
        for (final ReaderSession session : all) {
            if (session.isStarving()) {
                return true;
            }
        }
        return false;
    }

    /** Nanoseconds that the writer has paused for readers. */
    long turnNs() {
        return turnNs;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;

/**
 * The sticky state of failure that the writer and the log agent share: the first cause wins and stays until the store
 * is reopened.
 *
 * <p>Threading: thread-safe.
 */
public final class FailStop {
    private volatile Throwable firstCause;

    /** Creates it in its untripped state. */
    public FailStop() {}

    /**
     * Stops the store for good; later causes than the first are attached to it as suppressed.
     *
     * @param cause why
     * @return whether this was the first cause
     */
    public synchronized boolean trip(final Throwable cause) {
        final Throwable first = firstCause;
        if (first == null) {
            firstCause = cause;
            return true;
        }
        if (first != cause && !(cause instanceof StoreClosedException)) {
            first.addSuppressed(cause);
        }
        return false;
    }

    /** {@return whether something has stopped the store} */
    public boolean isTripped() {
        return firstCause != null;
    }

    /** {@return the first cause, or null} */
    public Throwable cause() {
        return firstCause;
    }

    /**
     * Throws when the store has stopped.
     *
     * @throws StoreClosedException when it was closed
     * @throws StoreFailedException when it failed, with the first cause
     */
    public void check() {
        final Throwable cause = firstCause;
        if (cause != null) {
            throw exceptionFor(cause);
        }
    }

    /**
     * The exception that {@link #check} would throw.
     *
     * @return a new exception, or null when nothing has stopped the store
     */
    public RuntimeException exception() {
        final Throwable cause = firstCause;
        return cause == null ? null : exceptionFor(cause);
    }

    private static RuntimeException exceptionFor(final Throwable cause) {
        if (cause instanceof StoreClosedException) {
            return new StoreClosedException(cause.getMessage(), cause);
        }
        return new StoreFailedException(
                "the store is fail-stopped: reopen it, which recovers everything acknowledged; first cause: " + cause,
                cause);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A call that only the writer thread may make came from another thread. The operation had no effect; hand the store
 * over with {@code releaseOwnership()} on the old writer first.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class NotWriterException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public NotWriterException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public NotWriterException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

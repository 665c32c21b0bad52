/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A file was written by a version of the format that this version no longer reads. Nothing was modified; not retryable.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class FormatTooOldException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public FormatTooOldException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public FormatTooOldException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A file was written by a newer version of the format than this version knows. Nothing was modified; upgrade and retry.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class FormatTooNewException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public FormatTooNewException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public FormatTooNewException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

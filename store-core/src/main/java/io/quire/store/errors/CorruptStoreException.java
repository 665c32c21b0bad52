/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * Bytes read from a file are not what was written there: a damaged, truncated, swapped or foreign file. Names file,
 * offset, found and expected. Not retryable; run {@code quire verify} on the directory.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class CorruptStoreException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public CorruptStoreException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public CorruptStoreException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

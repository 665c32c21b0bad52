/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * Memory or disk space for the operation could not be had, or a limit (key, value, batch) was exceeded. The operation
 * had no effect and the store stays usable: free space, or write less, and retry.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StoreFullException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StoreFullException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StoreFullException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

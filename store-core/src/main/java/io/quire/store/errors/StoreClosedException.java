/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The store, state, reader or iterator was closed before or during the call. Open the store again.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StoreClosedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StoreClosedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StoreClosedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

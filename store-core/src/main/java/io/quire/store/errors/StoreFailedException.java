/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The store is fail-stopped: an earlier write, force or growth failed, or an internal invariant broke. Every write
 * says so with the first cause until the store is reopened, which recovers everything acknowledged at the configured
 * durability.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StoreFailedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StoreFailedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StoreFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The root of every exception that a store throws on purpose. Subclasses say whether the store is still usable and
 * whether the caller may retry.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StateStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StateStoreException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StateStoreException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

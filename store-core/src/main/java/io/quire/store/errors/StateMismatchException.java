/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A state is opened with another kind, codec or width than the one it was created with. Names the state, what was found
 * in the catalog and what was asked for. Nothing was modified.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StateMismatchException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StateMismatchException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StateMismatchException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

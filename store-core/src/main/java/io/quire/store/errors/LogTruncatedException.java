/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The change log does not reach back to a position any more: segments that no checkpoint needs were deleted, or whoever
 * opened the store has given up changes that were read already. The store is untouched and usable; whoever wanted to
 * read must begin anew from the state, retrying does not help.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class LogTruncatedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public LogTruncatedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public LogTruncatedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

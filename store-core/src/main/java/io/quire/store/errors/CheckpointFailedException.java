/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A checkpoint could not be completed. The store stays usable, earlier checkpoints are intact, and the pages of the
 * failed one are part of the next; retry when the cause is gone.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class CheckpointFailedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public CheckpointFailedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public CheckpointFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

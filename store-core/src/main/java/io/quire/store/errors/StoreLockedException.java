/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The directory is open elsewhere, in this process or another one; the message names the owner's process id and since
 * when. Nothing was changed; retry once the owner has closed it. A dead owner never causes this.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StoreLockedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StoreLockedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StoreLockedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

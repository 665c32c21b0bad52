/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A reader beside the writer did not get through: for seconds, whatever it read had changed before it was done, or the
 * writer was held up in the middle of a change, as by a debugger. Store and reader are usable and the read may be tried
 * again.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class ReaderStarvedException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public ReaderStarvedException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public ReaderStarvedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

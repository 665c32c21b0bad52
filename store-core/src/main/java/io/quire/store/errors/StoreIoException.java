/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * The operating system refused a file operation. Names the file and, where known, the byte offset. When a write or a
 * force failed the store is fail-stopped and must be reopened; after a failed read it stays usable.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class StoreIoException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public StoreIoException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public StoreIoException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

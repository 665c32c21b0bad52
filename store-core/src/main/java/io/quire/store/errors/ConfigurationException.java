/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

/**
 * A setting or an argument of a control call is out of range or contradicts another one. Nothing was changed; correct
 * it and call again.
 *
 * <p>Threading: thread-safe, immutable.
 */
public class ConfigurationException extends StateStoreException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, found against expected, and what to do
     */
    public ConfigurationException(final String message) {
        super(message);
    }

    /**
     * Creates the exception with its cause.
     *
     * @param message what happened, where, found against expected, and what to do
     * @param cause the fault underneath, may be null
     */
    public ConfigurationException(final String message, final Throwable cause) {
        super(message, cause);
    }
}

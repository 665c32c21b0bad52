/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

/** A contestant could not do what it was asked; its JVM is closed and the run goes on without it. */
public final class ContestantFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message who failed at what
     */
    public ContestantFailedException(final String message) {
        super(message);
    }
}

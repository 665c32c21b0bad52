/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

/**
 * Ends a command with a message for its user and an exit code.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /**
     * Creates the failure.
     *
     * @param exitCode one of {@link ExitCode}
     * @param message what went wrong, naming the file or the option, in one line
     */
    public CommandFailure(final int exitCode, final String message) {
        this(exitCode, message, null);
    }

    /**
     * Creates the failure with its cause, which is shown with {@code --verbose}.
     *
     * @param exitCode one of {@link ExitCode}
     * @param message what went wrong, naming the file or the option, in one line
     * @param cause what it comes from, may be null
     */
    public CommandFailure(final int exitCode, final String message, final Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** {@return one of {@link ExitCode}} */
    public int exitCode() {
        return exitCode;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;

/**
 * Buffered bytes to standard output. A reader that goes away, as {@code head} does, is told apart from a write that
 * fails: it ends the command quietly.
 *
 * <p>Threading: confined to the thread that runs the command.
 */
public final class StandardOutput extends OutputStream {
    private static final int BUFFER_LENGTH = 256 * 1024;

    /** Thrown by every write once nobody reads any more. */
    public static final class ReaderGoneException extends IOException {
        private static final long serialVersionUID = 1L;

        ReaderGoneException(final IOException cause) {
            super("nobody reads standard output any more", cause);
        }
    }

    private final BufferedOutputStream buffered;
    private final boolean pipe;

    /**
     * Creates the output.
     *
     * @param target where the bytes go
     * @param pipe whether that is a pipe or a socket, on which a failed write means that its reader is gone
     */
    public StandardOutput(final OutputStream target, final boolean pipe) {
        this.buffered = new BufferedOutputStream(target, BUFFER_LENGTH);
        this.pipe = pipe;
    }

    @Override
    public void write(final int value) throws IOException {
        try {
            buffered.write(value);
        } catch (final IOException e) {
            throw classified(e);
        }
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int length) throws IOException {
        try {
            buffered.write(bytes, offset, length);
        } catch (final IOException e) {
            throw classified(e);
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            buffered.flush();
        } catch (final IOException e) {
            throw classified(e);
        }
    }

    private IOException classified(final IOException e) {
        if (e instanceof InterruptedIOException) {
            return e;
        }
        final String message = e.getMessage();
        if (pipe || (message != null && message.contains("Broken pipe"))) {
            return new ReaderGoneException(e);
        }
        return new IOException("cannot write to standard output: " + message, e);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The three standard streams of the process and whether each is a terminal.
 *
 * <p>Threading: immutable; {@link #out()} is confined to the command's thread, {@link #err()} is thread-safe.
 */
public final class Console {
    private static final int DEFAULT_WIDTH = 80;
    private static final int MIN_WIDTH = 20;
    private static final long PROBE_TIMEOUT_MS = 2_000;

    private final InputStream in;
    private final StandardOutput out;
    private final PrintStream err;
    private final boolean inTerminal;
    private final boolean errTerminal;
    private final int width;

    /**
     * Creates a console from parts, for tests.
     *
     * @param in standard input
     * @param out standard output
     * @param err standard error
     * @param inTerminal whether standard input is a terminal
     * @param errTerminal whether standard error is a terminal that understands carriage return
     * @param width columns of the terminal
     */
    public Console(
            final InputStream in,
            final StandardOutput out,
            final PrintStream err,
            final boolean inTerminal,
            final boolean errTerminal,
            final int width) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.inTerminal = inTerminal;
        this.errTerminal = errTerminal;
        this.width = width;
    }

    /** {@return the streams of this process} */
    @SuppressWarnings("SystemOut")
    public static Console ofProcess() {
        final String outTarget = descriptorTarget(1);
        final boolean pipe = outTarget.startsWith("pipe:") || outTarget.startsWith("socket:");
        final boolean errTerminal = isTerminal(2) && !"dumb".equals(System.getenv("TERM"));
        return new Console(
                new FileInputStream(FileDescriptor.in),
                new StandardOutput(new FileOutputStream(FileDescriptor.out), pipe),
                System.err,
                isTerminal(0),
                errTerminal,
                errTerminal ? terminalWidth() : DEFAULT_WIDTH);
    }

    /** {@return standard input, unbuffered} */
    public InputStream in() {
        return in;
    }

    /** {@return standard output} */
    public StandardOutput out() {
        return out;
    }

    /** {@return standard error} */
    public PrintStream err() {
        return err;
    }

    /** {@return whether standard input is a terminal} */
    public boolean inTerminal() {
        return inTerminal;
    }

    /** {@return whether standard error is a terminal} */
    public boolean errTerminal() {
        return errTerminal;
    }

    /** {@return columns of the terminal, 80 when unknown} */
    public int width() {
        return width;
    }

    /**
     * Writes one line to standard error in the form of every message of the command.
     *
     * @param message what to say, without a line end
     */
    public void say(final String message) {
        err.println("quire: " + message);
    }

    private static String descriptorTarget(final int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (final IOException | RuntimeException e) {
            return ""; // not Linux, or no /proc: ask test(1) where it matters
        }
    }

    private static boolean isTerminal(final int descriptor) {
        final String target = descriptorTarget(descriptor);
        if (target.isEmpty()) {
            return probe("test", "-t", Integer.toString(descriptor)) != null;
        }
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
    }

    private static int terminalWidth() {
        final String columns = System.getenv("COLUMNS");
        if (columns != null && columns.matches("[1-9][0-9]{1,3}")) {
            return Math.max(MIN_WIDTH, Integer.parseInt(columns));
        }
        final String size = probe("stty", "size", "-F", "/dev/tty");
        if (size != null && size.trim().matches("[0-9]+ [1-9][0-9]{1,3}")) {
            return Math.max(MIN_WIDTH, Integer.parseInt(size.trim().split(" ", 2)[1]));
        }
        return DEFAULT_WIDTH;
    }

    /** Runs a small program on our own streams; its output when it says yes, null otherwise. */
    private static String probe(final String... command) {
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!process.waitFor(PROBE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return null;
            }
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.exitValue() == 0 ? output : null;
        } catch (final IOException e) {
            return null;
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}

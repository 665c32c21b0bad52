/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs the command inside the test's JVM and keeps what it wrote; bytes are Latin-1 characters. */
public final class CommandRunner {
    private CommandRunner() {}

    /**
     * What a command did.
     *
     * @param exitCode its exit code
     * @param out what it wrote to standard output
     * @param err what it wrote to standard error
     */
    public record Outcome(int exitCode, String out, String err) {}

    public static Outcome run(final String... arguments) {
        return runWithInput("", arguments);
    }

    public static Outcome runWithInput(final String input, final String... arguments) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Console console = new Console(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)),
                new StandardOutput(out, false),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                80);
        final int exitCode = QuireCommand.run(console, arguments);
        return new Outcome(exitCode, out.toString(StandardCharsets.ISO_8859_1), err.toString(StandardCharsets.UTF_8));
    }
}

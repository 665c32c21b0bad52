/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuireCommandTest {
    @Test
    void shouldHaveTheVersionOfItsBuild() throws IOException {
        final String pom = Files.readString(Path.of("pom.xml"));
        final String version = pom.substring(pom.indexOf("<version>") + 9, pom.indexOf("</version>"));
        final CommandRunner.Outcome outcome = CommandRunner.run("--version");
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("quire " + version + "\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wordcount", "demo", "inspect", "verify"})
    void shouldHelpWithEveryCommand(final String command) {
        for (final String[] arguments : new String[][] {{command, "--help"}, {command, "-h"}, {"help", command}}) {
            final CommandRunner.Outcome outcome = CommandRunner.run(arguments);
            assertThat(outcome.exitCode()).isZero();
            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out()).contains("Usage: quire " + command, "Exit codes:", "--verbose");
        }
    }

    @Test
    void shouldHelpWithoutACommand() {
        assertThat(CommandRunner.run("--help").out()).contains("wordcount", "demo", "inspect", "verify");
        final CommandRunner.Outcome bare = CommandRunner.run();
        assertThat(bare.exitCode()).isEqualTo(2);
        assertThat(bare.out()).isEmpty();
        assertThat(bare.err()).contains("Usage: quire", "wordcount");
    }

    @Test
    void shouldRefuseWhatItDoesNotKnow() {
        assertThat(CommandRunner.run("count"))
                .isEqualTo(new CommandRunner.Outcome(2, "", "quire: unknown command 'count'; see 'quire --help'\n"));
        assertThat(usageError("inspect", "--nonsense", "x")).isEqualTo("unknown option '--nonsense'");
        assertThat(usageError("inspect", "x", "y")).isEqualTo("unexpected argument 'y'");
    }

    @Test
    void shouldSayWhatIsMissingOrInvalid() {
        assertThat(usageError("inspect")).isEqualTo("DIR is missing");
        assertThat(usageError("wordcount", "file")).isEqualTo("--dir DIR is missing");
        assertThat(usageError("wordcount", "file", "--dir")).contains("--dir", "DIR");
        assertThat(usageError("demo", "--entries", "many"))
                .isEqualTo("invalid value for option '--entries': 'many' is not a whole number in range");
        assertThat(usageError("inspect", "--format", "xml", "x"))
                .isEqualTo("invalid value for option '--format': expected one of text, json, not 'xml'");
        assertThat(usageError("wordcount", "--dir", "x", "--interval", "soon"))
                .isEqualTo("invalid value for option '--interval': 'soon' is not a duration such as 500ms, 1s or 2m");
    }

    private static String usageError(final String... arguments) {
        final CommandRunner.Outcome outcome = CommandRunner.run(arguments);
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).startsWith("quire: ").contains("; see 'quire " + arguments[0] + " --help'");
        return outcome.err().substring("quire: ".length(), outcome.err().indexOf("; see '"));
    }

    @Test
    void shouldShowAStackTraceOnlyWhenAskedTo(@TempDir final Path directory) {
        final String missing = directory.resolve("none").toString();
        assertThat(CommandRunner.run("inspect", missing).err().lines()).hasSize(1);
        assertThat(CommandRunner.run("inspect", "--verbose", missing).err()).contains("\tat ");
    }

    @Test
    void shouldEndQuietlyWhenNobodyReadsItsOutput() {
        assertThat(helpTo(true)).isEqualTo("0:");
        assertThat(helpTo(false)).isEqualTo("3:quire: cannot write to standard output: No space left on device\n");
    }

    private static String helpTo(final boolean pipe) {
        final OutputStream failing = new OutputStream() {
            @Override
            public void write(final int value) throws IOException {
                throw new IOException(pipe ? "Datenübergabe unterbrochen (broken pipe)" : "No space left on device");
            }
        };
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Console console = new Console(
                InputStream.nullInputStream(),
                new StandardOutput(failing, pipe),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                80);
        return QuireCommand.run(console, "--version") + ":" + err.toString(StandardCharsets.UTF_8);
    }
}

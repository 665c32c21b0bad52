/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.cli.CommandRunner;
import io.quire.cli.CommandRunner.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
    @TempDir
    private Path directory;

    @Test
    void shouldLoseNothingAndLeaveNothingBehind() {
        final Path place = directory.resolve("demo");
        final Outcome outcome = CommandRunner.run(
                "demo",
                "--entries",
                "20000",
                "--kills",
                "2",
                "--seconds",
                "2",
                "--interval",
                "200ms",
                "--quiet",
                "--dir",
                place.toString());
        assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isZero();
        assertThat(outcome.out()).contains("PASSED: 2 kills", "3 states compared, all equal", "p99.9", "kill 2");
        assertThat(outcome.out()).doesNotContain("WRONG");
        assertThat(place).doesNotExist();
    }

    @Test
    void shouldNotTouchADirectoryThatHoldsSomething() throws IOException {
        Files.writeString(directory.resolve("mine"), "mine");
        final Outcome outcome = CommandRunner.run("demo", "--dir", directory.toString());
        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.err()).contains("is not an empty directory");
        assertThat(directory.resolve("mine")).exists();
    }

    @Test
    void shouldSayWhatIsWrongWithTheCommandLine() {
        assertThat(CommandRunner.run("demo", "--entries", "3"))
                .isEqualTo(new Outcome(
                        2, "", "quire: --entries must be in 16..500000000, not 3; see 'quire demo --help'\n"));
        assertThat(CommandRunner.run("demo", "--seconds", "0").exitCode()).isEqualTo(2);
        assertThat(CommandRunner.run("demo", "--kills", "-1").exitCode()).isEqualTo(2);
        assertThat(CommandRunner.run("demo", "file").exitCode()).isEqualTo(2);
    }
}

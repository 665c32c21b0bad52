/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DurabilityCommandTest {
    @TempDir
    private Path directory;

    @Test
    void shouldMeasureCheckpointsAndRestart() throws IOException {
        final Path out = directory.resolve("out");

        final int exitCode = new CommandLine(new DurabilityCommand())
                .execute(
                        "--peers=quire",
                        "--gib=0.001",
                        "--changed=1,10",
                        "--repeats=1",
                        "--seconds=1",
                        "--rate=10000",
                        "--forks=1",
                        "--no-pin",
                        "--data=" + directory,
                        "--out=" + out);

        assertThat(exitCode).isZero();
        final List<Message> checkpoints = CsvFile.read(out.resolve("checkpoints.csv"));
        assertThat(checkpoints.stream().map(row -> row.text("kind") + " " + row.text("changedShare")))
                .containsExactly("full 1.0", "incremental 0.01", "meanwhile 0.01", "incremental 0.1", "meanwhile 0.1");
        assertThat(Long.parseLong(checkpoints.get(1).text("fileBytes")))
                .isLessThan(Long.parseLong(checkpoints.get(0).text("fileBytes")));
        final List<Message> restarts = CsvFile.read(out.resolve("restarts.csv"));
        assertThat(restarts).hasSize(1);
        final Message restart = restarts.get(0);
        assertThat(restart.text("found")).isEqualTo("true");
        assertThat(new DurabilityTable(List.of(), List.of(restartRow(restart))).text())
                .contains("open to first ms", "open to warm ms")
                .contains(String.format(Locale.ROOT, "%.3f", Double.parseDouble(restart.text("openToFirstGetMs"))))
                .contains(String.format(Locale.ROOT, "%.3f", Double.parseDouble(restart.text("openToWarmMs"))));
        assertThat(out.resolve("durability-time.svg")).exists();
    }

    /** The row with numbers, which a CSV file has as texts. */
    private static Message restartRow(final Message row) {
        final Message numbers = new Message().with("peer", row.text("peer")).with("stateLength", 1L << 20);
        for (final String field : List.of("openMs", "firstGetMs", "openToFirstGetMs", "allReadMs", "openToWarmMs")) {
            numbers.with(field, Double.parseDouble(row.text(field)));
        }
        return numbers;
    }

    @Test
    void shouldResumeAnInterruptedRun() throws IOException {
        final Path out = directory.resolve("out");
        assertThat(run(out, 1)).isZero();
        final List<Message> before = CsvFile.read(out.resolve("checkpoints.csv"));
        final Path units = out.resolve("units.jsonl");
        final List<String> lines = Files.readAllLines(units);
        assertThat(lines).hasSize(2);
        // As if it had been killed while the second unit was written.
        Files.writeString(units, lines.get(0) + "\n" + lines.get(1).substring(0, 20));

        assertThat(run(out, 1)).isZero();

        final List<Message> after = CsvFile.read(out.resolve("checkpoints.csv"));
        assertThat(after).hasSameSizeAs(before);
        assertThat(after.get(0).fields()).isEqualTo(before.get(0).fields());
        assertThat(after.get(after.size() - 1).fields())
                .isNotEqualTo(before.get(before.size() - 1).fields());
        assertThat(Files.readAllLines(units)).hasSize(2).startsWith(lines.get(0));
        assertThat(CsvFile.read(out.resolve("restarts.csv"))).hasSize(2);
        assertThat(run(out, 2)).as("another plan").isNotZero();
        assertThat(Files.readAllLines(units)).hasSize(2);
    }

    @Test
    void shouldNotDeleteWhatIsNoRun() throws IOException {
        final Path out = Files.createDirectories(directory.resolve("mine"));
        Files.writeString(out.resolve("thesis.txt"), "years of work");
        assertThat(run(out, 1, "--fresh")).isNotZero();
        assertThat(out.resolve("thesis.txt")).exists();
    }

    private int run(final Path out, final int repeats, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of(
                "--peers=quire",
                "--gib=0.001,0.002",
                "--changed=1",
                "--repeats=" + repeats,
                "--seconds=1",
                "--rate=10000",
                "--forks=1",
                "--no-pin",
                "--data=" + directory,
                "--out=" + out));
        arguments.addAll(List.of(more));
        return new CommandLine(new DurabilityCommand()).execute(arguments.toArray(String[]::new));
    }

    private void refuses(final String message, final String argument) {
        final StringWriter errors = new StringWriter();
        final Path out = directory.resolve("refused");

        assertThat(new CommandLine(new DurabilityCommand())
                        .setErr(new PrintWriter(errors))
                        .execute(argument, "--out=" + out))
                .isEqualTo(2);
        assertThat(errors.toString()).contains(message);
        assertThat(out).as("nothing is made").doesNotExist();
    }

    @Test
    void shouldRefuseOptionsThatMakeNoSense() {
        refuses("--rate must be greater than 0 and at most 1000000000: found=0", "--rate=0");
        refuses("--gib must be from ", "--gib=0");
        refuses("found=-1", "--gib=-1");
        refuses("found=1000000", "--gib=1000000");
        refuses("--changed must be greater than 0 and at most 100: found=0", "--changed=1,0");
        refuses("--changed must be greater than 0 and at most 100: found=100.5", "--changed=100.5");
        refuses("--forks must be from 1 to 1000: found=0", "--forks=0");
        refuses("--seconds must be from 1 to 3600: found=0", "--seconds=0");
        refuses("--repeats must be from 1 to 1000: found=0", "--repeats=0");
        refuses("--peers names one twice: found=quire", "--peers=quire,quire");
        refuses("--data must be a directory that can be written to", "--data=" + directory.resolve("absent"));
    }
}

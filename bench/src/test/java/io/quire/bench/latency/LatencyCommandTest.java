/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LatencyCommandTest {
    @TempDir
    private Path directory;

    @Test
    void shouldMeasureEveryScenarioAndDrawIt() throws IOException {
        final Path out = directory.resolve("out");

        final int exitCode = new CommandLine(new LatencyCommand())
                .execute(
                        "--peers=idle,quire-process",
                        "--entries=5000",
                        "--forks=1",
                        "--seconds=1",
                        "--warm-ms=100",
                        "--rates=20000",
                        "--checkpoint-ms=200",
                        "--no-pin",
                        "--data=" + directory,
                        "--out=" + out);

        assertThat(exitCode).isZero();
        final List<Message> rows = CsvFile.read(out.resolve("latency.csv"));
        assertThat(rows).hasSize(10);
        final Message recovering = rowOf(rows, "quire-process", "recovering");
        assertThat(recovering.text("tailOperations")).isEqualTo("500");
        assertThat(Double.parseDouble(recovering.text("openMs"))).isPositive();
        assertThat(Files.readString(out.resolve("contestants.log"))).doesNotContain("Exception");
        assertThat(Double.parseDouble(rowOf(rows, "quire-process", "full").text("during-maxUs")))
                .isPositive();
        assertThat(rows).allMatch(row -> Double.parseDouble(row.text("maxUs")) > 0);
        assertThat(CsvFile.read(out.resolve("checkpoints.csv")))
                .filteredOn(row -> row.text("peer").equals("quire-process"))
                .allMatch(row -> Long.parseLong(row.text("fileBytes")) > 0)
                .extracting(row -> row.text("scenario"))
                .contains("checkpoints")
                .containsOnlyOnce("full");
        assertThat(Files.size(out.resolve("quire-process-checkpoints-20000-fork1.hlog")))
                .isPositive();
        assertThat(Files.readAllLines(out.resolve("units.jsonl"))).hasSize(2);
        assertThat(out.resolve("latency-percentiles-20000-alone.svg")).exists();
        assertThat(out.resolve("latency-timeline-20000-checkpoints.png")).exists();
        assertThat(out.resolve("latency-timeline-20000-full.png")).exists();
    }

    @Test
    void shouldMeasureThroughputUntilWritesAreDurable() throws IOException {
        final Path out = directory.resolve("out");

        final int exitCode = new CommandLine(new LatencyCommand())
                .execute(
                        "--peers=quire-group-durable,quire-process-subscribed,force,force-dsync",
                        "--entries=1000",
                        "--forks=1",
                        "--seconds=1",
                        "--warm-ms=10",
                        "--rates=max,500",
                        "--scenarios=alone",
                        "--no-pin",
                        "--data=" + directory,
                        "--out=" + out);

        assertThat(exitCode).isZero();
        assertThat(CsvFile.read(out.resolve("latency.csv")))
                .hasSize(8)
                .allMatch(row -> Double.parseDouble(row.text("reachedPerSecond")) > 0)
                .allMatch(row -> row.text("operationsPerSecond").isEmpty()
                        == row.text("rate").equals("max"));
        assertThat(out.resolve("latency-throughput-max.svg")).exists();
    }

    private static Message rowOf(final List<Message> rows, final String peer, final String scenario) {
        return rows.stream()
                .filter(row ->
                        row.text("peer").equals(peer) && row.text("scenario").equals(scenario))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldResumeAnInterruptedRun() throws IOException {
        final Path out = directory.resolve("out");
        assertThat(run(out)).isZero();
        final List<Message> before = CsvFile.read(out.resolve("latency.csv"));
        final Path units = out.resolve("units.jsonl");
        final List<String> lines = Files.readAllLines(units);
        assertThat(lines).hasSize(2);
        Files.writeString(units, lines.get(1) + "\n");

        assertThat(run(out)).isZero();

        final List<Message> after = CsvFile.read(out.resolve("latency.csv"));
        assertThat(after).hasSameSizeAs(before);
        assertThat(after.get(0).fields()).isNotEqualTo(before.get(0).fields());
        assertThat(after.get(after.size() - 1).fields())
                .isEqualTo(before.get(before.size() - 1).fields());
    }

    private int run(final Path out) {
        return new CommandLine(new LatencyCommand())
                .execute(
                        "--peers=idle",
                        "--entries=1000",
                        "--forks=2",
                        "--seconds=1",
                        "--warm-ms=10",
                        "--rates=20000",
                        "--scenarios=alone",
                        "--no-pin",
                        "--data=" + directory,
                        "--out=" + out);
    }

    private void refuses(final String message, final String argument) {
        final StringWriter errors = new StringWriter();
        final Path out = directory.resolve("refused");

        assertThat(new CommandLine(new LatencyCommand())
                        .setErr(new PrintWriter(errors))
                        .execute(argument, "--out=" + out))
                .isEqualTo(2);
        assertThat(errors.toString()).contains(message);
        assertThat(out).as("nothing is made").doesNotExist();
    }

    @Test
    void shouldRefuseOptionsThatMakeNoSense() {
        for (final String work : List.of("scan", "load", "miss", "mixed50", "insert")) {
            refuses("--work must be one of [get, put, rmw]: found=" + work, "--work=" + work);
        }
        refuses("--entries must be from 1 to 1500000000: found=0", "--entries=0");
        refuses("--forks must be from 1 to 1000: found=0", "--forks=0");
        refuses("--seconds must be from 1 to 3600: found=0", "--seconds=0");
        refuses("--warm-ms must be from 0 to 3600000: found=-5", "--warm-ms=-5");
        refuses("--checkpoint-ms must be from 1 to 3600000: found=0", "--checkpoint-ms=0");
        refuses("a rate is half, max, or greater than 0 and at most 1000000000: found=0", "--rates=0");
        refuses("a rate is half, max, or greater than 0 and at most 1000000000: found=fast", "--rates=fast");
        refuses("--peers names one twice: found=idle", "--peers=idle,idle");
        refuses("--data must be a directory that can be written to", "--data=" + directory.resolve("absent"));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.chart.LatencyCharts;
import io.quire.bench.compare.CsvFile;
import io.quire.bench.compare.Failures;
import io.quire.bench.compare.OptionChecks;
import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.ResultOptions;
import io.quire.bench.compare.Spread;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.MachineFacts;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bench latency}. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Latency of operations that arrive at a fixed rate, from the moment each was due: alone, with a checkpoint"
                    + " each",
            "second, during a full checkpoint, and after a crash while the table recovers; beside an empty loop (idle)"
                    + " that shows the machine's own pauses."
        })
public final class LatencyCommand implements Callable<Integer> {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long MS_NS = 1_000_000L;
    private static final long SECOND_MS = 1_000L;
    private static final int COUNT_MAX = 1_000;
    private static final int SECONDS_MAX = 3_600;
    private static final int ENTRY_COUNT_MAX = 1_500_000_000;
    private static final List<String> WORKS = List.of("get", "put", "rmw");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--peers",
            split = ",",
            paramLabel = "NAME",
            description = "Contestants that take checkpoints. Default: ${DEFAULT-VALUE}.")
    private List<String> peers =
            List.of("idle", "quire", "quire-process", "rocksdb", "rocksdb-wal", "lmdb", "mvstore", "chronicle-file");

    @Option(names = "--entries", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int entryCount = 20_000_000;

    @Option(names = "--shape", paramLabel = "SHAPE", description = "Default: ${DEFAULT-VALUE}.")
    private String shape = "8x100";

    @Option(names = "--keys", paramLabel = "uniform|zipf", description = "Default: ${DEFAULT-VALUE}.")
    private String keys = "uniform";

    @Option(names = "--work", paramLabel = "get|put|rmw", description = "Default: ${DEFAULT-VALUE}.")
    private String work = "put";

    @Option(
            names = "--scenarios",
            split = ",",
            paramLabel = "NAME",
            description = "alone, checkpoints, full, recovering, grow. Default: ${DEFAULT-VALUE}.")
    private List<String> scenarios = List.of("grow", "alone", "checkpoints", "full", "recovering");

    @Option(
            names = "--rates",
            split = ",",
            paramLabel = "N|half|max",
            description =
                    "Operations per second; half of each contestant's own maximum; or max: each operation is due when"
                            + " the one before returns, for what lasts of its throughput. Default: ${DEFAULT-VALUE}.")
    private List<String> rates = List.of("100000", "half");

    @Option(names = "--forks", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int forkCount = 3;

    @Option(names = "--seconds", paramLabel = "S", description = "Length of each pass. Default: ${DEFAULT-VALUE}.")
    private int seconds = 20;

    @Option(names = "--warm-ms", paramLabel = "MS", description = "Warm-up before each pass. Default: 2000.")
    private long warmMs = 2_000;

    @Option(names = "--checkpoint-ms", paramLabel = "MS", description = "Between checkpoints. Default: 1000.")
    private long checkpointMs = 1_000;

    @Option(names = "--data", paramLabel = "DIR", description = "Where contestants keep files. Default: temporary.")
    private Path dataDirectory = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--no-pin", description = "Leave threads to the scheduler.")
    private boolean unpinned;

    @Mixin
    private ResultOptions resultOptions;

    @Override
    public Integer call() throws IOException {
        final LatencyPlan plan = plan();
        final Path directory = resultOptions.directory("latency");
        final UnitJournal journal = resultOptions.openJournal(directory, plan.toMessage(), UnitJournal::open);
        final ProgressLine progress = ProgressLine.onStandardError(LatencyMeasurement.passCount(plan));
        try (ScratchDirectory scratch = ScratchDirectory.in(dataDirectory)) {
            final LatencyMeasurement measurement = new LatencyMeasurement(plan, directory, scratch, progress, journal);
            measurement.run();
            progress.end();
            write(plan, directory, measurement);
            print(measurement.rows());
            LatencyCharts.draw(directory);
            System.out.println("\nresults: " + directory.toAbsolutePath());
            return Failures.report(spec.commandLine().getErr(), measurement.failures(), directory);
        }
    }

    private void checkOptions() {
        OptionChecks.distinct("--peers", peers);
        OptionChecks.distinct("--scenarios", scenarios);
        OptionChecks.distinct("--rates", rates);
        OptionChecks.oneOf("--work", work, WORKS);
        OptionChecks.range("--entries", entryCount, 1, ENTRY_COUNT_MAX);
        OptionChecks.range("--forks", forkCount, 1, COUNT_MAX);
        OptionChecks.range("--seconds", seconds, 1, SECONDS_MAX);
        OptionChecks.range("--warm-ms", (double) warmMs, 0, SECONDS_MAX * SECOND_MS);
        OptionChecks.range("--checkpoint-ms", (double) checkpointMs, 1, SECONDS_MAX * SECOND_MS);
        OptionChecks.writableDirectory("--data", dataDirectory);
    }

    private LatencyPlan plan() {
        try {
            checkOptions();
            peers.forEach(Peers::named);
            return new LatencyPlan(
                    peers,
                    TableShape.parse(shape),
                    entryCount,
                    KeyDistribution.parse(keys),
                    Work.parse(work),
                    scenarios.stream().map(LatencyScenario::parse).toList(),
                    rates,
                    forkCount,
                    seconds * SECOND_NS,
                    warmMs * MS_NS,
                    checkpointMs * MS_NS,
                    dataDirectory,
                    !unpinned);
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void write(final LatencyPlan plan, final Path directory, final LatencyMeasurement measurement)
            throws IOException {
        final List<Message> rows =
                measurement.rows().stream().map(LatencyRow::toMessage).toList();
        CsvFile.write(directory.resolve("latency.csv"), rows);
        CsvFile.write(directory.resolve("checkpoints.csv"), checkpoints(measurement.rows()));
        final Map<String, Object> all = new LinkedHashMap<>();
        all.put("kind", "latency");
        all.put("machine", MachineFacts.collect(plan.dataDirectory()));
        all.put("command", spec.commandLine().getParseResult().originalArgs());
        all.put("plan", plan.toMessage().fields());
        all.put("contestants", measurement.notes());
        all.put("failures", measurement.failures());
        all.put("rows", rows.stream().map(Message::fields).toList());
        Files.writeString(
                directory.resolve("result.json"),
                JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all) + "\n");
    }

    private static List<Message> checkpoints(final List<LatencyRow> rows) {
        final List<Message> checkpoints = new ArrayList<>();
        for (final LatencyRow row : rows) {
            if (row.answer().has("checkpoints")) {
                for (final Object each : (List<?>) row.answer().value("checkpoints")) {
                    final Message line = new Message()
                            .with("peer", row.peer())
                            .with("scenario", row.scenario().code())
                            .with("rate", row.rate())
                            .with("fork", row.fork());
                    ((Map<?, ?>) each).forEach((name, value) -> line.with(String.valueOf(name), value));
                    checkpoints.add(line);
                }
            }
        }
        return checkpoints;
    }

    /** Prints the median over forks of each percentile. */
    private static void print(final List<LatencyRow> rows) {
        final List<LatencyRow> printed = new ArrayList<>();
        System.out.printf(Locale.ROOT, "%nlatency in us from the intended start, median of forks%n");
        System.out.printf(Locale.ROOT, "%-26s%-13s%-9s%12s", "", "", "rate/s", "reached/s");
        LatencyPercentiles.names().forEach(name -> System.out.printf(Locale.ROOT, "%11s", name));
        System.out.println();
        for (final LatencyRow row : rows) {
            if (printed.stream().noneMatch(row::repeats)) {
                printed.add(row);
                System.out.printf(
                        Locale.ROOT,
                        "%-26s%-13s%-9s%12s",
                        row.peer(),
                        row.scenario().code(),
                        row.rate(),
                        reached(rows, row));
                LatencyPercentiles.names()
                        .forEach(name -> System.out.printf(
                                Locale.ROOT, "%11.1f", median(rows, row, each -> each.percentile(name))));
                System.out.println(remark(rows, row));
            }
        }
    }

    private static double median(
            final List<LatencyRow> rows, final LatencyRow row, final ToDoubleFunction<LatencyRow> figure) {
        return Spread.of(rows.stream().filter(row::repeats).mapToDouble(figure).toArray())
                .median();
    }

    private static String reached(final List<LatencyRow> rows, final LatencyRow row) {
        return row.hasReached()
                ? String.format(Locale.ROOT, "%.0f", median(rows, row, LatencyRow::reachedPerSecond))
                : "";
    }

    private static String remark(final List<LatencyRow> rows, final LatencyRow row) {
        final StringBuilder remark = new StringBuilder();
        if (row.hasCheckpoints()) {
            remark.append(String.format(
                    Locale.ROOT,
                    "  during checkpoints: p99.9 %.1f, max %.1f",
                    median(rows, row, each -> each.during("p99.9")),
                    median(rows, row, each -> each.during("max"))));
        }
        if (row.recovered()) {
            remark.append(String.format(
                    Locale.ROOT,
                    "  open %.1f ms, first operation %.3f ms, %d writes after the last checkpoint",
                    median(rows, row, each -> each.milliseconds("openMs")),
                    median(rows, row, each -> each.milliseconds("firstOperationMs")),
                    row.answer().number("tailOperations")));
        }
        return remark.append(saturated(rows, row) ? "  saturated: the rate was not reached" : "")
                .toString();
    }

    private static boolean saturated(final List<LatencyRow> rows, final LatencyRow row) {
        return rows.stream()
                .filter(row::repeats)
                .anyMatch(
                        each -> each.answer().has("saturated") && each.answer().flag("saturated"));
    }
}

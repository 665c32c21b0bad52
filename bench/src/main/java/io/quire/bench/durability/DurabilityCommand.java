/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.chart.DurabilityCharts;
import io.quire.bench.compare.CsvFile;
import io.quire.bench.compare.Failures;
import io.quire.bench.compare.OptionChecks;
import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.ResultOptions;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.MachineFacts;
import io.quire.bench.machine.PageCache;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.TableShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bench durability}. */
@Command(
        name = "durability",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Checkpoints and restarts by size of the state: full, and incremental after a share of entries changed;",
            "time, bytes in files and at the device, write latency meanwhile; open to first read, to everything read."
        })
public final class DurabilityCommand implements Callable<Integer> {
    private static final double GIB = 1L << 30;
    private static final double PERCENT = 100;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int COUNT_MAX = 1_000;
    private static final int SECONDS_MAX = 3_600;
    private static final double OPERATIONS_PER_SECOND_MAX = 1e9;
    private static final double ENTRY_COUNT_MAX = 1_500_000_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--peers",
            split = ",",
            paramLabel = "NAME",
            description = "Contestants that take checkpoints. Default: ${DEFAULT-VALUE}.")
    private List<String> peers = List.of("quire", "rocksdb", "lmdb", "mvstore", "chronicle-file", "chronicle-copy");

    @Option(
            names = "--gib",
            split = ",",
            paramLabel = "GIB",
            description = "Sizes of the state, keys and values, GiB. Default: ${DEFAULT-VALUE}.")
    private List<Double> sizes = List.of(1.0, 2.0, 4.0);

    @Option(names = "--shape", paramLabel = "SHAPE", description = "Default: ${DEFAULT-VALUE}.")
    private String shape = "8x100";

    @Option(
            names = "--changed",
            split = ",",
            paramLabel = "PERCENT",
            description = "Entries changed before an incremental checkpoint. Default: ${DEFAULT-VALUE}.")
    private List<Double> changedPercents = List.of(0.1, 1.0, 10.0);

    @Option(names = "--repeats", paramLabel = "N", description = "Checkpoints of each share. Default: 3.")
    private int repeatCount = 3;

    @Option(names = "--rate", paramLabel = "N", description = "Writes per second meanwhile. Default: 100000.")
    private double operationsPerSecond = 100_000;

    @Option(names = "--seconds", paramLabel = "S", description = "Writing at that rate for so long. Default: 5.")
    private int seconds = 5;

    @Option(names = "--forks", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int forkCount = 3;

    @Option(names = "--drop-caches", description = "Empty the page cache before each restart (needs root).")
    private boolean dropCaches;

    @Option(names = "--data", paramLabel = "DIR", description = "Where contestants keep files. Default: temporary.")
    private Path dataDirectory = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--no-pin", description = "Leave threads to the scheduler.")
    private boolean unpinned;

    @Mixin
    private ResultOptions resultOptions;

    @Override
    public Integer call() throws IOException {
        final DurabilityPlan plan = plan();
        final Path directory = resultOptions.directory("durability");
        final UnitJournal journal = resultOptions.openJournal(directory, plan.toMessage(), UnitJournal::open);
        final ProgressLine progress = ProgressLine.onStandardError(DurabilityMeasurement.expectedWork(plan));
        try (ScratchDirectory scratch = ScratchDirectory.in(dataDirectory)) {
            final DurabilityMeasurement measurement =
                    new DurabilityMeasurement(plan, directory, scratch, progress, journal);
            measurement.run();
            progress.end();
            write(plan, directory, measurement);
            System.out.print(new DurabilityTable(measurement.checkpoints(), measurement.restarts()).text());
            DurabilityCharts.draw(directory);
            System.out.println("\nresults: " + directory.toAbsolutePath());
            return Failures.report(spec.commandLine().getErr(), measurement.failures(), directory);
        }
    }

    private void checkOptions() {
        OptionChecks.distinct("--peers", peers);
        OptionChecks.distinct("--gib", sizes);
        final double entryLength = TableShape.parse(shape).entryLength();
        sizes.forEach(
                size -> OptionChecks.range("--gib", size, entryLength / GIB, ENTRY_COUNT_MAX * entryLength / GIB));
        OptionChecks.distinct("--changed", changedPercents);
        changedPercents.forEach(percent -> OptionChecks.positive("--changed", percent, PERCENT));
        OptionChecks.range("--repeats", repeatCount, 1, COUNT_MAX);
        OptionChecks.positive("--rate", operationsPerSecond, OPERATIONS_PER_SECOND_MAX);
        OptionChecks.range("--seconds", seconds, 1, SECONDS_MAX);
        OptionChecks.range("--forks", forkCount, 1, COUNT_MAX);
        OptionChecks.writableDirectory("--data", dataDirectory);
    }

    private DurabilityPlan plan() {
        try {
            checkOptions();
            peers.forEach(Peers::named);
            if (dropCaches && !PageCache.droppable()) {
                throw new IllegalArgumentException("--drop-caches needs root");
            }
            return new DurabilityPlan(
                    peers,
                    TableShape.parse(shape),
                    sizes.stream().map(size -> (long) (size * GIB)).toList(),
                    changedPercents.stream().map(percent -> percent / PERCENT).toList(),
                    repeatCount,
                    operationsPerSecond,
                    seconds * SECOND_NS,
                    forkCount,
                    dropCaches,
                    dataDirectory,
                    !unpinned);
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void write(final DurabilityPlan plan, final Path directory, final DurabilityMeasurement measurement)
            throws IOException {
        CsvFile.write(directory.resolve("checkpoints.csv"), measurement.checkpoints());
        CsvFile.write(directory.resolve("restarts.csv"), measurement.restarts());
        final Map<String, Object> all = new LinkedHashMap<>();
        all.put("kind", "durability");
        all.put("machine", MachineFacts.collect(plan.dataDirectory()));
        all.put("command", spec.commandLine().getParseResult().originalArgs());
        all.put("plan", plan.toMessage().fields());
        all.put("contestants", measurement.notes());
        all.put("failures", measurement.failures());
        all.put(
                "checkpoints",
                measurement.checkpoints().stream().map(Message::fields).toList());
        all.put("restarts", measurement.restarts().stream().map(Message::fields).toList());
        Files.writeString(
                directory.resolve("result.json"),
                JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all) + "\n");
    }
}

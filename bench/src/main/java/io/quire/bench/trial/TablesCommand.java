/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.chart.TablesCharts;
import io.quire.bench.compare.CsvFile;
import io.quire.bench.compare.OptionChecks;
import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.ResultOptions;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.machine.MachineFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bench tables}. */
@Command(
        name = "tables",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description =
                "Long trials of Quire's own tables, without log and checkpoints. churn: pace, memory and fragmentation"
                        + " while entries are replaced at constant size. growth: every put timed from empty, beside"
                        + " an empty loop. readers: the writer alone and with a thread that reads, in turns. All in"
                        + " one JVM; name one kind to have it alone.")
public final class TablesCommand implements Callable<Integer> {
    private static final long MS_NS = 1_000_000L;
    private static final int COUNT_MAX = 1_000;
    private static final int SLICE_MS_MAX = 60_000;
    private static final int TURNOVERS_MAX = 1_000_000;
    private static final int ENTRY_COUNT_MAX = 1_500_000_000;
    private static final List<String> TRIALS = List.of(TablesPlan.CHURN, TablesPlan.GROWTH, TablesPlan.READERS);

    @Spec
    private CommandSpec spec;

    @Option(names = "--trials", split = ",", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
    private List<String> trials = TRIALS;

    @Option(
            names = "--kinds",
            split = ",",
            paramLabel = "KIND",
            description = "long-long, or 8-byte keys and values inline (fixed-100) or as records of one length"
                    + " (bytes-100) or many (bytes-20-200). Default: ${DEFAULT-VALUE}.")
    private List<String> kinds = TableKind.codes();

    @Option(names = "--entries", paramLabel = "N", description = "For churn and readers. Default: ${DEFAULT-VALUE}.")
    private int entryCount = 1_000_000;

    @Option(
            names = "--turnovers",
            paramLabel = "N",
            description = "How often a churning table is replaced, in at most 100 slices. Default: ${DEFAULT-VALUE}.")
    private int turnovers = 100;

    @Option(names = "--grow-to", paramLabel = "N", description = "Entries. Default: ${DEFAULT-VALUE}.")
    private int growTo = 20_000_000;

    @Option(names = "--repeats", paramLabel = "N", description = "Tables that grow, one by one. Default: 3.")
    private int repeatCount = 3;

    @Option(names = "--rounds", paramLabel = "N", description = "Slices of each sort with readers. Default: 10.")
    private int roundCount = 10;

    @Option(names = "--slice-ms", paramLabel = "MS", description = "Length of such a slice, about. Default: 500.")
    private int sliceMs = 500;

    @Option(names = "--data", paramLabel = "DIR", description = "Directory of the stores. Default: temporary.")
    private Path dataDirectory = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--no-pin", description = "Leave threads to the scheduler.")
    private boolean unpinned;

    @Mixin
    private ResultOptions resultOptions;

    @Override
    public Integer call() throws IOException {
        final TablesPlan plan = plan();
        final Path directory = resultOptions.directory("tables");
        final UnitJournal journal = resultOptions.openJournal(directory, plan.toMessage(), UnitJournal::open);
        final ProgressLine progress = ProgressLine.onStandardError(TablesMeasurement.expectedWork(plan));
        try (ScratchDirectory scratch = ScratchDirectory.in(dataDirectory)) {
            final Map<String, List<Message>> rows = onWorkerThread(() -> {
                final TablesMeasurement measurement = new TablesMeasurement(plan, scratch, progress, journal);
                measurement.run();
                return measurement.rowsByTrial();
            });
            progress.end();
            write(plan, directory, rows);
            TablesCharts.draw(directory);
            rows.forEach((trial, of) -> System.out.print(TablesText.of(trial, of)));
            System.out.println("\nresults: " + directory.toAbsolutePath());
            return 0;
        }
    }

    /** Runs where {@link CorePinning} looks for the thread that is measured. */
    private static <T> T onWorkerThread(final Callable<T> body) {
        final FutureTask<T> task = new FutureTask<>(body);
        new Thread(task, CorePinning.WORKER_THREAD_NAME).start();
        try {
            return task.get();
        } catch (final ExecutionException e) {
            throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void checkOptions() {
        OptionChecks.distinct("--trials", trials);
        trials.forEach(trial -> OptionChecks.oneOf("--trials", trial, TRIALS));
        OptionChecks.distinct("--kinds", kinds);
        OptionChecks.range("--entries", entryCount, 1, ENTRY_COUNT_MAX);
        OptionChecks.range("--turnovers", turnovers, 1, TURNOVERS_MAX);
        if (trials.contains(TablesPlan.CHURN)) {
            // Keys are numbered by ints.
            OptionChecks.range(
                    "--turnovers times --entries", (double) turnovers * entryCount, 1, Integer.MAX_VALUE - entryCount);
        }
        OptionChecks.range("--grow-to", growTo, 1, ENTRY_COUNT_MAX);
        OptionChecks.range("--repeats", repeatCount, 1, COUNT_MAX);
        OptionChecks.range("--rounds", roundCount, 1, COUNT_MAX);
        OptionChecks.range("--slice-ms", sliceMs, 1, SLICE_MS_MAX);
        OptionChecks.writableDirectory("--data", dataDirectory);
    }

    private TablesPlan plan() {
        try {
            checkOptions();
            return new TablesPlan(
                    trials,
                    kinds.stream().map(TableKind::parse).toList(),
                    entryCount,
                    turnovers,
                    growTo,
                    repeatCount,
                    roundCount,
                    sliceMs * MS_NS,
                    dataDirectory,
                    !unpinned);
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void write(final TablesPlan plan, final Path directory, final Map<String, List<Message>> rows)
            throws IOException {
        final Map<String, Object> all = new LinkedHashMap<>();
        all.put("kind", "tables");
        all.put("machine", MachineFacts.collect(plan.dataDirectory()));
        all.put("command", spec.commandLine().getParseResult().originalArgs());
        all.put("plan", plan.toMessage().fields());
        for (final Map.Entry<String, List<Message>> trial : rows.entrySet()) {
            CsvFile.write(directory.resolve(trial.getKey() + ".csv"), trial.getValue());
            all.put(
                    trial.getKey(),
                    trial.getValue().stream().map(Message::fields).toList());
        }
        Files.writeString(
                directory.resolve("result.json"),
                JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all) + "\n");
    }
}

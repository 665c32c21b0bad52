/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.chart.ChartCommand;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.durability.DurabilityCommand;
import io.quire.bench.latency.LatencyCommand;
import io.quire.bench.machine.CalibrationProbe;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.machine.MachineFacts;
import io.quire.bench.peer.Peers;
import io.quire.bench.profile.CollapseCommand;
import io.quire.bench.table.TableShape;
import io.quire.bench.trial.TablesCommand;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code bench}: compares contestants, and holds the other measurements as subcommands. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        subcommands = {
            LatencyCommand.class,
            DurabilityCommand.class,
            TablesCommand.class,
            ChartCommand.class,
            CollapseCommand.class
        },
        description = {
            "Compares Quire with its peers: contestants interleaved in one run, each in its own JVM.",
            "Prints ratios (Quire = 1) and writes JSON, CSV and raw data. --out DIR of an interrupted run resumes it."
        })
public final class CompareCommand implements Callable<Integer> {
    private static final String BASE = "quire";
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final long MS_TO_NS = 1_000_000;
    private static final int MEBIBYTE_SHIFT = 20;
    private static final int WARM_FACTOR_MAX = 5;
    private static final int QUICK_WARM_FACTOR_MAX = 3;
    private static final int COUNT_MAX = 1_000;
    private static final int TIME_MS_MAX = 3_600_000;
    private static final int PROBE_MIB_MAX = 8_192;
    private static final int ENTRY_COUNT_MAX = 1_500_000_000;

    private static final List<String> QUICK_PEERS =
            List.of("quire", "quire-process", "floor", "agrona", "hashmap", "chronicle-file", "rocksdb", "lmdb");
    private static final List<String> FULL_PEERS = List.of(
            "quire",
            "quire-fixed",
            "quire-arrays",
            "quire-process",
            "floor",
            "floor-huge",
            "floor-file",
            "agrona",
            "hashmap",
            "chronicle-file",
            "chronicle-memory",
            "rocksdb",
            "rocksdb-tuned",
            "rocksdb-wal",
            "lmdb",
            "mvstore",
            "mapdb");

    @Spec
    private CommandSpec spec;

    @Option(names = "--quick", description = "A rough answer in under three minutes: one fork, one size, three works.")
    private boolean quick;

    @Option(
            names = "--work",
            split = ",",
            paramLabel = "WORK",
            description = "What is timed: load, get, miss, put, insert, rmw, remove-insert, mixed50, mixed95, scan.")
    private List<String> works;

    @Option(names = "--entries", split = ",", paramLabel = "N", description = "Sizes of the tables.")
    private List<Integer> entryCounts;

    @Option(
            names = "--shapes",
            split = ",",
            paramLabel = "SHAPE",
            description =
                    "Widths: long-long, or KEYxVALUE bytes such as 8x100. Default: long-long and 8x--value-bytes.")
    private List<String> shapes;

    @Option(
            names = "--value-bytes",
            split = ",",
            paramLabel = "B",
            description = "Lengths of byte values, in addition to long -> long. Default: ${DEFAULT-VALUE}.")
    private List<Integer> valueLengths = List.of(100);

    @Option(names = "--key-bytes", paramLabel = "B", description = "Length of keys of byte values. Default: 8.")
    private int keyLength = Long.BYTES;

    @Option(
            names = "--keys",
            split = ",",
            paramLabel = "uniform|zipf",
            description = "Which keys are used how often. Default: uniform.")
    private List<String> distributions = List.of("uniform");

    @Option(names = "--peers", split = ",", paramLabel = "NAME", description = "Contestants; --list-peers shows all.")
    private List<String> peers;

    @Option(names = "--forks", paramLabel = "N", description = "JVMs of each contestant. Default: 3, quick 1.")
    private Integer forkCount;

    @Option(names = "--iterations", paramLabel = "N", description = "Timed iterations in each fork. Default: 5.")
    private int iterationCount = 5;

    @Option(names = "--iteration-ms", paramLabel = "MS", description = "Length of one. Default: 1000, quick 150.")
    private Long iterationMs;

    @Option(
            names = "--warm-ms",
            paramLabel = "MS",
            description =
                    "Warm-up of each work, at least: until its pace is steady, or five times (quick: three times) as"
                            + " long. Default: 2000, quick 400.")
    private Long warmMs;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            description = "How often a disturbed cell is measured again. Default: 5, quick 1.")
    private Integer repeatMax;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where contestants with files keep them. Default: /dev/shm, else the temporary directory.")
    private Path dataDirectory;

    @Option(
            names = "--probe-mib",
            paramLabel = "MIB",
            description = "Memory that the calibration probe reads. Default: ${DEFAULT-VALUE}.")
    private int probeMib = 256;

    @Option(names = "--no-pin", description = "Leave threads to the scheduler.")
    private boolean unpinned;

    @Mixin
    private ResultOptions resultOptions;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Print stack traces of failures.")
    private boolean verbose;

    @Option(names = "--list-peers", description = "Print the names of all contestants.")
    private boolean listPeers;

    /**
     * Runs the command and ends the JVM.
     *
     * @param arguments of the command line
     */
    public static void main(final String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /**
     * Makes the command line: failures are one line, with a stack trace when asked for.
     *
     * @return the command line
     */
    static CommandLine commandLine() {
        final CompareCommand command = new CompareCommand();
        return new CommandLine(command).setExecutionExceptionHandler((failure, line, parsed) -> {
            line.getErr().println("bench: " + failure.getMessage());
            if (command.verbose) {
                failure.printStackTrace(line.getErr());
            }
            return 1;
        });
    }

    @Override
    public Integer call() throws InterruptedException {
        if (listPeers) {
            Peers.names().forEach(System.out::println);
            return 0;
        }
        final ComparePlan plan = plan();
        final RunJournal journal =
                resultOptions.openJournal(resultOptions.directory("compare"), plan.toMessage(), RunJournal::open);
        final WorkerResult result = new WorkerResult();
        final Thread worker = new Thread(() -> run(plan, journal, result), CorePinning.WORKER_THREAD_NAME);
        worker.start();
        worker.join();
        if (result.failure != null) {
            throw result.failure;
        }
        return result.exitCode;
    }

    /** What the worker thread leaves behind. */
    private static final class WorkerResult {
        private volatile RuntimeException failure;
        private volatile int exitCode;
    }

    private void run(final ComparePlan plan, final RunJournal journal, final WorkerResult result) {
        final CorePinning pinning = plan.pinned() ? CorePinning.choose() : null;
        if (pinning != null) {
            pinning.apply();
        }
        final ContestantNotes notes = new ContestantNotes(journal.directory());
        final double expectedWork = plan.units().stream()
                .mapToDouble(unit -> CompareRun.expectedWork(plan, unit))
                .sum();
        final ProgressLine progress = ProgressLine.onStandardError(expectedWork);
        try (ScratchDirectory scratch = ScratchDirectory.in(plan.dataDirectory());
                CalibrationProbe probe = new CalibrationProbe((long) probeMib << MEBIBYTE_SHIFT)) {
            final CompareRun run = new CompareRun(plan, journal, progress, notes, scratch, probe);
            System.err.println("rule: " + run.rule().text());
            run.run();
            progress.end();
            report(plan, journal, notes, run.rule(), pinning);
            run.leftOut().forEach(line -> System.out.println("left out: " + line));
            result.exitCode = Failures.report(spec.commandLine().getErr(), run.failures(), journal.directory());
        } catch (final RuntimeException e) {
            progress.end();
            result.failure = e;
        }
    }

    private void report(
            final ComparePlan plan,
            final RunJournal journal,
            final ContestantNotes notes,
            final DiscardRule rule,
            final CorePinning pinning) {
        final List<Cell> cells = rule.judgeAgain(journal.cells());
        final Results results = new Results(cells);
        final String base = plan.peers().contains(BASE) ? BASE : plan.peers().get(0);
        final Map<String, Object> head = new LinkedHashMap<>();
        head.put("machine", MachineFacts.collect(plan.dataDirectory()));
        head.put("command", spec.commandLine().getParseResult().originalArgs());
        head.put("plan", plan.toMessage().fields());
        head.put("rule", rule.text());
        head.put("quietProbeNs", rule.quietNs());
        head.put(
                "pinning",
                pinning == null
                        ? "none"
                        : "measured thread on core " + pinning.workerCore() + ", all others on "
                                + pinning.otherCores());
        head.put("contestants", notes.asMap());
        ResultFiles.write(journal.directory(), head, cells, results, base);
        System.out.print(new RatioTable(results, base).text());
        System.out.print(notes.text());
        System.out.println("\nmachine: " + head.get("machine"));
        System.out.println("pinning: " + head.get("pinning"));
        System.out.println("results: " + journal.directory().toAbsolutePath());
    }

    private ComparePlan plan() {
        try {
            checkOptions();
            final List<String> peerNames = peers == null ? (quick ? QUICK_PEERS : FULL_PEERS) : peers;
            for (final String name : peerNames) {
                if (!Peers.named(name).keepsEntries()) {
                    throw new IllegalArgumentException(name + " has no table; it is for latency runs");
                }
            }
            final ComparePlan.Pace pace = new ComparePlan.Pace(
                    forkCount == null ? (quick ? 1 : 3) : forkCount,
                    iterationCount,
                    (iterationMs == null ? (quick ? 150 : 1_000) : iterationMs) * MS_TO_NS,
                    (warmMs == null ? (quick ? 400 : 2_000) : warmMs) * MS_TO_NS,
                    quick ? QUICK_WARM_FACTOR_MAX : WARM_FACTOR_MAX,
                    repeatMax == null ? (quick ? 1 : 5) : repeatMax,
                    quick ? 150_000 * MS_TO_NS : 0);
            return new ComparePlan(
                    peerNames,
                    tableShapes(),
                    entryCounts == null ? (quick ? List.of(1_000_000) : List.of(1_000_000, 20_000_000)) : entryCounts,
                    distributions.stream().map(KeyDistribution::parse).toList(),
                    timedWorks(),
                    pace,
                    dataDirectory(),
                    !unpinned);
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private List<Work> timedWorks() {
        if (works != null) {
            return works.stream().map(Work::parse).toList();
        }
        return quick ? List.of(Work.GET, Work.PUT, Work.RMW) : List.of(Work.values());
    }

    private List<TableShape> tableShapes() {
        if (shapes != null) {
            return shapes.stream().map(TableShape::parse).toList();
        }
        final List<TableShape> chosen = new ArrayList<>();
        chosen.add(TableShape.LONG_LONG);
        valueLengths.forEach(length -> chosen.add(TableShape.bytes(keyLength, length)));
        return chosen;
    }

    private Path dataDirectory() {
        if (dataDirectory != null) {
            return dataDirectory;
        }
        return Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private void checkOptions() {
        if (peers != null) {
            OptionChecks.distinct("--peers", peers);
        }
        if (entryCounts != null) {
            OptionChecks.distinct("--entries", entryCounts);
            entryCounts.forEach(count -> OptionChecks.range("--entries", count, 1, ENTRY_COUNT_MAX));
        }
        OptionChecks.distinct("--work", timedWorks());
        OptionChecks.distinct("--shapes", tableShapes());
        OptionChecks.distinct("--keys", distributions);
        if (forkCount != null) {
            OptionChecks.range("--forks", forkCount, 1, COUNT_MAX);
        }
        OptionChecks.range("--iterations", iterationCount, 1, COUNT_MAX);
        if (iterationMs != null) {
            OptionChecks.range("--iteration-ms", iterationMs, 1, TIME_MS_MAX);
        }
        if (warmMs != null) {
            OptionChecks.range("--warm-ms", warmMs, 0, TIME_MS_MAX);
        }
        if (repeatMax != null) {
            OptionChecks.range("--repeats", repeatMax, 0, COUNT_MAX);
        }
        OptionChecks.range("--probe-mib", probeMib, 1, PROBE_MIB_MAX);
        OptionChecks.writableDirectory("--data", dataDirectory());
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.cli.CommandFailure;
import io.quire.cli.Console;
import io.quire.cli.DurationConverter;
import io.quire.cli.ExitCode;
import io.quire.cli.PathConverter;
import io.quire.cli.StopRequest;
import io.quire.cli.SubCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code quire demo}.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "demo",
        header = "Kills a writing process again and again, and shows that nothing is lost.",
        description = {
            "",
            "A child JVM updates random keys as fast as it can, with a checkpoint each second. It is killed"
                    + " with SIGKILL at random moments and started again. Each start shows how long the first read took"
                    + " after open(), how many log records were replayed, and that every acknowledged write is there."
                    + " Every state found is compared with a model in plain arrays. Takes about a minute.",
            ""
        })
public final class DemoCommand extends SubCommand {
    private static final int ENTRY_COUNT_MIN = 16;
    private static final int ENTRY_COUNT_MAX = 500_000_000;
    private static final double HEAP_SHARE = 0.7;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--entries",
            paramLabel = "N",
            defaultValue = "5000000",
            description = "How many entries the state has. Default: 5000000.")
    private int entryCount;

    @Option(names = "--kills", paramLabel = "K", defaultValue = "3", description = "How many kills. Default: 3.")
    private int killCount;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "25",
            converter = DurationConverter.class,
            description = "How long to write in all, loading not included. Default: 25.")
    private long updateNs;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            defaultValue = "1s",
            converter = DurationConverter.class,
            description = "Time between two checkpoints. Default: 1s.")
    private long intervalNs;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            converter = PathConverter.class,
            description = "An empty or new directory to work in; it is removed. Default: among the temporary files.")
    private Path directory;

    @Option(
            names = "--keep",
            description = "Keep the directory, to look into it with 'quire inspect' and 'quire verify'.")
    private boolean keep;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description = "Repeats keys and moments of an earlier run. Default: a new one each time.")
    private Long seed;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress.")
    private boolean quiet;

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    public DemoCommand(final Console console) {
        super(console);
    }

    @Override
    public Integer call() throws IOException {
        checkOptions();
        try (StopRequest stop = StopRequest.install(() -> {})) {
            final DemoSettings settings = new DemoSettings(
                    DemoDirectory.create(directory, entryCount),
                    entryCount,
                    killCount,
                    updateNs,
                    intervalNs,
                    seed != null ? seed : System.nanoTime() & 0xFFFFFFFFL,
                    keep);
            boolean passed = false;
            try {
                passed = new DemoRun(settings, console(), stop, quiet).run();
            } catch (final WriterProcess.StoppedException e) {
                console().say("interrupted");
            } finally {
                cleanUp(settings);
            }
            return passed ? ExitCode.OK : ExitCode.CHECK_FAILED;
        }
    }

    private void checkOptions() {
        check("--entries", entryCount, ENTRY_COUNT_MIN, ENTRY_COUNT_MAX);
        check("--kills", killCount, 0, 1000);
        check("--seconds", TimeUnit.NANOSECONDS.toSeconds(updateNs), 1, 24 * 3600);
        check("--interval", TimeUnit.NANOSECONDS.toMillis(intervalNs), 10, 3_600_000);
        final long needed = (long) (entryCount * DemoModel.BYTES_PER_ENTRY);
        final long heap = (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE);
        if (needed > heap) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "the model of " + entryCount + " entries takes " + (needed >> 20) + " MiB of heap, " + (heap >> 20)
                            + " MiB are there; set QUIRE_OPTS=-Xmx" + (((needed * 2) >> 30) + 1) + "g");
        }
    }

    private void check(final String option, final long value, final long min, final long max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be in " + min + ".." + max + ", not " + value);
        }
    }

    private void cleanUp(final DemoSettings settings) throws IOException {
        if (settings.keep()) {
            console().say("kept in " + settings.directory() + ", the store is in " + settings.storeDirectory());
        } else {
            DemoDirectory.remove(settings.directory(), settings.storeDirectory());
        }
    }
}

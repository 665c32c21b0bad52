/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.cli.Console;
import io.quire.cli.Progress;
import io.quire.cli.ProgressLine;
import io.quire.cli.Quantities;
import io.quire.cli.StopRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The demo: starts writers, kills them, starts them again, and compares.
 *
 * <p>Threading: confined to the main thread.
 */
final class DemoRun {
    /** Updates a second at which it is shown that a checkpoint costs what has changed. */
    static final long PACE = 20_000;

    /** Part of the time to write that is written at that pace, in addition. */
    private static final double PACED_SHARE = 0.18;

    private static final long START_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(2);
    private static final long LOAD_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(10);
    private static final long CLOSE_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(2);
    private static final long MODEL_STEP = 1 << 20;

    private final DemoSettings settings;
    private final Console console;
    private final StopRequest stop;
    private final boolean quiet;
    private final Acknowledgements acknowledgements;
    private final DemoFigures figures = new DemoFigures();
    private boolean exact = true;

    DemoRun(final DemoSettings settings, final Console console, final StopRequest stop, final boolean quiet)
            throws IOException {
        this.settings = settings;
        this.console = console;
        this.stop = stop;
        this.quiet = quiet;
        this.acknowledgements = Acknowledgements.map(settings.acknowledgementFile());
    }

    /**
     * Runs the demo.
     *
     * @return whether everything held
     * @throws IOException when standard output fails
     */
    boolean run() throws IOException {
        say(
                "%s entries, %d kills, %s of updates, a checkpoint every %s, durability PROCESS, in %s",
                Quantities.count(settings.entryCount()),
                settings.killCount(),
                Quantities.duration(settings.updateNs()),
                Quantities.duration(settings.intervalNs()),
                settings.directory());
        final long[] spans = spans();
        for (int round = 0; round <= settings.killCount(); round++) {
            writeAndEnd(round, spans[round]);
        }
        checkAfterClose();
        final boolean equal = compareWithModel();
        print("\n" + DemoReport.of(settings, figures, PACE) + "\n");
        final boolean passed = exact && equal;
        print(
                passed
                        ? "PASSED: " + settings.killCount()
                                + " kills, nothing acknowledged was lost, every recovered state and the"
                                + " last one equal the model.\n"
                        : "FAILED: "
                                + (exact ? "a state differs from the model" : "acknowledged operations are missing")
                                + ", see above; seed " + settings.seed() + ".\n");
        return passed;
    }

    /** Random times that sum up to the whole, none of them very short. */
    private long[] spans() {
        final SplittableRandom random = new SplittableRandom(settings.seed());
        final double[] weights = new double[settings.killCount() + 1];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 0.4 + random.nextDouble();
        }
        final double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights)
                .mapToLong(w -> (long) (settings.updateNs() * w / sum))
                .toArray();
    }

    private void writeAndEnd(final int round, final long spanNs) throws IOException {
        final boolean isLast = round == settings.killCount();
        try (WriterProcess writer = new WriterProcess(settings, stop, figures::accept)) {
            start(writer, round);
            load(writer);
            final long startNs = System.nanoTime();
            final long before = acknowledgements.getAcquire();
            update(writer, spanNs, isLast ? "last round" : "until kill " + (round + 1));
            final double rate = Quantities.rate(acknowledgements.getAcquire() - before, System.nanoTime() - startNs);
            if (isLast) {
                writer.tell("pace " + PACE);
                update(
                        writer,
                        (long) (settings.updateNs() * PACED_SHARE),
                        "at " + Quantities.count(PACE) + " a second");
                writer.tell("finish");
                require(writer.await("closed", CLOSE_TIMEOUT_NS), "close the store");
                writer.awaitEnd();
                say(
                        "  end        closed after %s operations, %s updates a second",
                        Quantities.count(acknowledgements.getAcquire()), Quantities.count((long) rate));
            } else {
                writer.kill();
                say(
                        "  kill %-5d SIGKILL after %s operations, %s updates a second",
                        round + 1, Quantities.count(acknowledgements.getAcquire()), Quantities.count((long) rate));
            }
        }
    }

    private void start(final WriterProcess writer, final int round) throws IOException {
        final long acknowledged = acknowledgements.getAcquire();
        final String[] opened = require(writer.await("opened", START_TIMEOUT_NS), "open the store");
        final long processNs = System.nanoTime() - writer.startNs();
        final StateDigest digest = digest(require(writer.await("state", START_TIMEOUT_NS), "read the state"));
        final long firstReadNs = Long.parseLong(opened[1]);
        if (round == 0) {
            say("  start      empty store open and read in %s", Quantities.duration(firstReadNs));
            return;
        }
        final DemoFigures.Restart restart = new DemoFigures.Restart(
                firstReadNs,
                processNs,
                Long.parseLong(opened[2]),
                Long.parseLong(opened[3]),
                acknowledged,
                digest.operationCount());
        figures.restarts.add(restart);
        figures.recovered.add(new DemoFigures.Expected("after kill " + round, digest));
        exact &= restart.isExact();
        say(
                "  restart %-2d first read %s after open(); checkpoint %d + %s log records at %s a second;"
                        + " %s acknowledged, %s found: %s",
                round,
                Quantities.duration(firstReadNs),
                restart.checkpointId(),
                Quantities.count(restart.logRecordCount()),
                Quantities.count(Long.parseLong(opened[5])),
                Quantities.count(acknowledged),
                Quantities.count(restart.recoveredCount()),
                restart.isExact() ? "every write is there" : "WRONG");
    }

    private static StateDigest digest(final String[] words) {
        return new StateDigest(
                Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]), Long.parseLong(words[4]));
    }

    private static String[] require(final String[] words, final String what) {
        if (words == null) {
            throw new io.quire.cli.CommandFailure(
                    io.quire.cli.ExitCode.STORE_ERROR, "the writer did not " + what + " in time");
        }
        return words;
    }

    private void load(final WriterProcess writer) throws IOException {
        final long before = acknowledgements.getAcquire();
        if (before >= settings.entryCount()) {
            return;
        }
        final long startNs = System.nanoTime();
        String[] loaded = null;
        try (Progress progress = progress("loading")) {
            progress.total(settings.entryCount());
            while (loaded == null) {
                loaded = writer.await("loaded", TimeUnit.MILLISECONDS.toNanos(100));
                progress.done(Math.min(settings.entryCount(), acknowledgements.getAcquire()));
                if (System.nanoTime() - startNs > LOAD_TIMEOUT_NS) {
                    require(loaded, "load " + settings.entryCount() + " entries");
                }
            }
        }
        say(
                "  load       %s entries in %s, the states take %s",
                Quantities.count(settings.entryCount()),
                Quantities.duration(System.nanoTime() - startNs),
                Quantities.bytes(Long.parseLong(loaded[1])));
    }

    private void update(final WriterProcess writer, final long spanNs, final String detail) {
        final long startNs = System.nanoTime();
        try (Progress progress = progress("updates, " + detail)) {
            while (System.nanoTime() - startNs < spanNs) {
                final long leftNs = spanNs - (System.nanoTime() - startNs);
                writer.await("nothing", Math.min(leftNs, TimeUnit.MILLISECONDS.toNanos(100)));
                progress.done(acknowledgements.getAcquire());
            }
        }
    }

    private Progress progress(final String label) {
        return new Progress(console, quiet, label, ProgressLine.Unit.COUNT);
    }

    private void checkAfterClose() {
        try (WriterProcess writer = new WriterProcess(settings, stop, figures::accept)) {
            require(writer.await("opened", START_TIMEOUT_NS), "open the store");
            final StateDigest digest = digest(require(writer.await("state", START_TIMEOUT_NS), "read the state"));
            figures.recovered.add(new DemoFigures.Expected("after the close", digest));
            writer.kill();
        }
    }

    private boolean compareWithModel() throws IOException {
        final long startNs = System.nanoTime();
        final DemoModel model = new DemoModel(settings.operations());
        final List<DemoFigures.Expected> states = figures.recovered;
        final List<String> differences = new ArrayList<>();
        try (Progress progress = progress("model")) {
            progress.total(states.get(states.size() - 1).digest().operationCount());
            for (final DemoFigures.Expected state : states) {
                advance(model, state.digest().operationCount(), progress);
                final StateDigest expected = model.digest();
                if (!expected.equals(state.digest())) {
                    differences.add(state.moment() + ": expected " + expected + "; found " + state.digest());
                }
            }
        }
        for (final String difference : differences) {
            say("  check      WRONG %s", difference);
        }
        if (differences.isEmpty()) {
            say(
                    "  check      %s operations repeated in plain arrays in %s: %d states compared, all equal",
                    Quantities.count(model.operationCount()),
                    Quantities.duration(System.nanoTime() - startNs),
                    states.size());
        }
        return differences.isEmpty();
    }

    private void advance(final DemoModel model, final long target, final Progress progress) {
        while (model.operationCount() < target) {
            if (stop.requested()) {
                throw new WriterProcess.StoppedException();
            }
            model.advance(Math.min(MODEL_STEP, target - model.operationCount()));
            progress.done(model.operationCount());
        }
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private void say(final String format, final Object... values) throws IOException {
        print(String.format(java.util.Locale.ROOT, format, values) + "\n");
    }

    private void print(final String text) throws IOException {
        console.out().write(text.getBytes(StandardCharsets.UTF_8));
        console.out().flush();
    }
}

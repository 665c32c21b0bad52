/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.cli.Quantities;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * The table at the end of the demo.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class DemoReport {
    private static final String ROW = "  %-30s %14s %14s %9s %9s %9s %9s%n";
    private static final String CHECKPOINT_ROW = "  %-30s %14s %14s %9s %9s%n";
    private static final String RESTART_ROW = "  %-30s %14s %14s %14s%n";
    private static final double NS_PER_SECOND = 1e9;

    private DemoReport() {}

    static String of(final DemoSettings settings, final DemoFigures figures, final long pace) {
        final StringBuilder report = new StringBuilder();
        appendWriter(report, figures);
        appendCheckpoints(report, figures, pace);
        appendRestarts(report, figures);
        report.append(String.format(
                Locale.ROOT,
                "%nThe writer ran as fast as it could, one update after the other. Every one was timed, from the end of"
                        + "%nthe one before: choosing the key and reading the clock are in it. Of a killed writer the"
                        + "%nlast quarter of a second of times is missing. Seed %d.%n",
                settings.seed()));
        return report.toString();
    }

    private static void appendWriter(final StringBuilder report, final DemoFigures figures) {
        final Histogram all = figures.quietLatency.copy();
        all.add(figures.checkpointLatency);
        append(report, ROW, "writer", "updates", "a second", "p50", "p99", "p99.9", "max");
        appendLatency(report, "no checkpoint running", figures.quietLatency);
        appendLatency(report, "checkpoint running", figures.checkpointLatency);
        appendLatency(report, "together", all);
    }

    private static void appendLatency(final StringBuilder report, final String label, final Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            append(report, ROW, label, "0", "", "", "", "", "");
            return;
        }
        append(
                report,
                ROW,
                label,
                Quantities.count(histogram.getTotalCount()),
                Quantities.count((long) (NS_PER_SECOND / histogram.getMean())),
                Quantities.duration(histogram.getValueAtPercentile(50)),
                Quantities.duration(histogram.getValueAtPercentile(99)),
                Quantities.duration(histogram.getValueAtPercentile(99.9)),
                Quantities.duration(histogram.getMaxValue()));
    }

    private static void appendCheckpoints(final StringBuilder report, final DemoFigures figures, final long pace) {
        append(report, "%n" + CHECKPOINT_ROW, "checkpoints", "number", "bytes, mean", "of state", "takes");
        appendCheckpoints(
                report,
                "at full speed",
                figures.checkpoints.stream().filter(c -> !c.paced()).toList());
        appendCheckpoints(
                report,
                "at " + Quantities.count(pace) + " updates a second",
                figures.checkpoints.stream()
                        .filter(DemoFigures.Checkpoint::paced)
                        .skip(1)
                        .toList());
    }

    private static void appendCheckpoints(
            final StringBuilder report, final String label, final List<DemoFigures.Checkpoint> checkpoints) {
        if (checkpoints.isEmpty()) {
            return;
        }
        final long bytes = (long) checkpoints.stream()
                .collect(Collectors.averagingLong(DemoFigures.Checkpoint::bytesWritten))
                .doubleValue();
        final double share = checkpoints.stream()
                .collect(Collectors.averagingDouble(c -> c.bytesWritten() * 100.0 / Math.max(1, c.stateLength())));
        final long durationNs = (long) checkpoints.stream()
                .collect(Collectors.averagingLong(DemoFigures.Checkpoint::durationNs))
                .doubleValue();
        append(
                report,
                CHECKPOINT_ROW,
                label,
                Integer.toString(checkpoints.size()),
                Quantities.bytes(bytes),
                String.format(Locale.ROOT, "%.1f %%", share),
                Quantities.duration(durationNs));
    }

    private static void appendRestarts(final StringBuilder report, final DemoFigures figures) {
        append(report, "%n" + RESTART_ROW, "first read after", "of open()", "of the process", "replayed");
        for (int i = 0; i < figures.restarts.size(); i++) {
            final DemoFigures.Restart restart = figures.restarts.get(i);
            append(
                    report,
                    RESTART_ROW,
                    "kill " + (i + 1),
                    Quantities.duration(restart.firstReadNs()),
                    Quantities.duration(restart.processNs()),
                    Quantities.count(restart.logRecordCount()));
        }
    }

    private static void append(final StringBuilder report, final String format, final String... cells) {
        report.append(String.format(Locale.ROOT, format, (Object[]) cells));
    }
}

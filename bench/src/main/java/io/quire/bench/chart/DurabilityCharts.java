/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.compare.Spread;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;

/**
 * Charts of a durability run, from its CSV files: time and bytes of a checkpoint by share of entries changed, for the
 * largest state; time to the first read by size of the state.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class DurabilityCharts {
    private static final double KIB = 1 << 10;
    private static final double GIB = 1L << 30;

    private DurabilityCharts() {}

    /**
     * Draws the charts of one run.
     *
     * @param directory of the results; pictures go there too
     * @throws IOException when it cannot be read or written
     */
    public static void draw(final Path directory) throws IOException {
        final List<Message> checkpoints = CsvFile.read(directory.resolve("checkpoints.csv"));
        final List<Message> restarts = CsvFile.read(directory.resolve("restarts.csv"));
        final List<Message> largest = ofLargest(checkpoints);
        if (!largest.isEmpty()) {
            ChartFile.save(
                    byShare(
                            largest,
                            "time of a checkpoint",
                            "us, median, logarithmic",
                            row -> 1_000 * number(row, "durationMs")),
                    directory,
                    "durability-time");
            ChartFile.save(
                    byShare(
                            largest,
                            "bytes given to the device for a checkpoint, with what follows from it",
                            "KiB, median, logarithmic",
                            row -> number(row, "settledDeviceWriteBytes") / KIB),
                    directory,
                    "durability-bytes");
        }
        if (!restarts.isEmpty()) {
            ChartFile.save(bySize(restarts), directory, "durability-restart");
        }
    }

    private static List<Message> ofLargest(final List<Message> rows) {
        final double largest = rows.stream()
                .mapToDouble(row -> number(row, "stateLength"))
                .max()
                .orElse(0);
        return rows.stream()
                .filter(row -> number(row, "stateLength") == largest
                        && !row.text("kind").equals("meanwhile"))
                .toList();
    }

    private static CategoryChart byShare(
            final List<Message> rows, final String title, final String unit, final ToDoubleFunction<Message> figure) {
        final CategoryChart chart = ChartFile.bars(
                String.format(Locale.ROOT, "%s, %.2f GiB of state", title, number(rows.get(0), "stateLength") / GIB),
                "share of the entries changed",
                unit);
        ChartFile.logarithmic(chart.getStyler());
        final Set<Double> shares = new TreeSet<>();
        rows.forEach(row -> shares.add(number(row, "changedShare")));
        for (final String peer : peersOf(rows)) {
            final List<Double> medians = new ArrayList<>();
            for (final double share : shares) {
                final double median = median(rows, peer, row -> number(row, "changedShare") == share, figure);
                medians.add(median > 0 ? Math.log10(median) : null);
            }
            if (medians.stream().anyMatch(median -> median != null)) {
                chart.addSeries(
                        peer,
                        shares.stream()
                                .map(share -> String.format(Locale.ROOT, "%.1f %%", 100 * share))
                                .toList(),
                        medians);
            }
        }
        chart.getStyler().setYAxisMin(0.0);
        return chart;
    }

    private static XYChart bySize(final List<Message> restarts) {
        final XYChart chart = ChartFile.lines("open to first read", "GiB of state", "ms, median, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        final Set<Double> sizes = new TreeSet<>();
        restarts.forEach(row -> sizes.add(number(row, "stateLength")));
        for (final String peer : peersOf(restarts)) {
            final List<Double> x = new ArrayList<>();
            final List<Double> y = new ArrayList<>();
            for (final double size : sizes) {
                final double median = median(
                        restarts,
                        peer,
                        row -> number(row, "stateLength") == size,
                        row -> number(row, "openToFirstGetMs"));
                if (median > 0) {
                    x.add(size / GIB);
                    y.add(Math.log10(median));
                }
            }
            if (!x.isEmpty()) {
                chart.addSeries(peer, x, y);
            }
        }
        ChartFile.decades(
                chart.getStyler(),
                chart.getSeriesCollection().stream().flatMapToDouble(series -> DoubleStream.of(series.getYData())));
        return chart;
    }

    private static Set<String> peersOf(final List<Message> rows) {
        final Set<String> peers = new LinkedHashSet<>();
        rows.forEach(row -> peers.add(row.text("peer")));
        return peers;
    }

    private static double median(
            final List<Message> rows,
            final String peer,
            final java.util.function.Predicate<Message> which,
            final ToDoubleFunction<Message> figure) {
        final double[] values = rows.stream()
                .filter(row -> row.text("peer").equals(peer) && which.test(row))
                .mapToDouble(figure)
                .toArray();
        return values.length == 0 ? 0 : Spread.of(values).median();
    }

    private static double number(final Message row, final String field) {
        final String text = row.text(field);
        return text.isEmpty() ? 0 : Double.parseDouble(text);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.compare.Spread;
import io.quire.bench.contestant.Message;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.HistogramLogReader;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.lines.SeriesLines;

/**
 * Latencies from the histogram logs of a latency run. For each rate and scenario a chart of percentiles (all forks
 * added up) and one of the worst latency over time (first fork), each with all contestants; for each rate and
 * contestant a chart of percentiles with all scenarios, which is what a checkpoint costs; and one of what each does
 * when no rate is set.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class LatencyCharts {
    private static final Pattern NAME =
            Pattern.compile("(.+)-(alone|checkpoints|full|recovering)-([^-]+)-fork(\\d+)\\.hlog");
    private static final String THROUGHPUT_SCENARIO = "alone";
    private static final String NO_RATE = "max";
    private static final double US_NS = 1_000.0;
    private static final double PERCENT = 100;
    private static final double NINES_MAX = 6;

    /** What one log says: who, doing what, and its intervals. */
    private record Log(String peer, String scenario, String rate, int fork, List<Histogram> intervals) {}

    private LatencyCharts() {}

    /**
     * Draws the charts of one run.
     *
     * @param directory of the results; pictures go there too
     * @throws IOException when it cannot be read or written
     */
    public static void draw(final Path directory) throws IOException {
        final List<Log> logs = logs(directory);
        for (final Map.Entry<String, List<Log>> group :
                grouped(logs, Log::scenario).entrySet()) {
            ChartFile.save(
                    percentiles(group.getKey(), group.getValue(), Log::peer),
                    directory,
                    "latency-percentiles-" + group.getKey());
            ChartFile.save(timeline(group.getKey(), group.getValue()), directory, "latency-timeline-" + group.getKey());
        }
        for (final Map.Entry<String, List<Log>> group : grouped(logs, Log::peer).entrySet()) {
            ChartFile.save(
                    percentiles(group.getKey(), group.getValue(), Log::scenario),
                    directory,
                    "latency-percentiles-" + group.getKey());
        }
        throughput(directory);
    }

    /** What each contestant did in a second without a rate, alone, median of forks; none when it was not measured. */
    private static void throughput(final Path directory) throws IOException {
        final Map<String, List<Double>> reached = new LinkedHashMap<>();
        for (final Message row : CsvFile.read(directory.resolve("latency.csv"))) {
            if (row.text("rate").equals(NO_RATE) && row.text("scenario").equals(THROUGHPUT_SCENARIO)) {
                reached.computeIfAbsent(row.text("peer"), name -> new ArrayList<>())
                        .add(Double.parseDouble(row.text("reachedPerSecond")));
            }
        }
        if (reached.isEmpty()) {
            return;
        }
        final CategoryChart chart =
                ChartFile.bars("operations until acknowledged", "", "operations/s, median of forks, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        final List<Double> medians = new ArrayList<>();
        reached.forEach((peer, values) -> {
            final double median = Math.log10(Spread.of(array(values)).median());
            medians.add(median);
            chart.addSeries(peer, List.of(THROUGHPUT_SCENARIO), List.of(median));
        });
        ChartFile.decades(chart.getStyler(), medians.stream().mapToDouble(Double::doubleValue));
        ChartFile.save(chart, directory, "latency-throughput-max");
    }

    /** The logs by rate and something else, which together are also part of a file's name. */
    private static Map<String, List<Log>> grouped(final List<Log> logs, final Function<Log, String> by) {
        final Map<String, List<Log>> groups = new TreeMap<>();
        for (final Log log : logs) {
            groups.computeIfAbsent(log.rate() + "-" + by.apply(log), name -> new ArrayList<>())
                    .add(log);
        }
        return groups;
    }

    private static List<Log> logs(final Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            final List<Log> logs = new ArrayList<>();
            for (final Path file : files.sorted().toList()) {
                final Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    logs.add(new Log(
                            name.group(1),
                            name.group(2),
                            name.group(3),
                            Integer.parseInt(name.group(4)),
                            intervals(file)));
                }
            }
            return logs;
        }
    }

    private static List<Histogram> intervals(final Path file) {
        final List<Histogram> intervals = new ArrayList<>();
        try (HistogramLogReader reader = new HistogramLogReader(file.toString())) {
            for (EncodableHistogram next = reader.nextIntervalHistogram();
                    next != null;
                    next = reader.nextIntervalHistogram()) {
                intervals.add((Histogram) next);
            }
        } catch (final FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
        return intervals;
    }

    private static XYChart percentiles(final String group, final List<Log> logs, final Function<Log, String> series) {
        final XYChart chart =
                ChartFile.lines("latency from the intended start, " + titleOf(group), "percentile", "us, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        chart.getStyler().setXAxisMin(0.0);
        chart.getStyler().setXAxisTickLabelsFormattingFunction(LatencyCharts::percentileOf);
        final Map<String, Histogram> sums = new TreeMap<>();
        for (final Log log : logs) {
            for (final Histogram interval : log.intervals()) {
                sums.computeIfAbsent(series.apply(log), name -> new Histogram(interval))
                        .add(interval);
            }
        }
        sums.forEach((name, sum) -> {
            final List<Double> x = new ArrayList<>();
            final List<Double> y = new ArrayList<>();
            for (final HistogramIterationValue value : sum.percentiles(5)) {
                final double left = 1 - value.getPercentileLevelIteratedTo() / PERCENT;
                x.add(left <= 0 ? Math.min(NINES_MAX, Math.log10((double) sum.getTotalCount())) : -Math.log10(left));
                y.add(Math.log10(value.getValueIteratedTo() / US_NS));
            }
            ChartFile.addLine(
                    chart, name, array(x), array(y), new ArrayList<>(sums.keySet()).indexOf(name), SeriesLines.SOLID);
        });
        fit(chart);
        return chart;
    }

    /** Turns the number of nines back into percent: 0 is p0, 1 is p90, 3 is p99.9. */
    private static String percentileOf(final double nines) {
        final double percent = PERCENT * (1 - Math.pow(10, -nines));
        return nines == Math.rint(nines)
                ? "p" + String.format(Locale.ROOT, "%." + Math.max(0, (int) nines - 2) + "f", percent)
                : "";
    }

    private static XYChart timeline(final String group, final List<Log> logs) {
        final XYChart chart = ChartFile.lines(
                "worst latency of each 100 ms, " + titleOf(group) + ", first fork",
                "seconds from the start",
                "us, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        int color = 0;
        for (final Log log : logs) {
            if (log.fork() == 1 && !log.intervals().isEmpty()) {
                final double[] x = new double[log.intervals().size()];
                final double[] y = new double[x.length];
                for (int i = 0; i < x.length; i++) {
                    x[i] = (log.intervals().get(i).getStartTimeStamp()
                                    - log.intervals().get(0).getStartTimeStamp())
                            / 1_000.0;
                    y[i] = Math.log10(log.intervals().get(i).getMaxValue() / US_NS);
                }
                ChartFile.addLine(chart, log.peer(), x, y, color++, SeriesLines.SOLID);
            }
        }
        fit(chart);
        return chart;
    }

    private static void fit(final XYChart chart) {
        ChartFile.decades(
                chart.getStyler(),
                chart.getSeriesCollection().stream().flatMapToDouble(series -> DoubleStream.of(series.getYData())));
    }

    private static String titleOf(final String group) {
        return group.replaceFirst("-", " operations/s, ");
    }

    private static double[] array(final List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import java.awt.BasicStroke;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.HistogramLogReader;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.lines.SeriesLines;

/**
 * Latencies from the histogram logs of a latency or durability run: for each rate a chart of percentiles (all forks
 * added up) and one of the worst latency over time (first fork).
 *
 * <p>Threading: thread-safe, no state.
 */
public final class LatencyCharts {
    private static final Pattern NAME =
            Pattern.compile("(.+)-(alone|checkpoints|recovering)-([^-]+)-fork(\\d+)\\.hlog");
    private static final double US_NS = 1_000.0;
    private static final double PERCENT = 100;
    private static final double NINES_MAX = 6;

    /** What one log says: who, doing what, and its intervals. */
    private record Log(String peer, String scenario, String rate, int fork, List<Histogram> intervals) {
        String series() {
            return peer + " " + scenario;
        }
    }

    private LatencyCharts() {}

    /**
     * Draws the charts of one run.
     *
     * @param directory of the results; pictures go there too
     * @throws IOException when it cannot be read or written
     */
    public static void draw(final Path directory) throws IOException {
        final Map<String, List<Log>> byRate = new TreeMap<>();
        for (final Log log : logs(directory)) {
            byRate.computeIfAbsent(log.rate(), rate -> new ArrayList<>()).add(log);
        }
        for (final Map.Entry<String, List<Log>> rate : byRate.entrySet()) {
            ChartFile.save(
                    percentiles(rate.getKey(), rate.getValue()), directory, "latency-percentiles-" + rate.getKey());
            ChartFile.save(timeline(rate.getKey(), rate.getValue()), directory, "latency-timeline-" + rate.getKey());
        }
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

    private static XYChart percentiles(final String rate, final List<Log> logs) {
        final XYChart chart = ChartFile.lines(
                "latency from the intended start, " + rate + " operations/s", "percentile", "us, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        chart.getStyler().setXAxisMin(0.0);
        chart.getStyler().setXAxisTickLabelsFormattingFunction(LatencyCharts::percentileOf);
        final Map<String, Histogram> sums = new TreeMap<>();
        for (final Log log : logs) {
            for (final Histogram interval : log.intervals()) {
                sums.computeIfAbsent(log.series(), name -> new Histogram(interval))
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
            ChartFile.addLine(chart, name, array(x), array(y), colorOf(logs, name), strokeOf(name));
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

    private static XYChart timeline(final String rate, final List<Log> logs) {
        final XYChart chart = ChartFile.lines(
                "worst latency of each 100 ms, " + rate + " operations/s, first fork",
                "seconds from the start",
                "us, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
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
                ChartFile.addLine(chart, log.series(), x, y, colorOf(logs, log.series()), strokeOf(log.series()));
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

    /** One colour for each contestant. */
    private static int colorOf(final List<Log> logs, final String series) {
        return logs.stream().map(Log::peer).distinct().toList().indexOf(series.substring(0, series.lastIndexOf(' ')));
    }

    /** One kind of line for each scenario: dashes alone, full with checkpoints, dots after recovery. */
    private static BasicStroke strokeOf(final String series) {
        if (series.endsWith("alone")) {
            return SeriesLines.DASH_DASH;
        }
        return series.endsWith("recovering") ? SeriesLines.DOT_DOT : SeriesLines.SOLID;
    }

    private static double[] array(final List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.lines.SeriesLines;

/**
 * Lines of the trials of Quire's tables. Of growth a chart for each kind of table: the worst put of each fiftieth of
 * the run, and the worst step of the empty loop beside it, which is the machine's. Of churn the time of a remove and a
 * put, and the bytes of an entry, over the turnovers.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class TablesCharts {
    private static final String ALL = "all"; // the interval that is the whole run
    private static final double MILLION = 1e6;

    private TablesCharts() {}

    /**
     * Draws the charts of one run; of trials that were not made there is none.
     *
     * @param directory of the results; pictures go there too
     * @throws IOException when it cannot be read or written
     */
    public static void draw(final Path directory) throws IOException {
        final Path growth = directory.resolve("growth.csv");
        if (Files.isRegularFile(growth)) {
            for (final Map.Entry<String, List<Message>> kind :
                    grouped(CsvFile.read(growth), "kind").entrySet()) {
                ChartFile.save(growth(kind.getKey(), kind.getValue()), directory, "tables-growth-" + kind.getKey());
            }
        }
        final Path churn = directory.resolve("churn.csv");
        if (Files.isRegularFile(churn)) {
            final Map<String, List<Message>> kinds = grouped(
                    CsvFile.read(churn).stream()
                            .filter(row -> number(row, "turnovers") > 0) // before is the load
                            .toList(),
                    "kind");
            ChartFile.save(churn(kinds, "time of a remove and a put", "ns", "nsPerPair"), directory, "tables-churn-ns");
            ChartFile.save(churn(kinds, "memory", "bytes an entry", "bytesPerEntry"), directory, "tables-churn-bytes");
        }
    }

    private static Map<String, List<Message>> grouped(final List<Message> rows, final String field) {
        final Map<String, List<Message>> groups = new LinkedHashMap<>();
        rows.forEach(row -> groups.computeIfAbsent(row.text(field), name -> new ArrayList<>())
                .add(row));
        return groups;
    }

    static XYChart growth(final String kind, final List<Message> rows) {
        final XYChart chart = ChartFile.lines(
                "worst put of each fiftieth while growing: " + kind, "million entries", "us, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        int color = 0;
        for (final Map.Entry<String, List<Message>> repeat :
                grouped(rows, "repeat").entrySet()) {
            final List<Message> intervals = repeat.getValue().stream()
                    .filter(row -> !row.text("interval").equals(ALL))
                    .toList();
            final double[] x = array(intervals, row -> number(row, "entries") / MILLION);
            final String suffix = " " + repeat.getKey();
            ChartFile.addLine(chart, "put" + suffix, x, logarithms(intervals, "maxUs"), color, SeriesLines.SOLID);
            ChartFile.addLine(
                    chart, "idle" + suffix, x, logarithms(intervals, "idleMaxUs"), color++, SeriesLines.DASH_DASH);
        }
        ChartFile.decades(
                chart.getStyler(),
                chart.getSeriesCollection().stream().flatMapToDouble(series -> DoubleStream.of(series.getYData())));
        return chart;
    }

    private static XYChart churn(
            final Map<String, List<Message>> kinds, final String what, final String unit, final String field) {
        final XYChart chart = ChartFile.lines(what + " while entries are replaced", "turnovers of the table", unit);
        chart.getStyler().setYAxisMin(0.0);
        int color = 0;
        for (final Map.Entry<String, List<Message>> kind : kinds.entrySet()) {
            ChartFile.addLine(
                    chart,
                    kind.getKey(),
                    array(kind.getValue(), row -> number(row, "turnovers")),
                    array(kind.getValue(), row -> number(row, field)),
                    color++,
                    SeriesLines.SOLID);
        }
        return chart;
    }

    private static double[] logarithms(final List<Message> rows, final String field) {
        return array(rows, row -> Math.log10(number(row, field)));
    }

    private static double[] array(final List<Message> rows, final ToDoubleFunction<Message> figure) {
        return rows.stream().mapToDouble(figure).toArray();
    }

    private static double number(final Message row, final String field) {
        return Double.parseDouble(row.text(field));
    }
}

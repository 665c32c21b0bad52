/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.knowm.xchart.CategoryChart;

/**
 * Bars of a comparison, from {@code summary.csv}: a chart for each shape, size and distribution, a group of bars for
 * each work, lines for the quartiles.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class CompareCharts {
    private static final double HALF = 0.5;

    private CompareCharts() {}

    /**
     * Draws the charts of one run.
     *
     * @param directory of the results; pictures go there too
     * @throws IOException when it cannot be read or written
     */
    public static void draw(final Path directory) throws IOException {
        final Map<String, List<Message>> blocks = new LinkedHashMap<>();
        for (final Message row : CsvFile.read(directory.resolve("summary.csv"))) {
            final String block = row.text("shape") + "-" + row.text("entries") + "-" + row.text("keys");
            blocks.computeIfAbsent(block, name -> new ArrayList<>()).add(row);
        }
        for (final Map.Entry<String, List<Message>> block : blocks.entrySet()) {
            ChartFile.save(chart(block.getKey(), block.getValue()), directory, "compare-" + block.getKey());
        }
    }

    private static CategoryChart chart(final String block, final List<Message> rows) {
        final CategoryChart chart =
                ChartFile.bars("time per operation: " + block, "", "ns, median and quartiles, logarithmic");
        ChartFile.logarithmic(chart.getStyler());
        final Set<String> works = new LinkedHashSet<>();
        final Set<String> peers = new LinkedHashSet<>();
        rows.forEach(row -> {
            works.add(row.text("work"));
            peers.add(row.text("peer"));
        });
        for (final String peer : peers) {
            final List<Double> medians = new ArrayList<>();
            final List<Double> errors = new ArrayList<>();
            for (final String work : works) {
                final Message row = find(rows, peer, work);
                medians.add(row == null ? null : Math.log10(number(row, "nsMedian")));
                errors.add(row == null ? null : halfRange(row));
            }
            chart.addSeries(peer, List.copyOf(works), medians, errors);
        }
        chart.getStyler().setYAxisMin(0.0);
        return chart;
    }

    /** Half of the range between the quartiles, as the logarithmic axis shows it. */
    private static double halfRange(final Message row) {
        return HALF * Math.log10(number(row, "nsUpperQuartile") / number(row, "nsLowerQuartile"));
    }

    private static Message find(final List<Message> rows, final String peer, final String work) {
        return rows.stream()
                .filter(row -> row.text("peer").equals(peer) && row.text("work").equals(work))
                .findFirst()
                .orElse(null);
    }

    private static double number(final Message row, final String field) {
        return Double.parseDouble(row.text(field));
    }
}

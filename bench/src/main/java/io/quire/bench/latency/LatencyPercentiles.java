/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.Message;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The percentiles that reports show.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class LatencyPercentiles {
    /** In percent, ascending. */
    public static final List<Double> PUBLISHED = List.of(50.0, 90.0, 99.0, 99.9, 99.99);

    private static final double US_NS = 1_000.0;

    private LatencyPercentiles() {}

    /**
     * Reads the published percentiles of a histogram.
     *
     * @param histogram of nanoseconds
     * @return microseconds by name, with max, and count of all values
     */
    public static Message of(final Histogram histogram) {
        final Message values = new Message();
        for (final double percentile : PUBLISHED) {
            values.with(nameOf(percentile), histogram.getValueAtPercentile(percentile) / US_NS);
        }
        return values.with("max", histogram.getMaxValue() / US_NS).with("count", histogram.getTotalCount());
    }

    /**
     * Names a percentile.
     *
     * @param percentile in percent
     * @return such as p99.9
     */
    public static String nameOf(final double percentile) {
        return percentile == Math.rint(percentile) ? "p" + (long) percentile : "p" + percentile;
    }

    /**
     * Lists the names of all that are published, the maximum last.
     *
     * @return names
     */
    public static List<String> names() {
        final List<String> names = new ArrayList<>();
        PUBLISHED.forEach(percentile -> names.add(nameOf(percentile)));
        names.add("max");
        return names;
    }
}

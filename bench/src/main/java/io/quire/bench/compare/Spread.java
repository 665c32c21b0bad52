/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.util.Arrays;

/**
 * Where several measurements of the same thing lie.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param count measurements
 * @param min the least
 * @param lowerQuartile a quarter is at or below
 * @param median half is at or below
 * @param upperQuartile three quarters are at or below
 * @param max the greatest
 */
public record Spread(int count, double min, double lowerQuartile, double median, double upperQuartile, double max) {
    /**
     * Sums up measurements.
     *
     * @param values at least one, in any order
     * @return their spread
     */
    public static Spread of(final double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no measurements");
        }
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Spread(
                sorted.length,
                sorted[0],
                quantile(sorted, 0.25),
                quantile(sorted, 0.5),
                quantile(sorted, 0.75),
                sorted[sorted.length - 1]);
    }

    /**
     * Interpolates between the two measurements around a quantile.
     *
     * @param sorted ascending, at least one
     * @param fraction from 0 to 1
     * @return the quantile
     */
    static double quantile(final double[] sorted, final double fraction) {
        final double place = fraction * (sorted.length - 1);
        final int below = (int) Math.floor(place);
        final int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    /**
     * Tells how far the middle half spreads, as a share of the median.
     *
     * @return interquartile range divided by the median
     */
    public double relativeRange() {
        return median == 0 ? 0 : (upperQuartile - lowerQuartile) / median;
    }
}

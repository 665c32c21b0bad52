/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Numbers as people read them; the same in every locale.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class Quantities {
    private static final String[] BYTE_UNITS = {"kB", "MB", "GB", "TB", "PB", "EB"};
    private static final long NS_PER_US = 1_000;
    private static final long NS_PER_MS = 1_000_000;
    private static final double NS_PER_SECOND = 1e9;

    private Quantities() {}

    /**
     * A size in powers of 1000.
     *
     * @param length bytes, 0 or more
     * @return such as {@code 270.1 MB}
     */
    public static String bytes(final long length) {
        if (length < 1000) {
            return length + " B";
        }
        double value = length / 1000.0;
        int unit = 0;
        while (value >= 999.95 && unit < BYTE_UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, BYTE_UNITS[unit]);
    }

    /**
     * A number with its thousands apart.
     *
     * @param count any number
     * @return such as {@code 1,234,567}
     */
    public static String count(final long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /**
     * A duration with three digits or so.
     *
     * @param durationNs nanoseconds, 0 or more
     * @return such as {@code 3.2 ms}
     */
    public static String duration(final long durationNs) {
        if (durationNs < NS_PER_US) {
            return durationNs + " ns";
        }
        if (durationNs < NS_PER_MS) {
            return scaled(durationNs / (double) NS_PER_US, "us");
        }
        if (durationNs < TimeUnit.SECONDS.toNanos(1)) {
            return scaled(durationNs / (double) NS_PER_MS, "ms");
        }
        if (durationNs < TimeUnit.SECONDS.toNanos(100)) {
            return scaled(durationNs / NS_PER_SECOND, "s");
        }
        return clock(TimeUnit.NANOSECONDS.toSeconds(durationNs));
    }

    private static String scaled(final double value, final String unit) {
        final String format = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
        return String.format(Locale.ROOT, format, value, unit);
    }

    /**
     * A duration as a clock shows it.
     *
     * @param seconds 0 or more
     * @return such as {@code 0:07} or {@code 1:02:03}
     */
    public static String clock(final long seconds) {
        final long hours = seconds / 3600;
        final long minutes = seconds / 60 % 60;
        return hours > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", minutes, seconds % 60);
    }

    /**
     * How much a second.
     *
     * @param amount how much in all
     * @param durationNs in how long, nanoseconds
     * @return amount a second, 0 when no time has passed
     */
    public static double rate(final long amount, final long durationNs) {
        return durationNs <= 0 ? 0 : amount * NS_PER_SECOND / durationNs;
    }
}

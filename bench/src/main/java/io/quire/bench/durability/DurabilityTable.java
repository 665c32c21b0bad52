/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import io.quire.bench.compare.Spread;
import io.quire.bench.contestant.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * What a durability run prints: medians over forks and repeats.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param checkpoints rows of checkpoints.csv
 * @param restarts rows of restarts.csv
 */
record DurabilityTable(List<Message> checkpoints, List<Message> restarts) {
    private static final double MIB = 1 << 20;

    String text() {
        final StringBuilder out = new StringBuilder();
        out.append(String.format(
                Locale.ROOT,
                "%nmedians; a dash is what the contestant does not tell%n%-16s%8s%13s%8s%12s%11s%11s%12s%12s%13s%12s%n",
                "",
                "GiB",
                "kind",
                "share",
                "ms",
                "writer ms",
                "file MiB",
                "device MiB",
                "settled MiB",
                "p99.9 us",
                "max us"));
        for (final Message row : firstOfEach(checkpoints, List.of("peer", "stateLength", "kind", "changedShare"))) {
            out.append(checkpointLine(row));
        }
        out.append(String.format(
                Locale.ROOT,
                "%n%-16s%8s%12s%14s%18s%13s%17s%n",
                "restart",
                "GiB",
                "open ms",
                "first get ms",
                "open to first ms",
                "all read ms",
                "open to warm ms"));
        for (final Message row : firstOfEach(restarts, List.of("peer", "stateLength"))) {
            final List<Message> same = alike(restarts, row, List.of("peer", "stateLength"));
            out.append(String.format(
                    Locale.ROOT,
                    "%-16s%8.3f%12s%14s%18s%13s%17s%n",
                    row.text("peer"),
                    gib(row),
                    median(same, "openMs", 1),
                    median(same, "firstGetMs", 1),
                    median(same, "openToFirstGetMs", 1),
                    median(same, "allReadMs", 1),
                    openToWarm(same)));
        }
        return out.toString();
    }

    private String checkpointLine(final Message row) {
        final List<Message> same = alike(checkpoints, row, List.of("peer", "stateLength", "kind", "changedShare"));
        return String.format(
                Locale.ROOT,
                "%-16s%8.3f%13s%8s%12s%11s%11s%12s%12s%13s%12s%n",
                row.text("peer"),
                gib(row),
                row.text("kind"),
                row.text("changedShare"),
                median(same, "durationMs", 1),
                median(same, "writerMs", 1),
                median(same, "fileBytes", MIB),
                median(same, "deviceWriteBytes", MIB),
                median(same, "settledDeviceWriteBytes", MIB),
                median(same, "during-p99.9Us", 1),
                median(same, "during-maxUs", 1));
    }

    /** Runs of older versions have not added it up. */
    private static String openToWarm(final List<Message> restarts) {
        return median(
                restarts.stream()
                        .map(row -> new Message().with("ms", sum(row, List.of("openMs", "firstGetMs", "allReadMs"))))
                        .toList(),
                "ms",
                1);
    }

    private static double sum(final Message row, final List<String> fields) {
        return fields.stream()
                .mapToDouble(field -> ((Number) row.value(field)).doubleValue())
                .sum();
    }

    private static double gib(final Message row) {
        return (double) row.number("stateLength") / (1L << 30);
    }

    private static List<Message> firstOfEach(final List<Message> rows, final List<String> keys) {
        final List<Message> first = new ArrayList<>();
        for (final Message row : rows) {
            if (first.stream().noneMatch(same(row, keys))) {
                first.add(row);
            }
        }
        return first;
    }

    private static List<Message> alike(final List<Message> rows, final Message row, final List<String> keys) {
        return rows.stream().filter(same(row, keys)).toList();
    }

    private static Predicate<Message> same(final Message row, final List<String> keys) {
        return other -> keys.stream().allMatch(key -> other.text(key).equals(row.text(key)));
    }

    private static String median(final List<Message> rows, final String field, final double unit) {
        final double[] values = rows.stream()
                .map(row -> row.value(field))
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue())
                .filter(value -> value >= 0)
                .toArray();
        return values.length == 0
                ? "-"
                : String.format(Locale.ROOT, "%.3f", Spread.of(values).median() / unit);
    }
}

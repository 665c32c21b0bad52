/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.compare.Spread;
import io.quire.bench.contestant.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the trials have shown, for people.
 *
 * <p>Threading: thread-safe, no state.
 */
final class TablesText {
    /** Slices at each end of a churn that are compared: the pace of one alone may be a neighbour's doing. */
    private static final int ENDS_DIVISOR = 5;

    private static final double PERCENT = 100;

    private TablesText() {}

    static String of(final String trial, final List<Message> rows) {
        return switch (trial) {
            case TablesPlan.CHURN -> churn(rows);
            case TablesPlan.GROWTH -> growth(rows);
            default -> readers(rows);
        };
    }

    private static double real(final Message row, final String field) {
        return ((Number) row.value(field)).doubleValue();
    }

    private static double median(final List<Message> rows, final String field) {
        return Spread.of(rows.stream().mapToDouble(row -> real(row, field)).toArray())
                .median();
    }

    private static Map<String, List<Message>> grouped(final List<Message> rows, final String... fields) {
        final Map<String, List<Message>> groups = new LinkedHashMap<>();
        for (final Message row : rows) {
            final StringBuilder key = new StringBuilder();
            for (final String field : fields) {
                key.append(String.format(Locale.ROOT, "%-15s", row.text(field)));
            }
            groups.computeIfAbsent(key.toString(), absent -> new ArrayList<>()).add(row);
        }
        return groups;
    }

    private static String churn(final List<Message> rows) {
        final StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT,
                "%nchurn: a remove and an insert, median of the first and of the last fifth of the slices%n%-15s%10s"
                        + "%12s%10s%10s%12s%10s%12s%10s%n",
                "",
                "turnovers",
                "ns first",
                "ns last",
                "extents",
                "after",
                "most",
                "free %",
                "most %"));
        grouped(rows, "kind").forEach((kind, of) -> {
            final List<Message> slices = of.subList(1, of.size());
            final int ends = Math.max(1, slices.size() / ENDS_DIVISOR);
            final Message last = of.get(of.size() - 1);
            out.append(String.format(
                    Locale.ROOT,
                    "%s%10d%12.1f%10.1f%10d%10d%12d%10.2f%12.2f%n",
                    kind,
                    last.number("turnovers"),
                    median(slices.subList(0, ends), "nsPerPair"),
                    median(slices.subList(slices.size() - ends, slices.size()), "nsPerPair"),
                    of.get(0).number("extents"),
                    last.number("extents"),
                    of.stream().mapToLong(row -> row.number("extents")).max().orElse(0),
                    PERCENT * real(last, "freeShare"),
                    PERCENT
                            * of.stream()
                                    .mapToDouble(row -> real(row, "freeShare"))
                                    .max()
                                    .orElse(0)));
        });
        return out.toString();
    }

    private static String growth(final List<Message> rows) {
        final StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT,
                "%ngrowth: each put, us; idle is an empty loop beside it%n%-15s%-15s%12s%8s%8s%8s%9s%10s%12s%10s%10s%n",
                "",
                "repeat",
                "entries",
                "p50",
                "p99.9",
                "p99.99",
                "max",
                "idle max",
                "worst at",
                "> 100 us",
                "idle"));
        for (final Message row : rows) {
            if (row.text("interval").equals("all")) {
                out.append(String.format(
                        Locale.ROOT,
                        "%-15s%-15s%12d%8.2f%8.1f%8.1f%9.1f%10.1f%12d%10d%10d%n",
                        row.text("kind"),
                        row.text("repeat"),
                        row.number("entries"),
                        real(row, "p50Us"),
                        real(row, "p99.9Us"),
                        real(row, "p99.99Us"),
                        real(row, "maxUs"),
                        real(row, "idleMaxUs"),
                        row.number("worstAtSoFar"),
                        row.number("over100UsSoFar"),
                        row.number("idleOver100UsSoFar")));
            }
        }
        return out.toString();
    }

    private static String readers(final List<Message> rows) {
        final StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT,
                "%nwriter, ns an operation, median of slices, alone and beside a thread that reads its table or"
                        + " another one%n%-15s%-15s%10s%12s%8s%12s%8s%12s%n",
                "",
                "",
                "alone",
                "reader",
                "ratio",
                "other",
                "ratio",
                "ns a read"));
        grouped(rows, "kind", "work").forEach((name, of) -> {
            final Map<String, List<Message>> byCompany = new LinkedHashMap<>();
            grouped(of, "company").forEach((company, slices) -> byCompany.put(company.trim(), slices));
            final double alone = median(byCompany.get("alone"), "nsPerOperation");
            final double reader = median(byCompany.get("reader"), "nsPerOperation");
            final double other = median(byCompany.get("other-table"), "nsPerOperation");
            out.append(String.format(
                    Locale.ROOT,
                    "%s%10.1f%12.1f%8.2f%12.1f%8.2f%12.1f%n",
                    name,
                    alone,
                    reader,
                    reader / alone,
                    other,
                    other / alone,
                    median(byCompany.get("reader"), "readNs")));
        });
        return out.toString();
    }
}

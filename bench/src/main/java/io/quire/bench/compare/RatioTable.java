/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.Work;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The table that is printed: a block for each shape, size and distribution, a row for each contestant, for each work
 * the ratio to the base and the nanoseconds with their interquartile range.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param results what was measured
 * @param base name of the contestant that is 1
 */
public record RatioTable(Results results, String base) {
    private static final int WORKS_PER_BLOCK = 3;
    private static final String NAME_FORMAT = "%-17s";
    private static final String CELL_FORMAT = "%31s";
    private static final double PRECISE_BELOW = 100;

    private record Block(TableShape shape, long entryCount, KeyDistribution keys) {}

    /**
     * Prints the table.
     *
     * @return lines
     */
    public String text() {
        final Set<Block> blocks = new LinkedHashSet<>();
        for (final Cell.Place place : results.places()) {
            blocks.add(new Block(place.shape(), place.entryCount(), place.keys()));
        }
        final StringBuilder out = new StringBuilder();
        for (final Block block : blocks) {
            out.append(String.format(
                    Locale.ROOT,
                    "%n%s, %,d entries, %s keys%n",
                    block.shape().title(),
                    block.entryCount(),
                    block.keys().title()));
            out.append("ratio to ").append(base).append(" (1 = as fast, 2 = takes twice as long); ns per operation,");
            out.append(" median [quartiles]; * = disturbed cells kept\n");
            final List<Work> works = worksOf(block);
            for (int from = 0; from < works.size(); from += WORKS_PER_BLOCK) {
                append(out, block, works.subList(from, Math.min(from + WORKS_PER_BLOCK, works.size())));
            }
        }
        return out.toString();
    }

    private List<Work> worksOf(final Block block) {
        final Set<Work> works = new LinkedHashSet<>();
        for (final Cell.Place place : results.places()) {
            if (in(block, place)) {
                works.add(place.work());
            }
        }
        return List.copyOf(works);
    }

    private static boolean in(final Block block, final Cell.Place place) {
        return place.shape().equals(block.shape())
                && place.entryCount() == block.entryCount()
                && place.keys() == block.keys();
    }

    private void append(final StringBuilder out, final Block block, final List<Work> works) {
        final List<String> rows = new ArrayList<>();
        for (final Cell.Place place : results.places()) {
            if (in(block, place) && !rows.contains(place.peer())) {
                rows.add(place.peer());
            }
        }
        rows.sort(java.util.Comparator.comparing((String peer) -> !peer.equals(base)));
        out.append(String.format(Locale.ROOT, NAME_FORMAT, ""));
        works.forEach(work -> out.append(String.format(Locale.ROOT, CELL_FORMAT, work.code())));
        out.append('\n');
        for (final String peer : rows) {
            final StringBuilder row = new StringBuilder(String.format(Locale.ROOT, NAME_FORMAT, peer));
            for (final Work work : works) {
                final Cell.Place place = new Cell.Place(peer, block.shape(), block.entryCount(), block.keys(), work);
                row.append(String.format(Locale.ROOT, CELL_FORMAT, cell(place)));
            }
            out.append(row.toString().stripTrailing()).append('\n');
        }
    }

    private String cell(final Cell.Place place) {
        if (!results.has(place)) {
            return "-";
        }
        final Spread ns = results.nsPerOperation(place);
        final Spread ratio = results.ratio(place, base);
        return String.format(
                Locale.ROOT,
                "%s  %s [%s-%s]%s",
                ratio == null ? "-" : String.format(Locale.ROOT, "%.2f", ratio.median()),
                number(ns.median()),
                number(ns.lowerQuartile()),
                number(ns.upperQuartile()),
                results.disturbedCount(place) > 0 ? "*" : " ");
    }

    private static String number(final double ns) {
        return String.format(Locale.ROOT, ns < PRECISE_BELOW ? "%.1f" : "%.0f", ns);
    }
}

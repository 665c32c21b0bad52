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
 * the ratio to the base with the least and greatest of the forks, and the nanoseconds with their interquartile range.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param results what was measured
 * @param base name of the contestant that is 1
 */
public record RatioTable(Results results, String base) {
    private static final int WORKS_PER_BLOCK = 3;
    private static final String NAME_FORMAT = "%-17s";
    private static final int CELL_GAP = 2;
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
            out.append(" median [quartiles];\nin () the least and greatest ratio of a fork; * = disturbed cells kept;");
            out.append(" ~ = the iterations of a fork went one way by more than 20 %\n");
            final List<Work> works = worksOf(block);
            for (int from = 0; from < works.size(); from += WORKS_PER_BLOCK) {
                append(out, block, works.subList(from, Math.min(from + WORKS_PER_BLOCK, works.size())));
            }
        }
        return out.append("\ndisturbed cells kept: ")
                .append(String.join(", ", results.disturbedShares()))
                .append('\n')
                .toString();
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
        final int width = CELL_GAP
                + rows.stream()
                        .flatMap(peer -> works.stream().map(work -> cell(block, peer, work)))
                        .mapToInt(String::length)
                        .max()
                        .orElse(0);
        final String cellFormat = "%" + width + "s";
        out.append(String.format(Locale.ROOT, NAME_FORMAT, ""));
        works.forEach(work -> out.append(String.format(Locale.ROOT, cellFormat, work.code())));
        out.append('\n');
        for (final String peer : rows) {
            final StringBuilder row = new StringBuilder(String.format(Locale.ROOT, NAME_FORMAT, peer));
            works.forEach(work -> row.append(String.format(Locale.ROOT, cellFormat, cell(block, peer, work))));
            out.append(row.toString().stripTrailing()).append('\n');
        }
    }

    private String cell(final Block block, final String peer, final Work work) {
        return cell(new Cell.Place(peer, block.shape(), block.entryCount(), block.keys(), work));
    }

    private String cell(final Cell.Place place) {
        if (!results.has(place)) {
            return "-";
        }
        final Spread ns = results.nsPerOperation(place);
        final Spread ratio = results.ratio(place, base);
        return String.format(
                Locale.ROOT,
                "%s  %s [%s-%s]%s%s",
                ratio == null ? "-" : ratio(ratio),
                number(ns.median()),
                number(ns.lowerQuartile()),
                number(ns.upperQuartile()),
                results.disturbedCount(place) > 0 ? "*" : " ",
                results.trendingForkCount(place) > 0 ? "~" : " ");
    }

    /** The forks of a single one have no spread. */
    private static String ratio(final Spread ratio) {
        return ratio.count() == 1
                ? String.format(Locale.ROOT, "%.2f", ratio.median())
                : String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", ratio.median(), ratio.min(), ratio.max());
    }

    private static String number(final double ns) {
        return String.format(Locale.ROOT, ns < PRECISE_BELOW ? "%.1f" : "%.0f", ns);
    }
}

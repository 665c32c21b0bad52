/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Cells summed up: a spread for each place, and ratios to a base contestant. A ratio is taken fork by fork, median by
 * median, so that only what ran side by side is compared; its spread is that of the forks.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class Results {
    /** How much the iterations of a fork may go one way, as a share. */
    public static final double TREND_MAX = 0.2;

    private static final int TREND_COUNT_MIN = 3;

    private final Map<Cell.Place, List<Cell>> cellsByPlace = new LinkedHashMap<>();

    /**
     * Sums up.
     *
     * @param cells all cells of a run; those that were discarded are left out
     */
    public Results(final Collection<Cell> cells) {
        for (final Cell cell : cells) {
            if (cell.kept()) {
                cellsByPlace
                        .computeIfAbsent(cell.place(), place -> new ArrayList<>())
                        .add(cell);
            }
        }
    }

    /**
     * Lists what was measured.
     *
     * @return places in the order of their first measurement
     */
    public List<Cell.Place> places() {
        return List.copyOf(cellsByPlace.keySet());
    }

    /**
     * Tells whether there is a figure.
     *
     * @param place of the figure
     * @return whether it was measured
     */
    public boolean has(final Cell.Place place) {
        return cellsByPlace.containsKey(place);
    }

    /**
     * Tells how long an operation took.
     *
     * @param place of the figure
     * @return nanoseconds
     */
    public Spread nsPerOperation(final Cell.Place place) {
        return Spread.of(cellsByPlace.get(place).stream()
                .mapToDouble(cell -> cell.sample().nsPerOperation())
                .toArray());
    }

    /**
     * Tells what an operation allocated on the heap.
     *
     * @param place of the figure
     * @return bytes
     */
    public Spread bytesPerOperation(final Cell.Place place) {
        return Spread.of(cellsByPlace.get(place).stream()
                .mapToDouble(cell -> cell.sample().bytesPerOperation())
                .toArray());
    }

    /**
     * Counts cells that are kept although they were disturbed.
     *
     * @param place of the figure
     * @return cells
     */
    public int disturbedCount(final Cell.Place place) {
        return (int) cellsByPlace.get(place).stream().filter(Cell::disturbed).count();
    }

    /**
     * Tells in how many forks the iterations went one way, each slower than the one before or each faster, by more than
     * {@link #TREND_MAX} altogether: what was measured was not steady yet.
     *
     * @param place of the figure
     * @return forks
     */
    public int trendingForkCount(final Cell.Place place) {
        final Map<Integer, List<Cell>> byFork = new TreeMap<>();
        cellsByPlace
                .get(place)
                .forEach(cell -> byFork.computeIfAbsent(cell.fork(), fork -> new ArrayList<>())
                        .add(cell));
        return (int) byFork.values().stream().filter(Results::trending).count();
    }

    private static boolean trending(final List<Cell> cells) {
        final double[] ns = cells.stream()
                .sorted(Comparator.comparingInt(Cell::iteration))
                .mapToDouble(cell -> cell.sample().nsPerOperation())
                .toArray();
        if (ns.length < TREND_COUNT_MIN) {
            return false;
        }
        final boolean slower = ns[1] > ns[0];
        for (int i = 1; i < ns.length; i++) {
            if (ns[i] == ns[i - 1] || ns[i] > ns[i - 1] != slower) {
                return false;
            }
        }
        final double first = ns[0];
        final double last = ns[ns.length - 1];
        return Math.max(first, last) > (1 + TREND_MAX) * Math.min(first, last);
    }

    /**
     * Tells for each contestant how many of its cells count although they were disturbed.
     *
     * @return text such as {@code quire 2 of 40}, contestants in the order of their first measurement
     */
    public List<String> disturbedShares() {
        final Map<String, int[]> counts = new LinkedHashMap<>();
        cellsByPlace.forEach((place, cells) -> {
            final int[] count = counts.computeIfAbsent(place.peer(), peer -> new int[2]);
            count[0] += disturbedCount(place);
            count[1] += cells.size();
        });
        return counts.entrySet().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s %d of %d (%.0f %%)",
                        entry.getKey(),
                        entry.getValue()[0],
                        entry.getValue()[1],
                        100.0 * entry.getValue()[0] / entry.getValue()[1]))
                .toList();
    }

    /**
     * Compares a contestant with the base.
     *
     * @param place of the contestant's figure
     * @param base name of the contestant that is 1
     * @return how many times as long as the base it takes, null when no fork has both
     */
    public Spread ratio(final Cell.Place place, final String base) {
        final List<Double> ratios = new ArrayList<>();
        final int forkCount = cellsByPlace.getOrDefault(place, List.of()).stream()
                .mapToInt(Cell::fork)
                .max()
                .orElse(0);
        for (int fork = 1; fork <= forkCount; fork++) {
            final OptionalDouble own = medianOf(place, fork);
            final OptionalDouble other = medianOf(place.of(base), fork);
            if (own.isPresent() && other.isPresent()) {
                ratios.add(own.getAsDouble() / other.getAsDouble());
            }
        }
        return ratios.isEmpty()
                ? null
                : Spread.of(ratios.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private OptionalDouble medianOf(final Cell.Place place, final int fork) {
        final double[] values = cellsByPlace.getOrDefault(place, List.of()).stream()
                .filter(cell -> cell.fork() == fork)
                .mapToDouble(cell -> cell.sample().nsPerOperation())
                .toArray();
        return values.length == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(Spread.of(values).median());
    }
}

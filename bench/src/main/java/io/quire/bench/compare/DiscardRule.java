/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When a cell counts as disturbed, stated before the run: a probe beside it was slower than the quiet machine by more
 * than a factor, or the hypervisor gave more than a share of the time to others. A disturbed cell is measured again, a
 * limited number of times; then it is kept and marked.
 *
 * <p>The quiet machine is the median of the fastest quarter of all probes of this run so far, those of earlier sessions
 * of a run that was interrupted included. At the end all cells are judged by the same level.
 *
 * <p>Threading: confined to one thread.
 */
public final class DiscardRule {
    /** How much slower than the quiet machine a probe may be. */
    public static final double PROBE_FACTOR_MAX = 1.25;
    /** How much of the time may be stolen. */
    public static final double STOLEN_SHARE_MAX = 0.02;

    private static final int QUARTER = 4;

    private final int repeatMax;
    private final List<Double> probes = new ArrayList<>();

    /**
     * Makes a rule.
     *
     * @param repeatMax how often a disturbed cell is measured again
     */
    public DiscardRule(final int repeatMax) {
        this.repeatMax = repeatMax;
    }

    /**
     * Says the rule in words.
     *
     * @return one sentence
     */
    public String text() {
        return String.format(
                java.util.Locale.ROOT,
                "a cell is discarded and measured again, at most %d times, when a probe before or after it is slower"
                        + " than %.2f x the quiet machine (median of the fastest quarter of this run's probes) or more"
                        + " than %.0f %% of the processor time was stolen; then it is kept and marked. At the end all"
                        + " cells are judged again by the probes of the whole run",
                repeatMax,
                PROBE_FACTOR_MAX,
                STOLEN_SHARE_MAX * 100);
    }

    /**
     * Takes note of a probe.
     *
     * @param probeNs nanoseconds per dependent read
     */
    public void addProbe(final double probeNs) {
        probes.add(probeNs);
    }

    /**
     * Tells what the machine does when quiet.
     *
     * @return nanoseconds per dependent read
     */
    public double quietNs() {
        final List<Double> sorted = new ArrayList<>(probes);
        Collections.sort(sorted);
        final List<Double> fastest = sorted.subList(0, Math.max(1, sorted.size() / QUARTER));
        return Spread.of(fastest.stream().mapToDouble(Double::doubleValue).toArray())
                .median();
    }

    /**
     * Judges a cell by the probes beside it, which were added before.
     *
     * @param probeBeforeNs nanoseconds per dependent read before the cell
     * @param probeAfterNs nanoseconds per dependent read after it
     * @param stolenShare share of the time given to others, from 0 to 1
     * @return whether it was disturbed
     */
    public boolean disturbed(final double probeBeforeNs, final double probeAfterNs, final double stolenShare) {
        return disturbed(probeBeforeNs, probeAfterNs, stolenShare, quietNs());
    }

    /** What is measured again until it is not disturbed. */
    private record Slot(String unit, Cell.Place place, int fork, int iteration) {
        static Slot of(final Cell cell) {
            return new Slot(cell.unit(), cell.place(), cell.fork(), cell.iteration());
        }
    }

    /**
     * Judges all cells again by the level of the quiet machine that all probes of the run together tell: the first
     * attempt that was not disturbed counts, or else the last one.
     *
     * @param cells of a run, all attempts
     * @return the same cells in the same order
     */
    public List<Cell> judgeAgain(final List<Cell> cells) {
        final double levelNs = quietNs();
        final Map<Slot, Cell> kept = new HashMap<>();
        for (final Cell cell : cells) {
            final Cell before = kept.get(Slot.of(cell));
            if (before == null || disturbed(before, levelNs)) {
                kept.put(Slot.of(cell), cell);
            }
        }
        return cells.stream()
                .map(cell -> cell.judged(
                        disturbed(cell, levelNs), kept.get(Slot.of(cell)).equals(cell)))
                .toList();
    }

    private static boolean disturbed(final Cell cell, final double levelNs) {
        return disturbed(cell.probeBeforeNs(), cell.probeAfterNs(), cell.stolenShare(), levelNs);
    }

    private static boolean disturbed(
            final double probeBeforeNs, final double probeAfterNs, final double stolenShare, final double levelNs) {
        final double limitNs = PROBE_FACTOR_MAX * levelNs;
        return probeBeforeNs > limitNs || probeAfterNs > limitNs || stolenShare > STOLEN_SHARE_MAX;
    }

    /**
     * Tells whether to measure a disturbed cell again.
     *
     * @param attempt how often it was measured, from 1
     * @return whether there is another attempt
     */
    public boolean repeat(final int attempt) {
        return attempt <= repeatMax;
    }
}

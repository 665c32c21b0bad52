/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.work.KeySpace;
import io.quire.store.table.TableStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.HdrHistogram.Histogram;

/**
 * A table that grows from empty, each put timed, one right after the other. After each interval an empty loop runs for
 * as long by the same clock: what it shows is the machine's.
 *
 * <p>Threading: confined to the worker thread.
 */
final class GrowthTrial {
    private static final int INTERVAL_COUNT = 50;
    private static final long LATENCY_MAX_NS = 60_000_000_000L;
    private static final int DIGITS = 3;
    private static final double P50 = 50;
    private static final double P999 = 99.9;
    private static final double P9999 = 99.99;
    private static final long SLOW_NS = 100_000;
    private static final double US_NS = 1_000;

    private final TableKind kind;
    private final CorePinning pinning;
    private final int growTo;
    private final int repeat;
    private final Timing puts = new Timing();
    private final Timing idle = new Timing();
    private final List<Message> rows = new ArrayList<>();

    GrowthTrial(final TableKind kind, final int growTo, final int repeat, final CorePinning pinning) {
        this.pinning = pinning;
        this.kind = kind;
        this.growTo = growTo;
        this.repeat = repeat;
    }

    /** Times of an interval, and of the run. */
    private static final class Timing {
        private final Histogram ofInterval = new Histogram(1, LATENCY_MAX_NS, DIGITS);
        private final Histogram ofRun = new Histogram(1, LATENCY_MAX_NS, DIGITS);
        private long worstNs;
        private int worstAt;
        private long slowCount;

        void record(final long latencyNs, final int number) {
            ofInterval.recordValue(Math.max(1, Math.min(LATENCY_MAX_NS, latencyNs)));
            if (latencyNs > SLOW_NS) {
                slowCount++;
            }
            if (latencyNs > worstNs) {
                worstNs = latencyNs;
                worstAt = number;
            }
        }

        void endInterval() {
            ofRun.add(ofInterval);
            ofInterval.reset();
        }
    }

    /**
     * Runs the trial.
     *
     * @param progress is told of entries
     * @return a row for each interval and one for the whole, whose interval is {@code all}
     */
    List<Message> run(final ScratchDirectory scratch, final DoubleConsumer progress) {
        try (TrialStore store = new TrialStore(scratch, "growth", kind, pinning)) {
            final TrialTable table = store.table();
            int from = 0;
            for (int interval = 1; interval <= INTERVAL_COUNT; interval++) {
                final int to = (int) ((long) growTo * interval / INTERVAL_COUNT);
                if (to == from) {
                    continue;
                }
                idle(to, grow(table, from, to));
                row(store, Integer.toString(interval), puts.ofInterval, idle.ofInterval);
                puts.endInterval();
                idle.endInterval();
                progress.accept(to - from);
                from = to;
            }
            row(store, "all", puts.ofRun, idle.ofRun);
            if (table.size() != growTo) {
                throw new IllegalStateException("entries: found=" + table.size() + " expected=" + growTo);
            }
        }
        return rows;
    }

    /** {@return how long it took, in ns} */
    private long grow(final TrialTable table, final int from, final int to) {
        final long startNs = System.nanoTime();
        long beforeNs = startNs;
        for (int i = from; i < to; i++) {
            table.put(KeySpace.keyOf(i));
            final long afterNs = System.nanoTime();
            puts.record(afterNs - beforeNs, i);
            beforeNs = afterNs;
        }
        return beforeNs - startNs;
    }

    private void idle(final int number, final long durationNs) {
        final long startNs = System.nanoTime();
        long beforeNs = startNs;
        while (beforeNs - startNs < durationNs) {
            final long afterNs = System.nanoTime();
            idle.record(afterNs - beforeNs, number);
            beforeNs = afterNs;
        }
    }

    private void row(final TrialStore store, final String interval, final Histogram put, final Histogram none) {
        final TableStatistics statistics = store.table().statistics();
        rows.add(new Message()
                .with("kind", kind.code())
                .with("repeat", repeat)
                .with("interval", interval)
                .with("entries", statistics.entryCount())
                .with("nsPerPut", put.getMean())
                .with("p50Us", put.getValueAtPercentile(P50) / US_NS)
                .with("p99.9Us", put.getValueAtPercentile(P999) / US_NS)
                .with("p99.99Us", put.getValueAtPercentile(P9999) / US_NS)
                .with("maxUs", put.getMaxValue() / US_NS)
                .with("idleMaxUs", none.getMaxValue() / US_NS)
                .with("worstAtSoFar", puts.worstAt)
                .with("over100UsSoFar", puts.slowCount)
                .with("idleOver100UsSoFar", idle.slowCount)
                .with("segments", statistics.segmentCount())
                .with("bytesPerEntry", statistics.bytesPerEntry())
                .with("backedBytes", store.backedLength()));
    }
}

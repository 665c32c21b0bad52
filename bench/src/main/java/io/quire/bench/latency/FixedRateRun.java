/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.KeySpace;
import io.quire.bench.work.Work;
import java.nio.file.Path;

/**
 * Operations that arrive at a fixed rate, whatever the table does: operation i is due at start + i / rate, and its
 * latency counts from there, so that one that waits behind a stalled one is as late as its user would see it. Latencies
 * of the whole run go into one histogram, those of each short interval into another, written as a histogram log. Where
 * a table says when writes are acknowledged, an operation is done then, and not before.
 *
 * <p>Without a rate each operation is due when the one before returns: what is measured is how many a contestant does
 * in the long run, until all are acknowledged.
 *
 * <p>Threading: confined to the worker thread.
 *
 * @param work get, put or rmw
 * @param operationsPerSecond arrival rate; 0 for none
 * @param durationNs nanoseconds that are measured
 * @param warmNs nanoseconds before them at the same rate
 * @param checkpoints when checkpoints begin
 * @param seed of the keys
 * @param histogramLog file for the intervals' histograms
 */
public record FixedRateRun(
        Work work,
        double operationsPerSecond,
        long durationNs,
        long warmNs,
        CheckpointTimes checkpoints,
        long seed,
        Path histogramLog) {
    /**
     * When checkpoints begin, from the start of the measured time; none begins while the one before still runs.
     *
     * @param firstNs nanoseconds until the first
     * @param intervalNs nanoseconds between them
     * @param countMax how many at most, 0 for none
     */
    public record CheckpointTimes(long firstNs, long intervalNs, int countMax) {
        /** No checkpoints. */
        public static final CheckpointTimes NONE = new CheckpointTimes(0, 0, 0);

        /**
         * Checkpoints at a fixed interval.
         *
         * @param intervalNs nanoseconds between them and before the first
         * @return the times
         */
        public static CheckpointTimes every(final long intervalNs) {
            return new CheckpointTimes(intervalNs, intervalNs, Integer.MAX_VALUE);
        }

        /**
         * One checkpoint at the very beginning.
         *
         * @return the times
         */
        public static CheckpointTimes once() {
            return new CheckpointTimes(0, 0, 1);
        }
    }

    /** Fewest keys that are made beforehand for a run that has as many operations. */
    static final int KEY_COUNT_MIN = 1 << 20;
    /** Most keys: 512 MiB of heap. */
    static final int KEY_COUNT_MAX = 1 << 26;

    private static final double SECOND_NS = 1e9;
    private static final long WARM_SEED_OFFSET = 0x5DEE_CE66L;

    /** {@return whether operations arrive at a rate, rather than each when the one before returns} */
    boolean isPaced() {
        return operationsPerSecond > 0;
    }

    /**
     * Reads what {@link #toRequest} wrote.
     *
     * @param request a request
     * @return the run
     */
    public static FixedRateRun of(final Message request) {
        return new FixedRateRun(
                Work.parse(request.text("work")),
                ((Number) request.value("operationsPerSecond")).doubleValue(),
                request.number("durationNs"),
                request.number("warmNs"),
                new CheckpointTimes(request.number("checkpointFirstNs"), request.number("checkpointIntervalNs"), (int)
                        request.number("checkpointCountMax")),
                request.number("seed"),
                Path.of(request.text("histogramLog")));
    }

    /**
     * Writes the run as a request to a contestant.
     *
     * @return the message
     */
    public Message toRequest() {
        return Message.request("latency")
                .with("work", work.code())
                .with("operationsPerSecond", operationsPerSecond)
                .with("durationNs", durationNs)
                .with("warmNs", warmNs)
                .with("checkpointFirstNs", checkpoints.firstNs())
                .with("checkpointIntervalNs", checkpoints.intervalNs())
                .with("checkpointCountMax", checkpoints.countMax())
                .with("seed", seed)
                .with("histogramLog", histogramLog.toString());
    }

    /**
     * Gives the same operations for another time, without warming up and checkpoints.
     *
     * @param otherDurationNs nanoseconds
     * @param otherLog file for the intervals' histograms
     * @return the run
     */
    FixedRateRun shortened(final long otherDurationNs, final Path otherLog) {
        return new FixedRateRun(work, operationsPerSecond, otherDurationNs, 0, CheckpointTimes.NONE, seed, otherLog);
    }

    /**
     * Makes the keys and all else that the run needs, so that it can begin at once.
     *
     * @param keySpace which keys are in the table
     * @param distribution which of them are used how often
     * @return the run
     */
    public Prepared prepare(final KeySpace keySpace, final KeyDistribution distribution) {
        return new Prepared(this, keySpace, distribution);
    }

    /**
     * Counts the keys that are made for a pass: as many as it has operations, or else as many as entries, after which
     * they come again in the same order. A table that is larger than a cache is not read from it thus.
     *
     * @param entryCount entries in the table
     * @param operationCount operations of the pass
     * @return keys, at least 1
     */
    static int keyCount(final int entryCount, final long operationCount) {
        final long wanted = Math.max(KEY_COUNT_MIN, Math.min(KEY_COUNT_MAX, entryCount));
        return (int) Math.max(1, Math.min(wanted, operationCount));
    }

    private long operationCount(final long lengthNs) {
        return isPaced() ? (long) (lengthNs / (SECOND_NS / operationsPerSecond)) : Long.MAX_VALUE;
    }

    /**
     * A run whose keys are made.
     *
     * <p>Threading: confined to the worker thread.
     */
    public static final class Prepared {
        private final FixedRateRun plan;
        private final FixedRateLoop warmLoop;
        private final FixedRateLoop loop;

        private Prepared(final FixedRateRun plan, final KeySpace keySpace, final KeyDistribution distribution) {
            this.plan = plan;
            final AwaitedWrites awaited = new AwaitedWrites();
            // Other keys than those that are measured: those would be in the caches.
            warmLoop = plan.warmNs == 0
                    ? null
                    : new FixedRateLoop(
                            plan,
                            keys(keySpace, distribution, plan.warmNs, plan.seed + WARM_SEED_OFFSET),
                            plan.warmNs,
                            CheckpointTimes.NONE,
                            awaited);
            loop = new FixedRateLoop(
                    plan,
                    keys(keySpace, distribution, plan.durationNs, plan.seed),
                    plan.durationNs,
                    plan.checkpoints,
                    awaited);
        }

        private long[] keys(
                final KeySpace keySpace, final KeyDistribution distribution, final long lengthNs, final long seed) {
            final KeyDistribution.Slots slots = distribution.slots(keySpace.entryCount(), seed);
            final long[] keys = new long[keyCount(keySpace.entryCount(), plan.operationCount(lengthNs))];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = keySpace.presentKey(slots.next());
            }
            return keys;
        }

        /**
         * Runs: warms up, and measures.
         *
         * @param table to work on; takes checkpoints when any are wanted
         * @return percentiles in microseconds over all and beside checkpoints, the rate reached, the checkpoints
         */
        public Message run(final KeyedTable table) {
            if (warmLoop != null) {
                warmLoop.run(table, System.nanoTime());
            }
            return run(table, System.nanoTime());
        }

        /**
         * Measures without warming up.
         *
         * @param table to work on
         * @param startNs when the first operation is due, by {@link System#nanoTime}
         * @return as {@link #run(KeyedTable)}
         */
        public Message run(final KeyedTable table, final long startNs) {
            loop.run(table, startNs);
            loop.writeLog();
            return loop.answer();
        }
    }
}

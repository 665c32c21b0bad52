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
 * of the whole run go into one histogram, those of each short interval into another, written as a histogram log.
 *
 * <p>Threading: confined to the worker thread.
 *
 * @param work get, put or rmw
 * @param operationsPerSecond arrival rate
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

    /** How many keys are made beforehand; they are used again and again. A power of two. */
    static final int KEY_COUNT = 1 << 20;

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
     * Runs.
     *
     * @param table to work on; takes checkpoints when any are wanted
     * @param keySpace which keys are in it
     * @param distribution which of them are used how often
     * @return percentiles in microseconds over all and during checkpoints, the rate that was reached, the checkpoints
     */
    public Message run(final KeyedTable table, final KeySpace keySpace, final KeyDistribution distribution) {
        final long[] keys = keys(keySpace, distribution);
        if (warmNs > 0) {
            new FixedRateLoop(this, table, keys, warmNs, CheckpointTimes.NONE).run();
        }
        final FixedRateLoop loop = new FixedRateLoop(this, table, keys, durationNs, checkpoints);
        loop.run();
        loop.writeLog();
        return loop.answer();
    }

    private long[] keys(final KeySpace keySpace, final KeyDistribution distribution) {
        final KeyDistribution.Slots slots = distribution.slots(keySpace.entryCount(), seed);
        final long[] keys = new long[KEY_COUNT];
        for (int i = 0; i < KEY_COUNT; i++) {
            keys[i] = keySpace.presentKey(slots.next());
        }
        return keys;
    }
}

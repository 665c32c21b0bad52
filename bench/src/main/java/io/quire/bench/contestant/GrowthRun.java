/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.bench.latency.LatencyPercentiles;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.work.KeySpace;
import org.HdrHistogram.Histogram;

/**
 * Loads a table and times each single put, one right after the other: what growing costs the unlucky one.
 *
 * <p>Threading: confined to the worker thread.
 */
final class GrowthRun {
    private static final long LATENCY_MAX_NS = 60_000_000_000L;

    private GrowthRun() {}

    static Message run(final KeyedTable table, final KeySpace keySpace) {
        final Histogram histogram = new Histogram(1, LATENCY_MAX_NS, 3);
        final int entryCount = keySpace.entryCount();
        final long startNs = System.nanoTime();
        long beforeNs = startNs;
        long worstAt = 0;
        long worstNs = 0;
        for (int i = 0; i < entryCount; i++) {
            table.put(keySpace.presentKey(i), i);
            final long afterNs = System.nanoTime();
            final long latencyNs = afterNs - beforeNs;
            histogram.recordValue(Math.max(1, Math.min(LATENCY_MAX_NS, latencyNs)));
            if (latencyNs > worstNs) {
                worstNs = latencyNs;
                worstAt = i;
            }
            beforeNs = afterNs;
        }
        final Message percentiles = LatencyPercentiles.of(histogram);
        return new Message()
                .with("operations", entryCount)
                .with("durationNs", beforeNs - startNs)
                .with("worstAt", worstAt)
                .with("percentilesUs", percentiles.fields());
    }
}

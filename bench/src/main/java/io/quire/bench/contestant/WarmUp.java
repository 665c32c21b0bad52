/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.bench.work.WorkSample;
import java.util.function.LongFunction;

/**
 * Runs slices of a work until a time is over and the pace no longer changes: the last two slices agree within a tenth.
 * A contestant whose pace goes on changing is warmed until a longer time is over.
 *
 * <p>Threading: confined to the worker thread.
 */
final class WarmUp {
    private static final int FIRST_OPERATION_COUNT = 2_000;
    private static final int OPERATION_COUNT_MIN = 500;
    private static final int SLICES_PER_TARGET = 4;
    private static final double CHANGE_MAX = 0.1;

    private final long targetNs;
    private final long capNs;
    private boolean steady;

    /**
     * Makes a warm-up.
     *
     * @param targetNs nanoseconds at least
     * @param capNs nanoseconds after which it ends anyway, within a slice
     */
    WarmUp(final long targetNs, final long capNs) {
        this.targetNs = targetNs;
        this.capNs = capNs;
    }

    /**
     * Warms up.
     *
     * @param slice does so many operations
     * @return nanoseconds per operation of the last slice
     */
    double run(final LongFunction<WorkSample> slice) {
        long spentNs = 0;
        long operationCount = FIRST_OPERATION_COUNT;
        double before = Double.NaN;
        while (true) {
            final WorkSample sample = slice.apply(operationCount);
            spentNs += Math.max(1, sample.durationNs());
            final double now = sample.nsPerOperation();
            steady = Math.abs(now - before) <= CHANGE_MAX * Math.max(now, before);
            if (spentNs >= targetNs && (steady || spentNs >= capNs)) {
                return now;
            }
            before = now;
            final long wanted = (long) (targetNs / (double) SLICES_PER_TARGET / Math.max(1, now));
            operationCount = Math.max(OPERATION_COUNT_MIN, Math.min(2 * operationCount, wanted));
        }
    }

    /** {@return whether the last two slices agreed} */
    boolean steady() {
        return steady;
    }
}

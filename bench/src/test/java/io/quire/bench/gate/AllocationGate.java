/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import io.quire.bench.work.AllocationMeter;

/**
 * Counts what an operation allocates on the heap: warms it up, then runs it a million times and looks at what the
 * thread has allocated. The least of a few rounds counts, so that a class that happens to load late is not blamed on
 * it.
 */
final class AllocationGate {
    static final int OPERATION_COUNT = 1_000_000;

    private static final int WARM_COUNT = 200_000;
    private static final int ROUND_COUNT = 3;

    /** One operation; the index chooses the key. */
    @FunctionalInterface
    interface Operation {
        long run(int index);
    }

    private AllocationGate() {}

    /** Returns how many bytes a million operations allocated. */
    static long allocatedBytes(final Operation operation) {
        final AllocationMeter meter = new AllocationMeter();
        long sum = loop(operation, WARM_COUNT);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUND_COUNT && least > 0; round++) {
            final long before = meter.allocatedBytes();
            sum += loop(operation, OPERATION_COUNT);
            least = Math.min(least, meter.allocatedBytes() - before);
        }
        if (sum == Long.MIN_VALUE) {
            throw new AssertionError("results are consumed: " + sum);
        }
        return least;
    }

    private static long loop(final Operation operation, final int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += operation.run(i);
        }
        return sum;
    }
}

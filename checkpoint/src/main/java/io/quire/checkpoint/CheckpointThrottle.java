/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.BandwidthLimit;
import io.quire.checkpoint.block.WritePacer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Holds the threads that write checkpoints and merge files to their budgets: bytes a second, shared by both, and a
 * share of a core for each.
 *
 * <p>A budget is a wish, not a promise: whoever waits for it looks every millisecond whether something urgent has come
 * up, and goes on then.
 *
 * <p>Threading: thread-safe; a {@link Pace} is confined to one thread.
 */
final class CheckpointThrottle {
    private static final long SLICE_NS = 1_000_000;
    private static final long SAVED_NS_MAX = 100_000_000;

    private final BandwidthLimit bandwidth;
    private final double cpuShare;
    private final LongSupplier clockNs;
    private final LongSupplier cpuNs;
    private final LongConsumer sleeperNs;
    private final LongAdder waitedNs = new LongAdder();

    CheckpointThrottle(final long bytesPerSecond, final double cpuShare) {
        this(bytesPerSecond, cpuShare, System::nanoTime, cpuShare < 1 ? cpuClock() : () -> 0, LockSupport::parkNanos);
    }

    CheckpointThrottle(
            final long bytesPerSecond,
            final double cpuShare,
            final LongSupplier clockNs,
            final LongSupplier cpuNs,
            final LongConsumer sleeperNs) {
        this.cpuShare = cpuShare;
        this.sleeperNs = sleeperNs;
        this.clockNs = clockNs;
        this.cpuNs = cpuNs;
        bandwidth = bytesPerSecond == 0 ? null : new BandwidthLimit(bytesPerSecond, clockNs, sleeperNs);
    }

    private static LongSupplier cpuClock() {
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        // Where a thread's time is not to be had, all time spent working counts.
        return threads.isCurrentThreadCpuTimeSupported() ? threads::getCurrentThreadCpuTime : System::nanoTime;
    }

    /** {@return nanoseconds that threads have waited for their budgets} */
    long waitedNs() {
        return waitedNs.sum();
    }

    /**
     * The pace of a thread.
     *
     * @param urgent whether to go on regardless of budgets
     * @param check runs before each wait and now and then during one; may throw to break off
     * @return pace for one thread
     */
    Pace pace(final BooleanSupplier urgent, final Runnable check) {
        return new Pace(urgent, check);
    }

    /** Budgets of one thread. */
    final class Pace implements WritePacer {
        private final BooleanSupplier urgent;
        private final Runnable check;
        private long cpuFromNs;
        private long wallFromNs;

        private Pace(final BooleanSupplier urgent, final Runnable check) {
            this.urgent = urgent;
            this.check = check;
        }

        /** Says that the thread begins to work after a rest. */
        void begin() {
            cpuFromNs = cpuNs.getAsLong();
            wallFromNs = clockNs.getAsLong();
        }

        @Override
        public void beforeWrite(final int length) {
            check.run();
            if (bandwidth != null) {
                waitUntil(bandwidth.reserve(length));
            }
        }

        /** Called between pieces of work; waits if they took more of the core than they may. */
        void worked() {
            check.run();
            if (cpuShare >= 1) {
                return;
            }
            final long usedNs = cpuNs.getAsLong() - cpuFromNs;
            final long dueNs = wallFromNs + (long) (usedNs / cpuShare);
            waitUntil(dueNs);
            final long nowNs = clockNs.getAsLong();
            if (nowNs - dueNs > SAVED_NS_MAX) {
                begin(); // what was not used is not saved up, or a pause would be followed by a burst
            }
        }

        private void waitUntil(final long timeNs) {
            final long startNs = clockNs.getAsLong();
            long nowNs = startNs;
            while (timeNs - nowNs > 0 && !urgent.getAsBoolean()) {
                check.run();
                sleeperNs.accept(Math.min(SLICE_NS, timeNs - nowNs));
                Thread.interrupted(); // means nothing to the store's own threads and would keep them from parking
                nowNs = clockNs.getAsLong();
            }
            waitedNs.add(nowNs - startNs);
        }
    }
}

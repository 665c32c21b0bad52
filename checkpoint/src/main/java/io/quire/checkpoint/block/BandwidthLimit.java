/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.errors.ConfigurationException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Holds writes to a number of bytes a second, shared by all who write through it. Time not used is not saved up
 * beyond a tenth of a second, so that a pause is not followed by a burst. An interrupt ends a wait early and stays
 * set.
 *
 * <p>Threading: thread-safe.
 */
public final class BandwidthLimit implements WritePacer {
    private static final long NS_PER_SECOND = 1_000_000_000L;
    private static final long SAVED_NS_MAX = NS_PER_SECOND / 10;

    private final long bytesPerSecond;
    private final LongSupplier clockNs;
    private final LongConsumer sleeperNs;
    private final AtomicLong nextFreeNs;

    /**
     * Creates a limit.
     *
     * @param bytesPerSecond bytes a second, greater than 0
     */
    public BandwidthLimit(final long bytesPerSecond) {
        this(bytesPerSecond, System::nanoTime, LockSupport::parkNanos);
    }

    /**
     * Creates a limit with its own time.
     *
     * @param bytesPerSecond bytes a second, greater than 0
     * @param clockNs nanoseconds since any instant
     * @param sleeperNs waits about that many nanoseconds, may return early
     * @throws ConfigurationException when the limit is not positive
     */
    public BandwidthLimit(final long bytesPerSecond, final LongSupplier clockNs, final LongConsumer sleeperNs) {
        if (bytesPerSecond <= 0) {
            throw new ConfigurationException("bandwidth limit out of range: " + bytesPerSecond + " bytes/s");
        }
        this.bytesPerSecond = bytesPerSecond;
        this.clockNs = Objects.requireNonNull(clockNs, "clockNs");
        this.sleeperNs = Objects.requireNonNull(sleeperNs, "sleeperNs");
        nextFreeNs = new AtomicLong(clockNs.getAsLong());
    }

    @Override
    public void beforeWrite(final int length) {
        final long startNs = reserve(length);
        while (startNs - clockNs.getAsLong() > 0) {
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            sleeperNs.accept(startNs - clockNs.getAsLong());
        }
    }

    /**
     * Books bytes without waiting.
     *
     * @param length bytes about to be written
     * @return when they may be, on the limit's clock; not later than its now if there is no need to wait
     */
    public long reserve(final int length) {
        final long costNs = (long) ((double) length / bytesPerSecond * NS_PER_SECOND);
        final long nowNs = clockNs.getAsLong();
        return nextFreeNs.getAndUpdate(
                freeNs -> freeNs - nowNs < -SAVED_NS_MAX ? nowNs - SAVED_NS_MAX + costNs : freeNs + costNs);
    }
}

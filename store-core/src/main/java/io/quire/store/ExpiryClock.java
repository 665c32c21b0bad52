/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochClock;

/**
 * The time by which values expire: that of the store's clock, but never less than anybody has been told before. So what
 * has expired stays so for everybody as long as the store is open, whatever is done to the clock.
 *
 * <p>Threading: thread-safe, lock-free.
 */
final class ExpiryClock {
    private final EpochClock clock;
    private final AtomicLong latestMs = new AtomicLong(Long.MIN_VALUE);

    ExpiryClock(final EpochClock clock) {
        this.clock = clock;
    }

    /** Milliseconds of the clock. */
    long nowMs() {
        final long timeMs = clock.time();
        long latest = latestMs.get();
        while (timeMs > latest) {
            if (latestMs.compareAndSet(latest, timeMs)) {
                return timeMs;
            }
            latest = latestMs.get();
        }
        return latest;
    }
}

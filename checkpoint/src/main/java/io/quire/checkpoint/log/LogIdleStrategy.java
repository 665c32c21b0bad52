/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.changelog.ConsumerSignal;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * How the log agent idles: it spins a little, yields a little, then sleeps, each time twice as long up to a limit, so
 * that an idle store costs next to nothing. {@link #wake} ends a sleep at once.
 *
 * <p>Threading: idle and reset belong to the agent's thread; wake may be called by any.
 */
public final class LogIdleStrategy implements IdleStrategy, ConsumerSignal {
    private static final int SPINS = 20;
    private static final int YIELDS = 10;
    private static final long MIN_SLEEP_NS = TimeUnit.MICROSECONDS.toNanos(20);

    private final long maxSleepNs;
    private int spins;
    private int yields;
    private long sleepNs = MIN_SLEEP_NS;
    private volatile Thread sleeper;
    private volatile boolean isWakeRequested;

    /** Sleeps up to 20 ms. */
    public LogIdleStrategy() {
        this(TimeUnit.MILLISECONDS.toNanos(20));
    }

    /**
     * Sleeps up to a limit.
     *
     * @param maxSleepNs nanoseconds; 0 = spins for ever, for a core of its own
     */
    public LogIdleStrategy(final long maxSleepNs) {
        this.maxSleepNs = maxSleepNs;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (maxSleepNs == 0) {
            Thread.onSpinWait();
        } else if (spins < SPINS) {
            spins++;
            Thread.onSpinWait();
        } else if (yields < YIELDS) {
            yields++;
            Thread.yield();
        } else {
            sleep();
        }
    }

    private void sleep() {
        sleeper = Thread.currentThread();
        // The flag after the thread: a waker that saw no sleeper has set the flag before this reads it.
        if (!isWakeRequested) {
            LockSupport.parkNanos(this, sleepNs);
        }
        sleeper = null;
        if (isWakeRequested) {
            reset();
        } else {
            sleepNs = Math.min(sleepNs * 2, Math.max(maxSleepNs, MIN_SLEEP_NS));
        }
    }

    @Override
    public void reset() {
        spins = 0;
        yields = 0;
        sleepNs = MIN_SLEEP_NS;
        if (isWakeRequested) {
            isWakeRequested = false;
        }
    }

    @Override
    public void wake() {
        if (!isWakeRequested) {
            isWakeRequested = true;
        }
        final Thread thread = sleeper;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}

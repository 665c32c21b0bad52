/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.LongTimerState;
import io.quire.store.TimeDomain;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/**
 * {@link LongTimerState} with a million timers, each of a key of its own, at times in random order. An iteration is
 * {@link #COUNT} operations, which begin with the same number of timers each time; what is reported is the time of one.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class TimersBenchmark extends StoreBenchmark {
    /** Timers that an iteration registers, deletes or delivers. */
    static final int COUNT = 100_000;

    private static final int TIME_SHIFT = 24; // of mixed bits: 2^40 ms, without a sign
    private static final int SCATTER = 7919; // a prime: passes over the timers in an order of its own

    /** Timers at the beginning of an iteration, no fewer than {@link #COUNT} and no multiple of {@link #SCATTER}. */
    @Param("1000000")
    public int timerCount;

    private LongTimerState timers;
    private long delivered;
    private long expectedSize;

    /** Opens a store. */
    @Setup(Level.Trial)
    public void open() {
        timers = openStore().longTimerState("timers", TimeDomain.EVENT_TIME);
        filled();
    }

    /** Registers the timers anew. */
    @Setup(Level.Iteration)
    public void fill() {
        if (timerCount < COUNT || timerCount % SCATTER == 0) {
            throw new IllegalArgumentException(
                    "fewer than " + COUNT + ", or a multiple of " + SCATTER + ": timerCount=" + timerCount);
        }
        timers.clear();
        expectedSize = timerCount;
        for (int i = 0; i < timerCount; i++) {
            timers.registerTimer(KeySpace.keyOf(i), timestampOf(i));
        }
    }

    @Override
    void verify() {
        check("size", timers.size(), expectedSize);
    }

    /** Checks that each of an iteration's operations, or none, did something, and how many timers that leaves. */
    private long counted(final long found, final long expected, final long size) {
        check("count", found, expected);
        expectedSize = size;
        return found;
    }

    private static long timestampOf(final long number) {
        return KeySpace.keyOf(~number) >>> TIME_SHIFT;
    }

    private long scattered(final int index) {
        return (long) index * SCATTER % timerCount;
    }

    /** {@return how many are new: all} */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long register() {
        long count = 0;
        for (int i = timerCount; i < timerCount + COUNT; i++) {
            count += timers.registerTimer(KeySpace.keyOf(i), timestampOf(i)) ? 1 : 0;
        }
        return counted(count, COUNT, timerCount + COUNT);
    }

    /** {@return how many are new: none, they are there already} */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long registerAgain() {
        long count = 0;
        for (int i = 0; i < COUNT; i++) {
            final long number = scattered(i);
            count += timers.registerTimer(KeySpace.keyOf(number), timestampOf(number)) ? 1 : 0;
        }
        return counted(count, 0, timerCount);
    }

    /** {@return how many were there: all} */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long delete() {
        long count = 0;
        for (int i = 0; i < COUNT; i++) {
            final long number = scattered(i);
            count += timers.deleteTimer(KeySpace.keyOf(number), timestampOf(number)) ? 1 : 0;
        }
        return counted(count, COUNT, timerCount - COUNT);
    }

    /** {@return how many were delivered, to a consumer that does nothing else} */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long deliver() {
        final long before = delivered;
        final long count = timers.pollDue(Long.MAX_VALUE, COUNT, (key, timestamp) -> delivered++);
        check("deliveries", delivered - before, COUNT);
        return counted(count, COUNT, timerCount - COUNT);
    }

    /** {@return what was delivered, to a consumer that registers each timer again at a later time} */
    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long deliverAndRegister() {
        final long later = 1L << (Long.SIZE - TIME_SHIFT);
        final long count =
                timers.pollDue(Long.MAX_VALUE, COUNT, (key, timestamp) -> timers.registerTimer(key, timestamp + later));
        return counted(count, COUNT, timerCount);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.checkpoint.DurableStateStore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Benchmark of one store, which its set-up opens and which is closed at the end of each trial. An operation whose
 * result is wrong ends its trial, and so does a store whose content is wrong at the end.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class StoreBenchmark {
    /** When a write is acknowledged. */
    @Param("NONE")
    public String durability;

    /** Where the pages are; DIRECTORY for a state that is larger than memory. */
    @Param("AUTO")
    public String liveMemory;

    private StoreFixture fixture;

    /** Opens an empty store, once in a trial: JMH promises no order between the set-ups of a class and its parent. */
    final DurableStateStore openStore() {
        fixture = new StoreFixture(durability, liveMemory);
        return fixture.store();
    }

    /** Fails when the content of the store is not what the operations must have made of it. */
    abstract void verify();

    /** Checks and closes the store; there is none when it could not be opened. */
    @TearDown(Level.Trial)
    public void close() {
        if (fixture == null) {
            return;
        }
        try (StoreFixture closed = fixture) {
            fixture = null;
            if (closed.filled()) {
                verify();
            }
        }
    }

    /** To be called at the end of a set-up: a store that was not filled is not checked. */
    final void filled() {
        fixture.filled(true);
    }

    /** Fails unless an operation did what it had to. */
    static void check(final boolean right) {
        if (!right) {
            throwWrong();
        }
    }

    /** Fails unless a count or sum is what it has to be. */
    static void check(final String what, final long found, final long expected) {
        if (found != expected) {
            throw new IllegalStateException("wrong " + what + ": found=" + found + " expected=" + expected);
        }
    }

    private static void throwWrong() {
        throw new IllegalStateException("an operation did not do its work");
    }
}

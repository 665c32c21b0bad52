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

/** Benchmark of one store, which its set-up opens and which is closed at the end of each trial. */
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

    private StoreFixture fixture;

    /** Opens an empty store, once in a trial: JMH promises no order between the set-ups of a class and its parent. */
    final DurableStateStore openStore() {
        return openStore("AUTO");
    }

    /** The same, with its live memory where it is told. */
    final DurableStateStore openStore(final String liveMemory) {
        fixture = new StoreFixture(durability, liveMemory);
        return fixture.store();
    }

    /** Closes the store. */
    @TearDown(Level.Trial)
    public void close() {
        fixture.close();
    }
}

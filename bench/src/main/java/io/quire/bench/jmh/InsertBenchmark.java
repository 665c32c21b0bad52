/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** New entries into a table that begins each iteration empty: the time of one, with all growth in it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class InsertBenchmark {
    /** Bytes of a value of {@link BytesState}. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    /** When a write is acknowledged. */
    @Param("NONE")
    public String durability;

    /** Most entries; the table is emptied when it has so many, within the measured time. */
    @Param("2000000")
    public int entryCountMax;

    private StoreFixture fixture;
    private LongLongState longs;
    private BytesState bytes;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private int count;

    /** Opens a store. */
    @Setup(Level.Trial)
    public void open() {
        fixture = new StoreFixture(durability, "AUTO");
        longs = fixture.store().longLongState("longs");
        bytes = fixture.store().bytesState("bytes");
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    }

    /** Empties the tables. */
    @Setup(Level.Iteration)
    public void empty() {
        longs.clear();
        bytes.clear();
        count = 0;
    }

    /** Closes the store. */
    @TearDown(Level.Trial)
    public void close() {
        fixture.close();
    }

    @Benchmark
    public void putNewLong() {
        if (count == entryCountMax) {
            empty();
        }
        longs.put(KeySpace.keyOf(count), count);
        count++;
    }

    @Benchmark
    public void putNewBytes() {
        if (count == entryCountMax) {
            empty();
        }
        RawMemory.putLong(key.addressOffset(), KeySpace.keyOf(count));
        bytes.put(key, 0, Long.BYTES, poolBuffer, pool.offsetOf(count), valueLength);
        count++;
    }
}

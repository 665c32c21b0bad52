/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** New entries into a table that begins each iteration empty: the time of one, with all growth in it. */
public class InsertBenchmark extends StoreBenchmark {
    /** Bytes of a value of {@link BytesState}. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    /** Most entries; the table is emptied when it has so many, within the measured time. */
    @Param("2000000")
    public int entryCountMax;

    private LongLongState longs;
    private BytesState bytes;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private int count;

    /** Opens a store. */
    @Setup(Level.Trial)
    public void open() {
        final DurableStateStore store = openStore();
        longs = store.longLongState("longs");
        bytes = store.bytesState("bytes");
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

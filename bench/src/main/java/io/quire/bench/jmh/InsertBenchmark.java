/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.FixedBytesState;
import io.quire.store.KeyedState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * New entries into a table that begins each iteration empty: the time of one, with all growth in it. The value length
 * matters to those with byte values only.
 */
public class InsertBenchmark extends StoreBenchmark {
    /** Bytes of a byte value; {@link FixedBytesState} takes up to 256, and is given that much when there are more. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    /** Most entries; the table is emptied when it has so many, within the measured time. */
    @Param("2000000")
    public int entryCountMax;

    private LongLongState longs;
    private LongSetState set;
    private LongDoubleState doubles;
    private LongBytesState longBytes;
    private BytesState bytes;
    private FixedBytesState fixed;
    private List<KeyedState> all;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private KeyedState used;
    private int count;

    /** Opens a store. */
    @Setup(Level.Trial)
    public void open() {
        final DurableStateStore store = openStore();
        longs = store.longLongState("longs");
        set = store.longSetState("set");
        doubles = store.longDoubleState("doubles");
        longBytes = store.longBytesState("longBytes");
        bytes = store.bytesState("bytes");
        fixed = store.fixedBytesState("fixed", Long.BYTES, Math.min(valueLength, FixedBytesState.VALUE_LENGTH_MAX));
        all = List.of(longs, set, doubles, longBytes, bytes, fixed);
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
        used = longs;
        filled();
    }

    @Override
    void verify() {
        check("size", used.size(), count);
    }

    /** Empties the tables. */
    @Setup(Level.Iteration)
    public void empty() {
        all.forEach(KeyedState::clear);
        count = 0;
    }

    private long nextKey(final KeyedState state) {
        if (count == entryCountMax) {
            check("size", state.size(), count);
            state.clear();
            count = 0;
        }
        used = state;
        return KeySpace.keyOf(count++);
    }

    private UnsafeBuffer nextKeyBytes(final KeyedState state) {
        RawMemory.putLong(key.addressOffset(), nextKey(state));
        return key;
    }

    @Benchmark
    public void putNewLong() {
        longs.put(nextKey(longs), count);
    }

    @Benchmark
    public boolean addNewToSet() {
        final boolean absent = set.add(nextKey(set));
        check(absent);
        return absent;
    }

    @Benchmark
    public void putNewDouble() {
        doubles.put(nextKey(doubles), count);
    }

    @Benchmark
    public void putNewLongBytes() {
        longBytes.put(nextKey(longBytes), poolBuffer, pool.offsetOf(count), valueLength);
    }

    @Benchmark
    public void putNewBytes() {
        bytes.put(nextKeyBytes(bytes), 0, Long.BYTES, poolBuffer, pool.offsetOf(count), valueLength);
    }

    @Benchmark
    public void putNewFixedBytes() {
        fixed.put(nextKeyBytes(fixed), 0, poolBuffer, pool.offsetOf(count));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BatchConsumer;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongSetState;
import io.quire.store.ValueUpdater;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Operations of {@link LongSetState}, {@link LongDoubleState} and {@link LongBytesState}: long keys, one thread. */
public class LongKeyStatesBenchmark extends StoreBenchmark {
    private static final int BATCH_COUNT = 32;
    private static final ValueUpdater INCREMENT = value -> value.putLong(0, value.getLong(0) + 1);

    /** Entries: in cache, and in memory; add 20000000 for more than the processor's page tables reach. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param("uniform")
    public String keys;

    /** Bytes of a value of {@link LongBytesState}. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    private KeySequence sequence;
    private LongSetState set;
    private LongDoubleState doubles;
    private LongBytesState bytes;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer value;
    private final long[] batch = new long[BATCH_COUNT];
    private long sum;
    private final BatchConsumer addFirst = (index, found) -> sum += found.getLong(0);
    private int turn;

    /** Fills the tables. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        set = store.longSetState("set");
        doubles = store.longDoubleState("doubles");
        bytes = store.longBytesState("bytes");
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        value = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
        for (int i = 0; i < entryCount; i++) {
            final long key = KeySpace.keyOf(i);
            set.add(key);
            doubles.put(key, i);
            bytes.put(key, poolBuffer, pool.offsetOf(i), valueLength);
        }
        sequence = new KeySequence(entryCount, keys);
    }

    @Benchmark
    public boolean setContains() {
        return set.contains(sequence.nextPresent());
    }

    @Benchmark
    public boolean setContainsMiss() {
        return set.contains(sequence.nextAbsent());
    }

    @Benchmark
    public boolean setAddPresent() {
        return set.add(sequence.nextPresent());
    }

    /** Adds a new key and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean setRemoveAdd() {
        return set.remove(sequence.nextOldest()) & set.add(sequence.nextFresh());
    }

    /** The whole set once: divide by the number of entries. */
    @Benchmark
    public long setScanAll() {
        sum = 0;
        set.forEach(key -> sum += key);
        return sum;
    }

    @Benchmark
    public double doubleGet() {
        return doubles.get(sequence.nextPresent(), Double.NaN);
    }

    @Benchmark
    public void doublePutOverwrite() {
        doubles.put(sequence.nextPresent(), turn++);
    }

    @Benchmark
    public double doubleAddAndGet() {
        return doubles.addAndGet(sequence.nextPresent(), 1);
    }

    /** Copies the value out. */
    @Benchmark
    public int bytesGet() {
        return bytes.get(sequence.nextPresent(), value, 0);
    }

    @Benchmark
    public int bytesGetMiss() {
        return bytes.get(sequence.nextAbsent(), value, 0);
    }

    /** Reads the first eight bytes of values where they lie, several keys at once: divide by the keys of a batch. */
    @Benchmark
    public int bytesGetAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            batch[i] = sequence.nextPresent();
        }
        return bytes.getAll(batch, 0, BATCH_COUNT, addFirst);
    }

    @Benchmark
    public void bytesPutOverwrite() {
        bytes.put(sequence.nextPresent(), poolBuffer, pool.offsetOf(turn++), valueLength);
    }

    /** Adds to the first eight bytes through an updater. */
    @Benchmark
    public boolean bytesUpdate() {
        return bytes.update(sequence.nextPresent(), INCREMENT);
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean bytesRemoveInsert() {
        final boolean removed = bytes.remove(sequence.nextOldest());
        bytes.put(sequence.nextFresh(), poolBuffer, pool.offsetOf(turn++), valueLength);
        return removed;
    }
}

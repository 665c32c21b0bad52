/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.store.BatchConsumer;
import io.quire.store.LongBytesState;
import io.quire.store.ValueUpdater;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every operation of {@link LongBytesState}: long keys, byte values, one thread. */
public class LongBytesStateBenchmark extends StoreBenchmark {
    private static final int BATCH_COUNT = 32;
    private static final ValueUpdater INCREMENT = value -> value.putLong(0, value.getLong(0) + 1);

    /** Entries: in cache, and in memory; add 20000000 for more than the processor's page tables reach. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param({"uniform", "zipf"})
    public String keys;

    /** Bytes of a value. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    private KeySequence sequence;
    private LongBytesState state;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer value;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final long[] batch = new long[BATCH_COUNT];
    private long sum;
    private final BatchConsumer addFirst = (index, found) -> sum += found.getLong(0);
    private int turn;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        state = openStore().longBytesState("bench");
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        value = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
        for (int i = 0; i < entryCount; i++) {
            put(KeySpace.keyOf(i));
        }
        sequence = new KeySequence(entryCount, keys);
        filled();
    }

    @Override
    void verify() {
        check("size", state.size(), entryCount);
    }

    private void put(final long key) {
        state.put(key, poolBuffer, pool.offsetOf(turn++), valueLength);
    }

    private int found(final int length) {
        check(length == valueLength);
        return length;
    }

    /** Copies the value out. */
    @Benchmark
    public int get() {
        return found(state.get(sequence.nextPresent(), value, 0));
    }

    @Benchmark
    public int getMiss() {
        final int length = state.get(sequence.nextAbsent(), value, 0);
        check(length == LongBytesState.NOT_FOUND);
        return length;
    }

    /** Reads the value's first byte where it lies. */
    @Benchmark
    public byte wrap() {
        check(state.wrap(sequence.nextPresent(), view));
        return view.getByte(0);
    }

    /** Reads the first eight bytes of values where they lie, several keys at once: divide by the keys of a batch. */
    @Benchmark
    public int getAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            batch[i] = sequence.nextPresent();
        }
        final int count = state.getAll(batch, 0, BATCH_COUNT, addFirst);
        check(count == BATCH_COUNT);
        return count;
    }

    @Benchmark
    public void putOverwrite() {
        put(sequence.nextPresent());
    }

    /** Adds to the first eight bytes through an updater. */
    @Benchmark
    public boolean update() {
        final boolean present = state.update(sequence.nextPresent(), INCREMENT);
        check(present);
        return present;
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        final boolean removed = state.remove(sequence.nextOldest());
        check(removed);
        put(sequence.nextFresh());
        return removed;
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public int mixed50() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites50()) {
            put(key);
            return valueLength;
        }
        return found(state.get(key, value, 0));
    }

    /** One write in twenty. */
    @Benchmark
    public int mixed95() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites95()) {
            put(key);
            return valueLength;
        }
        return found(state.get(key, value, 0));
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        sum = 0;
        state.forEach((key, found) -> sum += found.getLong(0));
        return sum;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.LongLongState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** Every operation of {@link LongLongState}: long keys, long values, one thread. */
public class LongLongStateBenchmark extends StoreBenchmark {
    private static final long MISSING = Long.MIN_VALUE;
    private static final int PERIOD_95 = 20;
    private static final int BATCH_COUNT = 32;

    /** Entries: in cache, and in memory; add 20000000 for more than the processor's page tables reach. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param({"uniform", "zipf"})
    public String keys;

    /** Where the pages are. */
    @Param("AUTO")
    public String liveMemory;

    private LongLongState state;
    private KeySequence sequence;
    private final long[] batchKeys = new long[BATCH_COUNT];
    private final long[] batchValues = new long[BATCH_COUNT];
    private long sum;
    private int turn;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        state = openStore(liveMemory).longLongState("bench");
        for (int i = 0; i < entryCount; i++) {
            state.put(KeySpace.keyOf(i), i);
        }
        sequence = new KeySequence(entryCount, keys);
    }

    @Benchmark
    public long get() {
        return state.get(sequence.nextPresent(), MISSING);
    }

    /** Several keys at once: divide by the keys of a batch. */
    @Benchmark
    public long getAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            batchKeys[i] = sequence.nextPresent();
        }
        state.getAll(batchKeys, 0, BATCH_COUNT, batchValues, MISSING);
        return batchValues[BATCH_COUNT - 1];
    }

    @Benchmark
    public long getMiss() {
        return state.get(sequence.nextAbsent(), MISSING);
    }

    @Benchmark
    public boolean containsKey() {
        return state.containsKey(sequence.nextPresent());
    }

    @Benchmark
    public void putOverwrite() {
        state.put(sequence.nextPresent(), turn++);
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        final boolean removed = state.remove(sequence.nextOldest());
        state.put(sequence.nextFresh(), turn++);
        return removed;
    }

    @Benchmark
    public long addAndGet() {
        return state.addAndGet(sequence.nextPresent(), 1);
    }

    @Benchmark
    public long getAndAdd() {
        return state.getAndAdd(sequence.nextPresent(), 1);
    }

    @Benchmark
    public boolean compareAndSet() {
        final long key = sequence.nextPresent();
        return state.compareAndSet(key, turn, turn);
    }

    @Benchmark
    public long putIfAbsent() {
        return state.putIfAbsent(sequence.nextPresent(), 1, MISSING);
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public long mixed50() {
        final long key = sequence.nextPresent();
        if ((turn++ & 1) == 0) {
            state.put(key, turn);
            return key;
        }
        return state.get(key, MISSING);
    }

    /** One write in twenty. */
    @Benchmark
    public long mixed95() {
        final long key = sequence.nextPresent();
        if (turn++ % PERIOD_95 == 0) {
            state.put(key, turn);
            return key;
        }
        return state.get(key, MISSING);
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        sum = 0;
        state.forEach((key, value) -> sum += value);
        return sum;
    }

    /** Only what the benchmarks above do beside the operation: picking a key. */
    @Benchmark
    public void pickKey(final Blackhole blackhole) {
        blackhole.consume(sequence.nextPresent());
    }
}

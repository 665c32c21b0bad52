/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.LongDoubleState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every operation of {@link LongDoubleState}: long keys, double values, one thread. */
public class LongDoubleStateBenchmark extends StoreBenchmark {
    private static final double MISSING = -1;

    /** Entries: in cache, in memory, and more than caches and the processor's page tables reach. */
    @Param({"10000", "1000000", "20000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param({"uniform", "zipf"})
    public String keys;

    private KeySequence sequence;
    private LongDoubleState state;
    private double sum;
    private long added;
    private int turn;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        state = openStore().longDoubleState("bench");
        for (int i = 0; i < entryCount; i++) {
            state.put(KeySpace.keyOf(i), i);
        }
        sequence = new KeySequence(entryCount, keys);
        filled();
    }

    /** All values are whole numbers below 2^53, so their sum is exact. */
    @Override
    void verify() {
        check("size", state.size(), entryCount);
        if (added > 0) {
            check("sum", (long) scanAll(), (long) entryCount * (entryCount - 1) / 2 + added);
        }
    }

    private static double found(final double value) {
        check(value != MISSING);
        return value;
    }

    @Benchmark
    public double get() {
        return found(state.get(sequence.nextPresent(), MISSING));
    }

    @Benchmark
    public double getMiss() {
        final double value = state.get(sequence.nextAbsent(), MISSING);
        check(value == MISSING);
        return value;
    }

    @Benchmark
    public boolean containsKey() {
        final boolean present = state.containsKey(sequence.nextPresent());
        check(present);
        return present;
    }

    @Benchmark
    public void putOverwrite() {
        state.put(sequence.nextPresent(), turn++ & Integer.MAX_VALUE);
    }

    @Benchmark
    public double addAndGet() {
        added++;
        return state.addAndGet(sequence.nextPresent(), 1);
    }

    /** Finds the value it expects, and writes it again. */
    @Benchmark
    public boolean compareAndSet() {
        final int number = (turn++ & Integer.MAX_VALUE) % entryCount;
        final boolean set = state.compareAndSet(KeySpace.keyOf(number), number, number);
        check(set);
        return set;
    }

    @Benchmark
    public double putIfAbsent() {
        return found(state.putIfAbsent(sequence.nextPresent(), 1, MISSING));
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        final boolean removed = state.remove(sequence.nextOldest());
        check(removed);
        state.put(sequence.nextFresh(), turn++ & Integer.MAX_VALUE);
        return removed;
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public double mixed50() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites50()) {
            state.put(key, turn++ & Integer.MAX_VALUE);
            return 0;
        }
        return found(state.get(key, MISSING));
    }

    /** One write in twenty. */
    @Benchmark
    public double mixed95() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites95()) {
            state.put(key, turn++ & Integer.MAX_VALUE);
            return 0;
        }
        return found(state.get(key, MISSING));
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public double scanAll() {
        sum = 0;
        state.forEach((key, value) -> sum += value);
        return sum;
    }
}

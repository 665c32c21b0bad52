/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** Every operation of {@link LongLongState}: long keys, long values, one thread. */
public class LongLongStateBenchmark extends StoreBenchmark {
    private static final long MISSING = Long.MIN_VALUE;
    private static final int BATCH_COUNT = 32;

    /** Entries: in cache, in memory, and more than caches and the processor's page tables reach. */
    @Param({"10000", "1000000", "20000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param({"uniform", "zipf"})
    public String keys;

    private LongLongState state;
    private LongLongStateReader reader;
    private KeySequence sequence;
    private final long[] batchKeys = new long[BATCH_COUNT];
    private final long[] batchValues = new long[BATCH_COUNT];
    private long sum;
    private int turn;
    private long added;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        state = store.longLongState("bench");
        reader = store.reader().longLongState("bench");
        for (int i = 0; i < entryCount; i++) {
            state.put(KeySpace.keyOf(i), i);
        }
        sequence = new KeySequence(entryCount, keys);
        filled();
    }

    /** All operations leave the number of entries as it was, and adding changes their sum by what was added. */
    @Override
    void verify() {
        check("size", state.size(), entryCount);
        if (added > 0) {
            check("sum", scanAll(), (long) entryCount * (entryCount - 1) / 2 + added);
        }
    }

    private long found(final long value) {
        check(value != MISSING);
        return value;
    }

    @Benchmark
    public long get() {
        return found(state.get(sequence.nextPresent(), MISSING));
    }

    /** The same through a reader, which checks that nothing has changed meanwhile. */
    @Benchmark
    public long readerGet() {
        return found(reader.get(sequence.nextPresent(), MISSING));
    }

    /** Several keys at once: divide by the keys of a batch. */
    @Benchmark
    public long getAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            batchKeys[i] = sequence.nextPresent();
        }
        state.getAll(batchKeys, 0, BATCH_COUNT, batchValues, MISSING);
        return found(batchValues[0]) + found(batchValues[BATCH_COUNT - 1]);
    }

    @Benchmark
    public long getMiss() {
        final long value = state.get(sequence.nextAbsent(), MISSING);
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
        state.put(sequence.nextPresent(), turn++);
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        final boolean removed = state.remove(sequence.nextOldest());
        check(removed);
        state.put(sequence.nextFresh(), turn++);
        return removed;
    }

    @Benchmark
    public long addAndGet() {
        added++;
        return state.addAndGet(sequence.nextPresent(), 1);
    }

    @Benchmark
    public long getAndAdd() {
        added++;
        return state.getAndAdd(sequence.nextPresent(), 1);
    }

    /** Finds the value it expects, and writes it again. */
    @Benchmark
    public boolean compareAndSet() {
        final long number = (turn++ & Integer.MAX_VALUE) % entryCount;
        final boolean set = state.compareAndSet(KeySpace.keyOf(number), number, number);
        check(set);
        return set;
    }

    /** Finds another value than it expects. */
    @Benchmark
    public boolean compareAndSetOther() {
        final boolean set = state.compareAndSet(sequence.nextPresent(), -1, 0);
        check(!set);
        return set;
    }

    @Benchmark
    public long putIfAbsent() {
        return found(state.putIfAbsent(sequence.nextPresent(), 1, MISSING));
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public long mixed50() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites50()) {
            state.put(key, turn++);
            return key;
        }
        return found(state.get(key, MISSING));
    }

    /** One write in twenty. */
    @Benchmark
    public long mixed95() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites95()) {
            state.put(key, turn++);
            return key;
        }
        return found(state.get(key, MISSING));
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

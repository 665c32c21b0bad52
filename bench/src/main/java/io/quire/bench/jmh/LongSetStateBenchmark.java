/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.LongSetState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every operation of {@link LongSetState}: long keys, one thread. */
public class LongSetStateBenchmark extends StoreBenchmark {
    /** Entries: in cache, in memory, and more than caches and the processor's page tables reach. */
    @Param({"10000", "1000000", "20000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param({"uniform", "zipf"})
    public String keys;

    private KeySequence sequence;
    private LongSetState state;
    private long count;

    /** Fills the set. */
    @Setup(Level.Trial)
    public void fill() {
        state = openStore().longSetState("bench");
        for (int i = 0; i < entryCount; i++) {
            state.add(KeySpace.keyOf(i));
        }
        sequence = new KeySequence(entryCount, keys);
        filled();
    }

    @Override
    void verify() {
        check("size", state.size(), entryCount);
    }

    @Benchmark
    public boolean contains() {
        final boolean present = state.contains(sequence.nextPresent());
        check(present);
        return present;
    }

    @Benchmark
    public boolean containsMiss() {
        final boolean present = state.contains(sequence.nextAbsent());
        check(!present);
        return present;
    }

    @Benchmark
    public boolean addPresent() {
        final boolean absent = state.add(sequence.nextPresent());
        check(!absent);
        return absent;
    }

    /** Adds a new key and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeAdd() {
        final boolean done = state.remove(sequence.nextOldest()) & state.add(sequence.nextFresh());
        check(done);
        return done;
    }

    /** Half looks, half removals of a key that is added again at once. */
    @Benchmark
    public boolean mixed50() {
        return sequence.nextWrites50() ? removeAndAddAgain() : contains();
    }

    /** One removal with its addition in twenty. */
    @Benchmark
    public boolean mixed95() {
        return sequence.nextWrites95() ? removeAndAddAgain() : contains();
    }

    private boolean removeAndAddAgain() {
        final long key = sequence.nextPresent();
        final boolean done = state.remove(key) & state.add(key);
        check(done);
        return done;
    }

    /** The whole set once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        count = 0;
        state.forEach(key -> count++);
        check(count == entryCount);
        return count;
    }
}

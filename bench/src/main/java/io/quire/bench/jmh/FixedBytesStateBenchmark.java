/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BatchConsumer;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.ValueUpdater;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every operation of {@link FixedBytesState}: keys and values of one length each, inline, one thread. */
public class FixedBytesStateBenchmark extends StoreBenchmark {
    private static final ValueUpdater INCREMENT = value -> value.putLong(0, value.getLong(0) + 1);
    private static final int BATCH_COUNT = 32;

    /** Entries: in cache, and in memory; add 20000000 for more than the processor's page tables reach. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param("uniform")
    public String keys;

    /** Bytes of a key, a multiple of 8. */
    @Param({"8", "16", "64"})
    public int keyLength;

    /** Bytes of a value. */
    @Param({"8", "100", "256"})
    public int valueLength;

    private KeySequence sequence;
    private FixedBytesState state;
    private FixedBytesStateReader reader;
    private UnsafeBuffer batchKeys;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private UnsafeBuffer value;
    private long sum;
    private final BatchConsumer summing = (index, found) -> sum += found.getByte(0);
    private int turn;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        state = store.fixedBytesState("bench", keyLength, valueLength);
        reader = store.reader().fixedBytesState("bench", keyLength, valueLength);
        batchKeys = new UnsafeBuffer(ByteBuffer.allocateDirect(BATCH_COUNT * keyLength));
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        key = new UnsafeBuffer(ByteBuffer.allocateDirect(keyLength));
        value = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
        for (int i = 0; i < entryCount; i++) {
            set(KeySpace.keyOf(i));
            put();
        }
        sequence = new KeySequence(entryCount, keys);
        filled();
    }

    @Override
    void verify() {
        check("size", state.size(), entryCount);
    }

    private static boolean found(final boolean present) {
        check(present);
        return present;
    }

    private void set(final long keyLong) {
        final long pointer = key.addressOffset();
        for (int i = 0; i < keyLength; i += Long.BYTES) {
            RawMemory.putLong(pointer + i, KeyBytes.word(keyLong, i / Long.BYTES));
        }
    }

    private void put() {
        state.put(key, 0, poolBuffer, pool.offsetOf(turn++));
    }

    /** Copies the value out. */
    @Benchmark
    public boolean get() {
        set(sequence.nextPresent());
        return found(state.get(key, 0, value, 0));
    }

    /** The same through a reader, which checks that nothing has changed meanwhile. */
    @Benchmark
    public boolean readerGet() {
        set(sequence.nextPresent());
        return found(reader.get(key, 0, value, 0));
    }

    /** Several keys at once, the first byte of each value: divide by the keys of a batch. */
    @Benchmark
    public int getAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            set(sequence.nextPresent());
            batchKeys.putBytes(i * keyLength, key, 0, keyLength);
        }
        final int count = state.getAll(batchKeys, 0, BATCH_COUNT, summing);
        check(count == BATCH_COUNT);
        return count;
    }

    @Benchmark
    public boolean getMiss() {
        set(sequence.nextAbsent());
        final boolean present = state.get(key, 0, value, 0);
        check(!present);
        return present;
    }

    @Benchmark
    public boolean containsKey() {
        set(sequence.nextPresent());
        return found(state.containsKey(key, 0));
    }

    @Benchmark
    public void putOverwrite() {
        set(sequence.nextPresent());
        put();
    }

    /** Adds to an eight-byte field of the value in place. */
    @Benchmark
    public long addAndGet() {
        set(sequence.nextPresent());
        return state.addAndGet(key, 0, 0, 1);
    }

    /** Adds to the first eight bytes through an updater. */
    @Benchmark
    public boolean update() {
        set(sequence.nextPresent());
        return found(state.update(key, 0, INCREMENT));
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        set(sequence.nextOldest());
        final boolean removed = found(state.remove(key, 0));
        set(sequence.nextFresh());
        put();
        return removed;
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public boolean mixed50() {
        set(sequence.nextPresent());
        if (sequence.nextWrites50()) {
            put();
            return true;
        }
        return found(state.get(key, 0, value, 0));
    }

    /** One write in twenty. */
    @Benchmark
    public boolean mixed95() {
        set(sequence.nextPresent());
        if (sequence.nextWrites95()) {
            put();
            return true;
        }
        return found(state.get(key, 0, value, 0));
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        sum = 0;
        state.forEach((entryKey, entryValue) -> sum += entryValue.getLong(0));
        return sum;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BatchConsumer;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.ValueUpdater;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every operation of {@link BytesState}: byte keys, byte values, one thread. */
public class BytesStateBenchmark extends StoreBenchmark {
    private static final ValueUpdater INCREMENT = value -> value.putLong(0, value.getLong(0) + 1);
    private static final int BATCH_COUNT = 32;

    /** Entries: in cache, and in memory; add 20000000 for more than the processor's page tables reach. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Bytes of a key, a multiple of 8. */
    @Param({"8", "32"})
    public int keyLength;

    /** Bytes of a value. */
    @Param({"8", "100", "1000"})
    public int valueLength;

    /** Which keys are used how often. */
    @Param("uniform")
    public String keys;

    private final int[] batchOffsets = new int[BATCH_COUNT + 1];
    private BytesState state;
    private BytesState counters;
    private BytesStateReader reader;
    private UnsafeBuffer batchKeys;
    private KeySequence sequence;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private UnsafeBuffer value;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private long sum;
    private final BatchConsumer summing = (index, found) -> sum += found.getByte(0);
    private int turn;
    private long added;

    /** Fills the tables. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        state = store.bytesState("bench");
        counters = store.bytesState("counters");
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        key = new UnsafeBuffer(ByteBuffer.allocateDirect(keyLength));
        value = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
        for (int i = 0; i < entryCount; i++) {
            set(KeySpace.keyOf(i));
            state.put(key, 0, keyLength, poolBuffer, pool.offsetOf(i), valueLength);
            counters.addAndGet(key, 0, keyLength, i);
        }
        sequence = new KeySequence(entryCount, keys);
        reader = store.reader().bytesState("bench");
        batchKeys = new UnsafeBuffer(ByteBuffer.allocateDirect(BATCH_COUNT * keyLength));
        for (int i = 0; i <= BATCH_COUNT; i++) {
            batchOffsets[i] = i * keyLength;
        }
        filled();
    }

    @Override
    void verify() {
        check("size", state.size(), entryCount);
        check("counters", counters.size(), entryCount);
        sum = 0;
        counters.forEach((entryKey, entryValue) -> sum += entryValue.getLong(0));
        check("sum of counters", sum, (long) entryCount * (entryCount - 1) / 2 + added);
    }

    private int found(final int length) {
        check(length == valueLength);
        return length;
    }

    private void set(final long keyLong) {
        final long pointer = key.addressOffset();
        for (int i = 0; i < keyLength; i += Long.BYTES) {
            RawMemory.putLong(pointer + i, KeyBytes.word(keyLong, i / Long.BYTES));
        }
    }

    private void put() {
        state.put(key, 0, keyLength, poolBuffer, pool.offsetOf(turn++), valueLength);
    }

    /** Copies the value out. */
    @Benchmark
    public int get() {
        set(sequence.nextPresent());
        return found(state.get(key, 0, keyLength, value, 0));
    }

    /** The same through a reader, which checks that nothing has changed meanwhile. */
    @Benchmark
    public int readerGet() {
        set(sequence.nextPresent());
        return found(reader.get(key, 0, keyLength, value, 0));
    }

    /** Several keys at once, the first byte of each value: divide by the keys of a batch. */
    @Benchmark
    public int getAllOf32() {
        for (int i = 0; i < BATCH_COUNT; i++) {
            set(sequence.nextPresent());
            batchKeys.putBytes(i * keyLength, key, 0, keyLength);
        }
        final int count = state.getAll(batchKeys, batchOffsets, 0, BATCH_COUNT, summing);
        check(count == BATCH_COUNT);
        return count;
    }

    @Benchmark
    public int getMiss() {
        set(sequence.nextAbsent());
        final int length = state.get(key, 0, keyLength, value, 0);
        check(length == BytesState.NOT_FOUND);
        return length;
    }

    /** Reads the value's first byte where it lies. */
    @Benchmark
    public byte wrap() {
        set(sequence.nextPresent());
        check(state.wrap(key, 0, keyLength, view));
        return view.getByte(0);
    }

    @Benchmark
    public boolean containsKey() {
        set(sequence.nextPresent());
        final boolean present = state.containsKey(key, 0, keyLength);
        check(present);
        return present;
    }

    @Benchmark
    public void putOverwrite() {
        set(sequence.nextPresent());
        put();
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean removeInsert() {
        set(sequence.nextOldest());
        final boolean removed = state.remove(key, 0, keyLength);
        check(removed);
        set(sequence.nextFresh());
        put();
        return removed;
    }

    /** Adds to an eight-byte value in place, whatever the value length. */
    @Benchmark
    public long addAndGet() {
        set(sequence.nextPresent());
        added++;
        return counters.addAndGet(key, 0, keyLength, 1);
    }

    /** Adds to the last eight bytes of a value in place. */
    @Benchmark
    public long addAndGetField() {
        set(sequence.nextPresent());
        return state.addAndGet(key, 0, keyLength, valueLength - Long.BYTES, 1);
    }

    /** Adds to the first eight bytes of a value through an updater. */
    @Benchmark
    public boolean update() {
        set(sequence.nextPresent());
        final boolean present = state.update(key, 0, keyLength, INCREMENT);
        check(present);
        return present;
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public int mixed50() {
        set(sequence.nextPresent());
        if (sequence.nextWrites50()) {
            put();
            return turn;
        }
        return found(state.get(key, 0, keyLength, value, 0));
    }

    /** One write in twenty. */
    @Benchmark
    public int mixed95() {
        set(sequence.nextPresent());
        if (sequence.nextWrites95()) {
            put();
            return turn;
        }
        return found(state.get(key, 0, keyLength, value, 0));
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        sum = 0;
        state.forEach((entryKey, entryValue) -> sum += entryValue.getLong(0));
        return sum;
    }
}

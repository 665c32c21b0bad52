/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.CheckpointPhase;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * What the change log adds to an update while the log agent keeps up: bursts that fit into less than a quarter of the
 * ring, each begun once all records of the one before are in the log's files. So nothing of it is waiting for room,
 * which is checked: a trial in which the ring was full fails. Compare {@code -p durability=NONE,PROCESS}: both pause
 * alike between bursts, and both take a checkpoint before each iteration, so that the log does not grow for ever.
 */
public class LogBurstBenchmark extends StoreBenchmark {
    private static final int BURST = 20_000; // records of a burst of values of 100 bytes take 3 MB of 16
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2); // the agent waits 1 ms for more
    private static final int SPINS_PER_LOOK = 1_000;

    /** Entries: in cache, and in memory. */
    @Param({"20000", "1000000"})
    public int entryCount;

    /** Which keys are used how often. */
    @Param("uniform")
    public String keys;

    /** Bytes of a byte value. */
    @Param("100")
    public int valueLength;

    private DurableStateStore store;
    private LongLongState longs;
    private BytesState bytes;
    private KeySequence sequence;
    private ValuePool pool;
    private UnsafeBuffer poolBuffer;
    private UnsafeBuffer key;
    private int turn;
    private long added;
    private long stallCount;

    /** Fills the tables. */
    @Setup(Level.Trial)
    public void fill() {
        store = openStore();
        longs = store.longLongState("longs");
        bytes = store.bytesState("bytes");
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
        for (int i = 0; i < entryCount; i++) {
            longs.put(KeySpace.keyOf(i), i);
            key.putLong(0, KeySpace.keyOf(i));
            bytes.put(key, 0, Long.BYTES, poolBuffer, pool.offsetOf(i), valueLength);
        }
        sequence = new KeySequence(entryCount, keys);
        stallCount = store.status().log().stallCount();
        filled();
    }

    /** Has the log's files deleted, as far as they can be. */
    @Setup(Level.Iteration)
    public void checkpoint() {
        store.checkpoint().join();
        while (store.status().checkpoints().phase() != CheckpointPhase.REST) {
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Waits until the log agent has carried everything, without giving the core away. */
    @Setup(Level.Invocation)
    public void pause() {
        final long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < PAUSE_NS || ringUsedLength() > 0) {
            for (int i = 0; i < SPINS_PER_LOOK; i++) {
                Thread.onSpinWait();
            }
        }
    }

    /** Bytes of records that the log agent has still to carry. */
    long ringUsedLength() {
        return store.status().log().ringUsedLength();
    }

    @Override
    void verify() {
        check("longs", longs.size(), entryCount);
        check("bytes", bytes.size(), entryCount);
        check("waits for room in the ring", store.status().log().stallCount(), stallCount);
        if (added > 0) {
            check("sum", sum(), (long) entryCount * (entryCount - 1) / 2 + added);
        }
    }

    private long sum() {
        final long[] sum = {0};
        longs.forEach((entryKey, value) -> sum[0] += value);
        return sum[0];
    }

    private UnsafeBuffer nextKey() {
        key.putLong(0, sequence.nextPresent());
        return key;
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public void putLong() {
        for (int i = 0; i < BURST; i++) {
            longs.put(sequence.nextPresent(), turn++);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public long addAndGetLong() {
        long last = 0;
        for (int i = 0; i < BURST; i++) {
            last += longs.addAndGet(sequence.nextPresent(), 1);
        }
        added += BURST;
        return last;
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public void putBytes() {
        for (int i = 0; i < BURST; i++) {
            bytes.put(nextKey(), 0, Long.BYTES, poolBuffer, pool.offsetOf(turn++), valueLength);
        }
    }

    /** Adds to the first eight bytes of a value. */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public long addAndGetBytes() {
        long last = 0;
        for (int i = 0; i < BURST; i++) {
            last += bytes.addAndGet(nextKey(), 0, Long.BYTES, 0, 1);
        }
        return last;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * {@link ValueState}, {@link LongLongState} and {@link BytesState} of long keys and long values with a time to live,
 * beside ones without: what a timestamp, the clock and looking for what has expired cost. Keys uniform.
 */
public class TimeToLiveBenchmark extends StoreBenchmark {
    private static final long LONG_MS = 600_000;

    /** Entries. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** When the time starts anew; of {@code DISABLED} the state never has a time to live. */
    @Param({"DISABLED", "ON_CREATE", "ON_CREATE_AND_WRITE", "ON_READ_AND_WRITE"})
    public UpdateType update;

    /** Milliseconds: longer than the run, so that nothing expires; with {@code -p timeToLiveMs=200} most does. */
    @Param("3600000")
    public long timeToLiveMs;

    private KeySequence sequence;
    private ValueState<Long, Long> values;
    private LongLongState longs;
    private BytesState bytes;
    private final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private long turn;

    /** Fills the states. */
    @Setup(Level.Trial)
    public void fill() {
        final TimeToLive timeToLive = timeToLive();
        final boolean expires = update != UpdateType.DISABLED;
        final TypedStateDescriptor<Long, ValueState<Long, Long>> descriptor =
                TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG);
        final DurableStateStore store = openStore();
        values = store.state(expires ? descriptor.withTimeToLive(timeToLive) : descriptor);
        longs = expires ? store.longLongState("longs", timeToLive) : store.longLongState("longs");
        bytes = expires ? store.bytesState("bytes", timeToLive) : store.bytesState("bytes");
        for (int i = 0; i < entryCount; i++) {
            values.put(KeySpace.keyOf(i), (long) i);
            longs.put(KeySpace.keyOf(i), i);
            key.putLong(0, KeySpace.keyOf(i));
            value.putLong(0, i);
            bytes.put(key, 0, Long.BYTES, value, 0, Long.BYTES);
        }
        sequence = new KeySequence(entryCount, "uniform");
        filled();
    }

    private TimeToLive timeToLive() {
        final TimeToLive lifetime = TimeToLive.of(Duration.ofMillis(timeToLiveMs));
        return update == UpdateType.DISABLED ? lifetime : lifetime.updatedBy(update);
    }

    @Override
    void verify() {
        if (nothingExpires()) {
            check("size", values.size(), entryCount);
            check("longs", longs.size(), entryCount);
            check("bytes", bytes.size(), entryCount);
        }
    }

    private boolean nothingExpires() {
        return update == UpdateType.DISABLED || timeToLiveMs >= LONG_MS;
    }

    /** {@return null for what has expired} */
    @Benchmark
    public Long get() {
        final Long value = values.get(sequence.nextPresent());
        check(value != null || !nothingExpires());
        return value;
    }

    /** Overwrites a value, or puts it anew where it has expired. */
    @Benchmark
    public void put() {
        values.put(sequence.nextPresent(), turn++);
    }

    /** {@return a value, or -1 for what has expired} */
    @Benchmark
    public long getLong() {
        final long found = longs.get(sequence.nextPresent(), -1);
        check(found >= 0 || !nothingExpires());
        return found;
    }

    /** As {@link #put}. */
    @Benchmark
    public void putLong() {
        longs.put(sequence.nextPresent(), turn++);
    }

    /** {@return the length of a value that is copied out; of what has expired the one that says so} */
    @Benchmark
    public int getBytes() {
        key.putLong(0, sequence.nextPresent());
        final int length = bytes.get(key, 0, Long.BYTES, value, 0);
        check(length == Long.BYTES || !nothingExpires());
        return length;
    }

    /** As {@link #put}. */
    @Benchmark
    public void putBytes() {
        key.putLong(0, sequence.nextPresent());
        value.putLong(0, turn++);
        bytes.put(key, 0, Long.BYTES, value, 0, Long.BYTES);
    }
}

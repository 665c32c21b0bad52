/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long a state that exists stands still when it gets its first time to live, for which its entries are copied,
 * beside putting the same entries into one that was created with it. Keys and values of 8 bytes; a new store each time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(3)
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class FirstTimeToLiveBenchmark {
    private static final TimeToLive HOUR = TimeToLive.of(Duration.ofHours(1));

    /** Kinds of states that are copied. */
    public enum Kind {
        /** {@link LongLongState}. */
        LONGS,
        /** {@link BytesState}. */
        BYTES,
        /** {@link ValueState} of {@link Codecs#BYTES}. */
        VALUES
    }

    /** Entries. */
    @Param({"1000000", "5000000"})
    public int entryCount;

    /** Which state. */
    @Param
    public Kind kind;

    /** When a write is acknowledged. */
    @Param("NONE")
    public String durability;

    private StoreFixture fixture;
    private final byte[] typedValue = new byte[Long.BYTES];
    private final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private final UnsafeBuffer value = new UnsafeBuffer(typedValue);

    /** Fills a state without a time to live. */
    @Setup(Level.Iteration)
    public void fill() {
        fixture = new StoreFixture(durability, "AUTO");
        put("plain", null);
    }

    private void put(final String name, final TimeToLive ttl) {
        final DurableStateStore store = fixture.store();
        switch (kind) {
            case LONGS -> {
                final LongLongState longs = ttl == null ? store.longLongState(name) : store.longLongState(name, ttl);
                for (int i = 0; i < entryCount; i++) {
                    longs.put(KeySpace.keyOf(i), i);
                }
            }
            case BYTES -> {
                final BytesState bytes = ttl == null ? store.bytesState(name) : store.bytesState(name, ttl);
                for (int i = 0; i < entryCount; i++) {
                    key.putLong(0, KeySpace.keyOf(i));
                    value.putLong(0, i);
                    bytes.put(key, 0, Long.BYTES, value, 0, Long.BYTES);
                }
            }
            default -> {
                final ValueState<Long, byte[]> values = values(name, ttl);
                for (int i = 0; i < entryCount; i++) {
                    value.putLong(0, i);
                    values.put(KeySpace.keyOf(i), typedValue);
                }
            }
        }
    }

    private ValueState<Long, byte[]> values(final String name, final TimeToLive ttl) {
        final TypedStateDescriptor<Long, ValueState<Long, byte[]>> descriptor =
                TypedStateDescriptor.value(name, Codecs.LONG, Codecs.BYTES);
        return fixture.store().state(ttl == null ? descriptor : descriptor.withTimeToLive(ttl));
    }

    /** {@return entries of the copy} */
    @Benchmark
    public long copy() {
        final DurableStateStore store = fixture.store();
        return checked(
                switch (kind) {
                    case LONGS -> store.longLongState("plain", HOUR).size();
                    case BYTES -> store.bytesState("plain", HOUR).size();
                    case VALUES -> values("plain", HOUR).size();
                });
    }

    /** {@return entries of another state with a time to live, to which they are put} */
    @Benchmark
    public long putAll() {
        put("other", HOUR);
        final DurableStateStore store = fixture.store();
        return checked(
                switch (kind) {
                    case LONGS -> store.longLongState("other").size();
                    case BYTES -> store.bytesState("other").size();
                    case VALUES -> values("other", null).size();
                });
    }

    private long checked(final long size) {
        if (size != entryCount) {
            throw new IllegalStateException("entries: found=" + size + " expected=" + entryCount);
        }
        return size;
    }

    /** Closes the store. */
    @TearDown(Level.Iteration)
    public void close() {
        fixture.close();
    }
}

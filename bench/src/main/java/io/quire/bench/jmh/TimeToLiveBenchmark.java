/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * {@link ValueState} of long keys and long values with a time to live, beside one without: what a timestamp, the clock
 * and looking for what has expired cost. Keys uniform.
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
    private long turn;

    /** Fills the state. */
    @Setup(Level.Trial)
    public void fill() {
        final TypedStateDescriptor<Long, ValueState<Long, Long>> descriptor =
                TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG);
        values = openStore()
                .state(
                        update == UpdateType.DISABLED
                                ? descriptor
                                : descriptor.withTimeToLive(TimeToLive.of(Duration.ofMillis(timeToLiveMs))
                                        .updatedBy(update)));
        for (int i = 0; i < entryCount; i++) {
            values.put(KeySpace.keyOf(i), (long) i);
        }
        sequence = new KeySequence(entryCount, "uniform");
        filled();
    }

    @Override
    void verify() {
        if (nothingExpires()) {
            check("size", values.size(), entryCount);
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
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.concurrent.TimeUnit;
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

/** {@link ValueState} with codecs for long keys and byte-array or text values: what objects cost. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ValueStateBenchmark {
    /** Entries. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Bytes of a byte-array value and characters of a text. */
    @Param({"8", "100"})
    public int valueLength;

    /** When a write is acknowledged. */
    @Param("NONE")
    public String durability;

    private StoreFixture fixture;
    private ValueState<Long, byte[]> bytes;
    private ValueState<Long, String> texts;
    private KeySequence sequence;
    private byte[] bytesValue;
    private String text;

    /** Fills the tables. */
    @Setup(Level.Trial)
    public void fill() {
        fixture = new StoreFixture(durability, "AUTO");
        bytes = fixture.store().valueState("bytes", Codecs.LONG, Codecs.BYTES);
        texts = fixture.store().valueState("texts", Codecs.LONG, Codecs.STRING);
        bytesValue = new byte[valueLength];
        text = "x".repeat(valueLength);
        for (int i = 0; i < entryCount; i++) {
            bytes.put(KeySpace.keyOf(i), bytesValue);
            texts.put(KeySpace.keyOf(i), text);
        }
        sequence = new KeySequence(entryCount, "uniform");
    }

    /** Closes the store. */
    @TearDown(Level.Trial)
    public void close() {
        fixture.close();
    }

    @Benchmark
    public byte[] getBytes() {
        return bytes.get(sequence.nextPresent());
    }

    @Benchmark
    public void putBytes() {
        bytes.put(sequence.nextPresent(), bytesValue);
    }

    @Benchmark
    public String getText() {
        return texts.get(sequence.nextPresent());
    }

    @Benchmark
    public void putText() {
        texts.put(sequence.nextPresent(), text);
    }
}

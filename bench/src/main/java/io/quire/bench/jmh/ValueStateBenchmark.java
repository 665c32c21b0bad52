/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@link ValueState} with codecs for long keys and byte-array or text values: what objects cost. */
public class ValueStateBenchmark extends StoreBenchmark {
    /** Entries. */
    @Param({"10000", "1000000"})
    public int entryCount;

    /** Bytes of a byte-array value and characters of a text. */
    @Param({"8", "100"})
    public int valueLength;

    private ValueState<Long, byte[]> bytes;
    private ValueState<Long, String> texts;
    private KeySequence sequence;
    private byte[] bytesValue;
    private String text;

    /** Fills the tables. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        bytes = store.valueState("bytes", Codecs.LONG, Codecs.BYTES);
        texts = store.valueState("texts", Codecs.LONG, Codecs.STRING);
        bytesValue = new byte[valueLength];
        text = "x".repeat(valueLength);
        for (int i = 0; i < entryCount; i++) {
            bytes.put(KeySpace.keyOf(i), bytesValue);
            texts.put(KeySpace.keyOf(i), text);
        }
        sequence = new KeySequence(entryCount, "uniform");
        filled();
    }

    @Override
    void verify() {
        check("size", bytes.size(), entryCount);
        check("texts", texts.size(), entryCount);
    }

    @Benchmark
    public byte[] getBytes() {
        final byte[] value = bytes.get(sequence.nextPresent());
        check(value.length == valueLength);
        return value;
    }

    @Benchmark
    public void putBytes() {
        bytes.put(sequence.nextPresent(), bytesValue);
    }

    @Benchmark
    public String getText() {
        final String value = texts.get(sequence.nextPresent());
        check(value.length() == valueLength);
        return value;
    }

    @Benchmark
    public void putText() {
        texts.put(sequence.nextPresent(), text);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.BytesState;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** A {@code BytesState} whose user has keys and values in arrays; see {@link QuirePeer}. */
final class QuireArraysTable extends QuireTable {
    private final BytesState state;
    private final int keyLength;
    private final int valueLength;
    private final ValuePool pool;
    private final UnsafeBuffer poolBuffer;
    private final UnsafeBuffer keyBuffer;
    private final byte[] value;
    private final UnsafeBuffer valueBuffer;
    private long sum;

    QuireArraysTable(final QuireStore store, final TableShape shape) {
        this(store, store.store().bytesState("bench"), shape);
    }

    private QuireArraysTable(final QuireStore store, final BytesState state, final TableShape shape) {
        super(store, state);
        this.state = state;
        keyLength = shape.keyLength();
        valueLength = shape.valueLength();
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.array());
        keyBuffer = new UnsafeBuffer(new byte[keyLength]);
        value = new byte[valueLength];
        valueBuffer = new UnsafeBuffer(value);
    }

    private UnsafeBuffer keyOf(final long key) {
        for (int i = 0; i < keyLength; i += Long.BYTES) {
            keyBuffer.putLong(i, KeyBytes.word(key, i / Long.BYTES), ByteOrder.LITTLE_ENDIAN);
        }
        return keyBuffer;
    }

    @Override
    public long get(final long key) {
        return state.get(keyOf(key), 0, keyLength, valueBuffer, 0) == BytesState.NOT_FOUND
                ? MISSING
                : ValueDigest.ofArray(value, 0, valueLength);
    }

    @Override
    public void put(final long key, final long seed) {
        state.put(keyOf(key), 0, keyLength, poolBuffer, pool.offsetOf(seed), valueLength);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        return state.addAndGet(keyOf(key), 0, keyLength, 0, delta);
    }

    @Override
    public void remove(final long key) {
        state.remove(keyOf(key), 0, keyLength);
    }

    @Override
    public long scan() {
        sum = 0;
        state.forEach((key, each) -> {
            each.getBytes(0, value, 0, valueLength);
            sum += ValueDigest.ofArray(value, 0, valueLength);
        });
        return sum;
    }
}

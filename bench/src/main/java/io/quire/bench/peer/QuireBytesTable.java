/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.BytesState;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;

/** A {@code BytesState}; see {@link QuirePeer}. */
final class QuireBytesTable implements DurableTable {
    private final QuireStore store;
    private final BytesState state;
    private final int keyLength;
    private final int valueLength;
    private final ValuePool pool;
    private final UnsafeBuffer poolBuffer;
    private final UnsafeBuffer keyBuffer;
    private final UnsafeBuffer valueBuffer;
    private long sum;

    QuireBytesTable(final QuireStore store, final TableShape shape) {
        this.store = store;
        state = store.store().bytesState("bench");
        keyLength = shape.keyLength();
        valueLength = shape.valueLength();
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        keyBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(keyLength));
        valueBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
    }

    private UnsafeBuffer keyOf(final long key) {
        KeyBytes.write(key, keyBuffer.addressOffset(), keyLength);
        return keyBuffer;
    }

    @Override
    public long get(final long key) {
        return state.get(keyOf(key), 0, keyLength, valueBuffer, 0) == BytesState.NOT_FOUND
                ? MISSING
                : ValueDigest.ofNative(valueBuffer.addressOffset(), valueLength);
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
        state.forEach((key, value) -> sum += ValueDigest.ofNative(value.addressOffset(), value.capacity()));
        return sum;
    }

    @Override
    public long size() {
        return state.size();
    }

    @Override
    public long storedLength() {
        return state.statistics().allocatedLength();
    }

    @Override
    public void settle() {
        store.settle();
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        return store.checkpoint();
    }

    @Override
    public void close() {
        store.close();
    }
}

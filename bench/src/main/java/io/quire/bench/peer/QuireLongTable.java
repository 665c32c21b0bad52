/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.store.LongLongState;
import java.util.concurrent.CompletableFuture;

/** A {@code LongLongState}; see {@link QuirePeer}. */
final class QuireLongTable implements DurableTable {
    private final QuireStore store;
    private final LongLongState state;
    private long sum;

    QuireLongTable(final QuireStore store) {
        this.store = store;
        state = store.store().longLongState("bench");
    }

    @Override
    public long get(final long key) {
        return state.get(key, MISSING);
    }

    @Override
    public void put(final long key, final long seed) {
        state.put(key, seed);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        return state.addAndGet(key, delta);
    }

    @Override
    public void remove(final long key) {
        state.remove(key);
    }

    @Override
    public long scan() {
        sum = 0;
        state.forEach((key, value) -> sum += value);
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

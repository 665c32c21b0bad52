/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.store.LongLongState;

/** A {@code LongLongState}; see {@link QuirePeer}. */
final class QuireLongTable extends QuireTable {
    private final LongLongState state;
    private long sum;

    QuireLongTable(final QuireStore store) {
        this(store, store.store().longLongState("bench"));
    }

    private QuireLongTable(final QuireStore store, final LongLongState state) {
        super(store, state);
        this.state = state;
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
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.TableShape;
import io.quire.store.BytesConsumer;
import io.quire.store.FixedBytesState;

/** A {@code FixedBytesState}; see {@link QuirePeer}. */
final class QuireFixedTable extends QuireBuffersTable {
    private final FixedBytesState state;

    QuireFixedTable(final QuireStore store, final TableShape shape) {
        this(store, store.store().fixedBytesState("bench", shape.keyLength(), shape.valueLength()), shape);
    }

    private QuireFixedTable(final QuireStore store, final FixedBytesState state, final TableShape shape) {
        super(store, state, shape);
        this.state = state;
    }

    @Override
    public long get(final long key) {
        return state.get(keyOf(key), 0, valueBuffer, 0) ? valueDigest() : MISSING;
    }

    @Override
    public void put(final long key, final long seed) {
        state.put(keyOf(key), 0, poolBuffer, pool.offsetOf(seed));
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        return state.addAndGet(keyOf(key), 0, 0, delta);
    }

    @Override
    public void remove(final long key) {
        state.remove(keyOf(key), 0);
    }

    @Override
    void forEach(final BytesConsumer consumer) {
        state.forEach(consumer);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.TableShape;
import io.quire.store.BytesConsumer;
import io.quire.store.BytesState;

/** A {@code BytesState}; see {@link QuirePeer}. */
final class QuireBytesTable extends QuireBuffersTable {
    private final BytesState state;

    QuireBytesTable(final QuireStore store, final TableShape shape) {
        this(store, store.store().bytesState("bench"), shape);
    }

    private QuireBytesTable(final QuireStore store, final BytesState state, final TableShape shape) {
        super(store, state, shape);
        this.state = state;
    }

    @Override
    public long get(final long key) {
        return state.get(keyOf(key), 0, keyLength, valueBuffer, 0) == BytesState.NOT_FOUND ? MISSING : valueDigest();
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
    void forEach(final BytesConsumer consumer) {
        state.forEach(consumer);
    }
}

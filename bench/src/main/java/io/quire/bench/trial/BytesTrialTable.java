/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.table.ValuePool;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.StoreReader;
import io.quire.store.table.TableStatistics;

/** Entries of a {@link BytesState}. */
final class BytesTrialTable implements TrialTable {
    private final BytesState state;
    private final TrialBytes bytes;

    BytesTrialTable(final DurableStateStore store, final int lengthMin, final int lengthMax) {
        state = store.bytesState(STATE);
        bytes = new TrialBytes(new ValuePool(lengthMax), lengthMin, lengthMax);
    }

    @Override
    public void put(final long key) {
        state.put(bytes.keyOf(key), 0, Long.BYTES, bytes.pooled, bytes.offsetOf(key), bytes.lengthOf(key));
    }

    @Override
    public void remove(final long key) {
        state.remove(bytes.keyOf(key), 0, Long.BYTES);
    }

    @Override
    public boolean get(final long key) {
        return found(bytes, key, state.get(bytes.keyOf(key), 0, Long.BYTES, bytes.value, 0));
    }

    private static boolean found(final TrialBytes bytes, final long key, final int length) {
        if (length == BytesState.NOT_FOUND) {
            return false;
        }
        bytes.check(key, length);
        return true;
    }

    @Override
    public long size() {
        return state.size();
    }

    @Override
    public TableStatistics statistics() {
        return state.statistics();
    }

    @Override
    public void checkInvariants() {
        state.checkInvariants();
    }

    @Override
    public TrialLookup lookup(final StoreReader reader) {
        final BytesStateReader byteReader = reader.bytesState(STATE);
        final TrialBytes own = bytes.another();
        return key -> found(own, key, byteReader.get(own.keyOf(key), 0, Long.BYTES, own.value, 0));
    }
}

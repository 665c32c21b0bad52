/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.table.ValuePool;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.StoreReader;
import io.quire.store.table.TableStatistics;

/** Entries of a {@link FixedBytesState}. */
final class FixedTrialTable implements TrialTable {
    private final FixedBytesState state;
    private final TrialBytes bytes;
    private final int length;

    FixedTrialTable(final DurableStateStore store, final int length) {
        this.length = length;
        state = store.fixedBytesState(STATE, Long.BYTES, length);
        bytes = new TrialBytes(new ValuePool(length), length, length);
    }

    @Override
    public void put(final long key) {
        state.put(bytes.keyOf(key), 0, bytes.pooled, bytes.offsetOf(key));
    }

    @Override
    public void remove(final long key) {
        state.remove(bytes.keyOf(key), 0);
    }

    @Override
    public boolean get(final long key) {
        final boolean found = state.get(bytes.keyOf(key), 0, bytes.value, 0);
        if (found) {
            bytes.check(key, length);
        }
        return found;
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
        final FixedBytesStateReader fixed = reader.fixedBytesState(STATE, Long.BYTES, length);
        final TrialBytes own = bytes.another();
        return key -> {
            final boolean found = fixed.get(own.keyOf(key), 0, own.value, 0);
            if (found) {
                own.check(key, length);
            }
            return found;
        };
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.StoreReader;
import io.quire.store.table.TableStatistics;

/** Entries of a {@link LongLongState}; the value is the complement of the key. */
final class LongTrialTable implements TrialTable {
    private static final long MISSING = 0; // the value of key -1, which KeySpace does not give in 2^40 entries

    private final LongLongState state;

    LongTrialTable(final DurableStateStore store) {
        state = store.longLongState(STATE);
    }

    @Override
    public void put(final long key) {
        state.put(key, ~key);
    }

    @Override
    public void remove(final long key) {
        state.remove(key);
    }

    @Override
    public boolean get(final long key) {
        return found(key, state.get(key, MISSING));
    }

    private static boolean found(final long key, final long value) {
        if (value == MISSING) {
            return false;
        }
        if (value != ~key) {
            TrialLookup.throwWrong(key);
        }
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
        final LongLongStateReader longs = reader.longLongState(STATE);
        return key -> found(key, longs.get(key, MISSING));
    }
}

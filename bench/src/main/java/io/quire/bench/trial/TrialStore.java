/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.Durability;
import io.quire.store.StoreReader;

/**
 * A store with one table. Defaults but for durability {@code NONE} and checkpoints, which are not taken.
 *
 * <p>Threading: confined to one thread, but for {@link #reader}.
 */
final class TrialStore implements AutoCloseable {
    private final DurableStateStore store;
    private final TrialTable table;

    /** Opens the store; its threads get their cores by the pinning, if that is not null. */
    TrialStore(final ScratchDirectory scratch, final String name, final TableKind kind, final CorePinning pinning) {
        if (pinning != null) {
            pinning.release(); // or the store's threads would inherit the worker's own core
        }
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(scratch.empty(name))
                .durability(Durability.NONE)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
        table = kind.create(store);
        if (pinning != null) {
            pinning.apply();
        }
    }

    TrialTable table() {
        return table;
    }

    /** {@return bytes of memory behind the store, used or not} */
    long backedLength() {
        return store.status().liveMemoryBytes();
    }

    /** {@return a reader for another thread} */
    StoreReader reader() {
        return store.reader();
    }

    @Override
    public void close() {
        store.close();
    }
}

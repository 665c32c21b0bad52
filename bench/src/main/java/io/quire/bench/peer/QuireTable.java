/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.WriteAcknowledgements;
import io.quire.store.KeyedState;
import java.util.concurrent.CompletableFuture;

/** What Quire's tables have in common; see {@link QuirePeer}. */
abstract class QuireTable implements DurableTable {
    private final QuireStore store;
    private final KeyedState state;

    QuireTable(final QuireStore store, final KeyedState state) {
        this.store = store;
        this.state = state;
    }

    @Override
    public final long size() {
        return state.size();
    }

    @Override
    public final long storedLength() {
        return state.statistics().allocatedLength();
    }

    @Override
    public final void settle() {
        store.settle();
    }

    @Override
    public final void checkSettings() {
        store.checkSettings();
    }

    /** Changes that the subscriber was handed. */
    final long subscribedChangeCount() {
        return store.subscribedChangeCount();
    }

    @Override
    public final WriteAcknowledgements acknowledgements() {
        return store.acknowledgements();
    }

    @Override
    public final CompletableFuture<CheckpointCost> checkpoint() {
        return store.checkpoint();
    }

    @Override
    public final void close() {
        store.close();
    }
}

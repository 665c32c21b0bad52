/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.contestant.ScratchDirectory;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.nio.file.Path;

/**
 * A store in a directory of its own, deleted at the end.
 *
 * <p>Threading: confined to the benchmark's thread.
 */
final class StoreFixture implements AutoCloseable {
    private final ScratchDirectory directory = ScratchDirectory.in(Path.of(System.getProperty("java.io.tmpdir")));
    private final DurableStateStore store;
    private boolean filled;

    StoreFixture(final String durability, final String liveMemory) {
        try {
            store = DurableStateStore.open(new DurableStoreContext()
                    .directory(directory.empty("store"))
                    .durability(Durability.valueOf(durability))
                    .liveMemory(LiveMemoryKind.valueOf(liveMemory))
                    .checkpointIntervalNs(0)
                    .checkpointOnClose(false));
        } catch (final RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    DurableStateStore store() {
        return store;
    }

    boolean filled() {
        return filled;
    }

    void filled(final boolean value) {
        filled = value;
    }

    @Override
    public void close() {
        try {
            store.close();
        } finally {
            directory.close();
        }
    }
}

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

    StoreFixture(final String durability, final String liveMemory) {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory.empty("store"))
                .durability(Durability.valueOf(durability))
                .liveMemory(LiveMemoryKind.valueOf(liveMemory))
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    DurableStateStore store() {
        return store;
    }

    @Override
    public void close() {
        store.close();
        directory.close();
    }
}

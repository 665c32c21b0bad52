/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.recovery.Hydrator;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;

/**
 * Figures of a running store at one moment; each is exact by itself, together they may be a moment apart.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param checkpoints checkpoints and merges
 * @param liveMemoryBytes bytes of live memory that have space behind them
 * @param liveMemory what backs it
 * @param recoveredPages pages the recovered checkpoint describes
 * @param hydratedPages pages the background has loaded or found loaded
 * @param unreadablePages pages that could not be loaded
 * @param log figures of the change log
 */
public record StoreStatus(
        CheckpointCounters checkpoints,
        long liveMemoryBytes,
        String liveMemory,
        long recoveredPages,
        long hydratedPages,
        long unreadablePages,
        LogStatus log) {
    static StoreStatus of(
            final PagedMemory memory,
            final CheckpointCounters checkpoints,
            final Hydrator hydrator,
            final LogStatus log) {
        return new StoreStatus(
                checkpoints,
                memory.backedLength(),
                memory.description(),
                memory.recoveredPageCount(),
                hydrator.hydratedPages(),
                hydrator.failedPages(),
                log);
    }

    /** {@return bytes the recovered state takes} */
    public long recoveredBytes() {
        return recoveredPages << PageDescriptor.PAGE_SHIFT;
    }
}

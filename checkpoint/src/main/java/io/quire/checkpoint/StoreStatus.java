/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.manifest.Manifest;
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
 * @param logPosition log position after the last write
 * @param logWrittenPosition log position up to which records are in log segments
 * @param logDurablePosition log position up to which they were forced
 * @param logStallNs nanoseconds the writer has waited for room in the ring
 * @param logForceCount how often a log segment was forced
 */
public record StoreStatus(
        CheckpointCounters checkpoints,
        long liveMemoryBytes,
        String liveMemory,
        long recoveredPages,
        long hydratedPages,
        long unreadablePages,
        long logPosition,
        long logWrittenPosition,
        long logDurablePosition,
        long logStallNs,
        long logForceCount) {
    static StoreStatus of(
            final PagedMemory memory,
            final CheckpointCounters checkpoints,
            final Hydrator hydrator,
            final ChangeLogSession log,
            final Manifest newest) {
        final long position = newest.cut().logPosition();
        return new StoreStatus(
                checkpoints,
                memory.backedLength(),
                memory.description(),
                memory.recoveredPageCount(),
                hydrator.hydratedPages(),
                hydrator.failedPages(),
                log == null ? position : log.position(),
                log == null ? position : log.agent().writtenPosition(),
                log == null ? position : log.agent().durablePosition(),
                log == null ? 0 : log.changeLog().stallNs(),
                log == null ? 0 : log.agent().forceCount());
    }

    /** {@return bytes the recovered state takes} */
    public long recoveredBytes() {
        return recoveredPages << PageDescriptor.PAGE_SHIFT;
    }
}

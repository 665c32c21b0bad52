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
 * @param phase what the checkpointer is doing
 * @param completedCheckpoints since the store was opened
 * @param failedCheckpoints since the store was opened
 * @param checkpointBytesWritten bytes of checkpoint files written since the store was opened, merging not included
 * @param lastCheckpoint the last one completed since the store was opened, or null
 * @param checkpointFileCount files that make up the newest checkpoint
 * @param completedMerges merges of checkpoint files since the store was opened
 * @param failedMerges merges that failed and are tried again
 * @param mergeBytesWritten bytes of checkpoint files written by them
 * @param writerCapturedPages pages that the writer saved because it came first
 * @param checkpointerCapturedPages pages that the checkpointer saved
 * @param captureStallNs nanoseconds the writer has waited for room in the capture pool
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
        CheckpointPhase phase,
        long completedCheckpoints,
        long failedCheckpoints,
        long checkpointBytesWritten,
        CheckpointInfo lastCheckpoint,
        int checkpointFileCount,
        long completedMerges,
        long failedMerges,
        long mergeBytesWritten,
        long writerCapturedPages,
        long checkpointerCapturedPages,
        long captureStallNs,
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
            final Checkpointer checkpointer,
            final MergeRunner merger,
            final Hydrator hydrator,
            final ChangeLogSession log,
            final Manifest newest) {
        final long position = newest.cut().logPosition();
        return new StoreStatus(
                checkpointer.phase(),
                checkpointer.completedCount(),
                checkpointer.failedCount(),
                checkpointer.bytesWritten(),
                checkpointer.last(),
                newest.files().size(),
                merger.mergeCount(),
                merger.failedCount(),
                merger.bytesWritten(),
                memory.capture().writerCapturedPages(),
                memory.capture().checkpointerCapturedPages(),
                memory.capture().stallNs(),
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

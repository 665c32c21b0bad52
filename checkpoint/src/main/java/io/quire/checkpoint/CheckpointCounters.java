/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.store.memory.PageCapture;

/**
 * What checkpoints and merges have done since the store was opened.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param phase what the checkpointer is doing
 * @param completed checkpoints completed
 * @param failed checkpoints that failed or timed out
 * @param failedInARow checkpoints that failed since the last one that was completed
 * @param lastFailure why the last one that failed did, or null
 * @param last the last one completed, or null
 * @param rawBytes bytes of lines written before compression
 * @param storedBytes bytes of lines written after compression
 * @param fileBytes bytes of checkpoint files written, merging not included
 * @param chainLength files that make up the newest checkpoint
 * @param chainBytes bytes of these
 * @param merges merges of checkpoint files completed
 * @param failedMerges merges that failed and are tried again
 * @param mergeBytesRead bytes of checkpoint files read by merges
 * @param mergeBytesWritten bytes of checkpoint files written by merges
 * @param mergeBytesCopied of those, bytes taken over without decompressing
 * @param captured pages and lines by who saved them, and the writer's waits for room
 * @param poolBytes length of the capture pool
 * @param poolUsedBytesMax most of it that was seen in use
 * @param throttledNs nanoseconds that checkpoints and merges have waited for their budgets
 * @param mergeWaitNs nanoseconds that checkpoints which were due, or were done, have waited for merging to catch up
 * @param lastMergeFailure why the last merge that failed did, or null
 */
public record CheckpointCounters(
        CheckpointPhase phase,
        long completed,
        long failed,
        int failedInARow,
        String lastFailure,
        CheckpointInfo last,
        long rawBytes,
        long storedBytes,
        long fileBytes,
        int chainLength,
        long chainBytes,
        long merges,
        long failedMerges,
        long mergeBytesRead,
        long mergeBytesWritten,
        long mergeBytesCopied,
        CaptureCounts captured,
        int poolBytes,
        int poolUsedBytesMax,
        long throttledNs,
        long mergeWaitNs,
        String lastMergeFailure) {
    static CheckpointCounters of(
            final PageCapture capture,
            final Checkpointer checkpointer,
            final MergeRunner merger,
            final CheckpointThrottle throttle,
            final Manifest newest) {
        final Throwable failure = checkpointer.lastFailure();
        return new CheckpointCounters(
                checkpointer.phase(),
                checkpointer.completedCount(),
                checkpointer.failedCount(),
                checkpointer.failedInARow(),
                failure == null ? null : failure.getMessage(),
                checkpointer.last(),
                checkpointer.rawBytes(),
                checkpointer.storedBytes(),
                checkpointer.bytesWritten(),
                newest.files().size(),
                newest.files().stream().mapToLong(CheckpointFileInfo::length).sum(),
                merger.mergeCount(),
                merger.failedCount(),
                merger.bytesRead(),
                merger.bytesWritten(),
                merger.bytesCopied(),
                CaptureCounts.of(capture),
                capture.poolLength(),
                capture.poolUsedMax(),
                throttle.waitedNs(),
                checkpointer.mergeWaitNs(),
                merger.lastFailure() == null ? null : merger.lastFailure().getMessage());
    }

    /**
     * {@return bytes written by checkpoints and merges for each written by checkpoints; 1 = nothing was merged. What
     * failed, or a merge that was given up at close, has written is not counted}
     */
    public double writeAmplification() {
        return fileBytes == 0 ? 1 : (double) (fileBytes + mergeBytesWritten) / fileBytes;
    }
}

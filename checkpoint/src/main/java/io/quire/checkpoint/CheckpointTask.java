/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.memory.PageCapture;
import java.util.concurrent.TimeUnit;

/**
 * What the writer hands over at a barrier.
 *
 * <p>Threading: thread-safe, immutable but for the capture, which is the checkpointer's from here on.
 *
 * @param capture the sealed pages
 * @param requests who waits for the checkpoint, null = nobody
 * @param logPosition log position at the barrier
 * @param pageLimit pages that may hold something at the barrier
 * @param freedExtents extents given back since the store was opened, at the barrier
 * @param dueNs when the interval asked for the barrier, or when it began if it did not, nanoTime
 * @param startNs when the barrier began, nanoTime
 * @param barrierNs what it took the writer
 */
record CheckpointTask(
        PageCapture capture,
        CheckpointRequest requests,
        long logPosition,
        int pageLimit,
        long freedExtents,
        long dueNs,
        long startNs,
        long barrierNs) {
    /** {@return nanoseconds from the earliest request to the barrier} */
    long prepareNs() {
        return startNs - CheckpointRequest.startNs(requests, dueNs);
    }

    /**
     * When the barrier was.
     *
     * @param nowMs the clock, milliseconds since 1970
     * @param nowNs nanoTime
     * @return milliseconds since 1970
     */
    long takenAtMs(final long nowMs, final long nowNs) {
        return nowMs - TimeUnit.NANOSECONDS.toMillis(nowNs - startNs);
    }
}

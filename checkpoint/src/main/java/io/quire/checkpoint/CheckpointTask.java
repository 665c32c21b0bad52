/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.memory.PageCapture;

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
 * @param takenAtMs wall clock at the barrier, milliseconds since 1970
 * @param prepareNs time from the request to the barrier
 * @param startNs when the barrier began, nanoTime
 * @param barrierNs what it took the writer
 */
record CheckpointTask(
        PageCapture capture,
        CheckpointRequest requests,
        long logPosition,
        int pageLimit,
        long freedExtents,
        long takenAtMs,
        long prepareNs,
        long startNs,
        long barrierNs) {}

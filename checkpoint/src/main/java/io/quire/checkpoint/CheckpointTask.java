/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.memory.PageCapture;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What the writer hands over at a barrier.
 *
 * <p>Threading: thread-safe, immutable but for the capture, which is the checkpointer's from here on.
 *
 * @param capture the sealed pages
 * @param futures who waits for the checkpoint
 * @param logPosition log position at the barrier
 * @param pageLimit pages that may hold something at the barrier
 * @param takenAtMs wall clock at the barrier, milliseconds since 1970
 * @param startNs when the barrier began, nanoTime
 * @param barrierNs what it took the writer
 */
record CheckpointTask(
        PageCapture capture,
        List<CompletableFuture<CheckpointInfo>> futures,
        long logPosition,
        int pageLimit,
        long takenAtMs,
        long startNs,
        long barrierNs) {}

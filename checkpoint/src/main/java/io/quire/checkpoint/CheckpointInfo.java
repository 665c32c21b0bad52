/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * A completed checkpoint and what it took.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param checkpointId its number, ever-growing; 0 is the empty store
 * @param timestampMs wall clock at the barrier, milliseconds since 1970
 * @param logPosition log position at the barrier: later records are not part of it
 * @param pageCount pages written
 * @param lineCount 64-byte lines written
 * @param rawBytes bytes of lines before compression
 * @param storedBytes bytes of lines after compression
 * @param bytesWritten length of the file written; 0 when nothing had changed
 * @param captured pages and lines by who saved them, and the writer's waits for room
 * @param prepareNs time from the request to the barrier, nanoseconds: how long the writer took to get there
 * @param barrierNs time the writer spent in the barrier, nanoseconds
 * @param captureNs time from the barrier until all pages were saved, nanoseconds; compression and writing overlap it
 * @param flushNs time for index, footer and force, nanoseconds
 * @param publishNs time until the manifest was durable and verified, nanoseconds
 */
public record CheckpointInfo(
        long checkpointId,
        long timestampMs,
        long logPosition,
        long pageCount,
        long lineCount,
        long rawBytes,
        long storedBytes,
        long bytesWritten,
        CaptureCounts captured,
        long prepareNs,
        long barrierNs,
        long captureNs,
        long flushNs,
        long publishNs) {
    /** {@return time from the barrier to the verified manifest, nanoseconds} */
    public long durationNs() {
        return captureNs + flushNs + publishNs;
    }
}

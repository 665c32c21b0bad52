/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * Figures of a store's change log at one moment; counts are since the store was opened.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param position log position after the last write
 * @param writtenPosition log position up to which records are in log segments
 * @param durablePosition log position up to which they were forced
 * @param ringLength bytes of the ring, 0 without a log
 * @param ringUsedLength bytes of it that hold records not yet in log segments
 * @param stallCount how often the writer had to wait because the ring was full
 * @param stallNs nanoseconds it has waited
 * @param bytesWritten bytes of blocks written to log segments, after compression
 * @param blockCount blocks written
 * @param forceCount how often a log segment was forced
 * @param forceNs nanoseconds that forces took
 * @param forceNsMax nanoseconds of the longest force
 * @param forcedLength bytes of records that forces have made durable
 * @param groupLengthMax bytes of records of the largest group that was made durable at once
 * @param subscriptionCount subscriptions that are running
 * @param subscribedPosition log position that the slowest of them has reached; the end of the log without any
 */
public record LogStatus(
        long position,
        long writtenPosition,
        long durablePosition,
        long ringLength,
        long ringUsedLength,
        long stallCount,
        long stallNs,
        long bytesWritten,
        long blockCount,
        long forceCount,
        long forceNs,
        long forceNsMax,
        long forcedLength,
        long groupLengthMax,
        int subscriptionCount,
        long subscribedPosition) {
    static LogStatus none(final long position) {
        return new LogStatus(position, position, position, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, position);
    }

    /** {@return bytes of records that a force has made durable on average; 0 before the first} */
    public long groupLengthMean() {
        return forceCount == 0 ? 0 : forcedLength / forceCount;
    }
}

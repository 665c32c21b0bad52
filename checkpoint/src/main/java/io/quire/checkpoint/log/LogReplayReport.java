/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

/**
 * What replay found.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param fromPosition log position that replay began at
 * @param endPosition log position after the last record that is there, in segments or ring
 * @param recordCount records handed over
 * @param groupCount complete groups they belong to
 * @param abortedGroupCount groups ignored because they were aborted
 * @param droppedLength bytes of an incomplete group at the end, ignored
 * @param ringLength bytes of records that were only in the ring
 * @param ring what was found of the ring, in words
 * @param ignoredLength bytes behind the end that a restart of the system left unreachable; never acknowledged as
 *     durable
 * @param acceptedProblem damage that ended the log and was accepted; empty when there was none
 * @param isSealed whether the log had been closed in order
 * @param durationNs nanoseconds that replay took
 * @param ringNs of them, those for looking for rings and applying what was in one
 */
public record LogReplayReport(
        long fromPosition,
        long endPosition,
        long recordCount,
        long groupCount,
        long abortedGroupCount,
        long droppedLength,
        long ringLength,
        String ring,
        long ignoredLength,
        String acceptedProblem,
        boolean isSealed,
        long durationNs,
        long ringNs) {}

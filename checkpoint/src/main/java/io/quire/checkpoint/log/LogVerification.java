/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import java.util.List;

/**
 * Outcome of reading a whole log.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param segmentCount segments read
 * @param blockCount valid blocks
 * @param recordCount records in complete groups
 * @param startPosition log position of the oldest segment, 0 without any
 * @param endPosition log position after the last valid block
 * @param isSealed whether the log was closed in order
 * @param problems what is wrong, in log order; empty when all is well
 */
public record LogVerification(
        int segmentCount,
        long blockCount,
        long recordCount,
        long startPosition,
        long endPosition,
        boolean isSealed,
        List<LogProblem> problems) {}

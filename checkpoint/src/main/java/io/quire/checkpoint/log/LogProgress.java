/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

/**
 * Told how far replay is, about once for each megabyte.
 *
 * <p>Threading: called by the thread that recovers.
 */
@FunctionalInterface
public interface LogProgress {
    /** Ignores it. */
    LogProgress NONE = (doneLength, totalLength) -> {};

    /**
     * Replay has come further.
     *
     * @param doneLength bytes of log files read
     * @param totalLength bytes of log files there are, space allocated ahead included
     */
    void onProgress(long doneLength, long totalLength);
}

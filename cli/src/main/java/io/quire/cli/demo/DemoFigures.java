/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What the demo measures.
 *
 * <p>Threading: confined to the parent's main thread.
 */
final class DemoFigures {
    /** Times of operations while no checkpoint ran, nanoseconds. */
    final Histogram quietLatency = new Histogram(DemoWriter.LATENCY_MAX_NS, DemoWriter.LATENCY_DIGITS);
    /** Times of operations while one ran, nanoseconds. */
    final Histogram checkpointLatency = new Histogram(DemoWriter.LATENCY_MAX_NS, DemoWriter.LATENCY_DIGITS);

    final List<Checkpoint> checkpoints = new ArrayList<>();
    final List<Restart> restarts = new ArrayList<>();
    final List<Expected> recovered = new ArrayList<>();

    /**
     * A checkpoint that the writer took.
     *
     * @param bytesWritten length of its file
     * @param durationNs from the call until it was durable and verified
     * @param paced whether the writer was held back to a pace
     * @param stateLength bytes that the states take
     */
    record Checkpoint(long bytesWritten, long durationNs, boolean paced, long stateLength) {}

    /**
     * A start of the writer after a kill.
     *
     * @param firstReadNs from the call of open to the end of the first read
     * @param processNs from the start of the process to the end of the first read, seen by the parent
     * @param checkpointId checkpoint that the state was recovered from
     * @param logRecordCount records replayed on top of it
     * @param acknowledgedCount operations that the killed process had acknowledged
     * @param recoveredCount operations that were found
     */
    record Restart(
            long firstReadNs,
            long processNs,
            long checkpointId,
            long logRecordCount,
            long acknowledgedCount,
            long recoveredCount) {
        /**
         * Whether everything acknowledged is there, and nothing but perhaps the operation that the kill interrupted.
         */
        boolean isExact() {
            return recoveredCount == acknowledgedCount || recoveredCount == acknowledgedCount + 1;
        }
    }

    /**
     * A state of the store that the model must have at the same operation.
     *
     * @param moment when it was found
     * @param digest of the state
     */
    record Expected(String moment, StateDigest digest) {}

    /** Takes a line of the writer. */
    void accept(final String[] words) {
        switch (words[0]) {
            case "latency" -> {
                LatencyFigures.decodeInto(words[1], quietLatency);
                LatencyFigures.decodeInto(words[2], checkpointLatency);
            }
            case "checkpoint" ->
                checkpoints.add(new Checkpoint(
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        words[4].equals("1"),
                        Long.parseLong(words[5])));
            default -> {
                // something new that this parent does not count
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What opening a store found and did.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param created whether the directory held no store and one was created
 * @param checkpointId checkpoint the state was recovered from; 0 = from the empty store
 * @param checkpointTimestampMs when it was taken, milliseconds since 1970
 * @param stateLength bytes of pages that the checkpoint describes
 * @param checkpointFileCount files that make it up
 * @param logRecordCount records replayed from the log on top of it
 * @param logBytes bytes of log replayed
 * @param ringBytes bytes that survived in the ring only and were saved to the log
 * @param droppedBytes bytes of an incomplete group at the end of the log, never acknowledged
 * @param rejected files that were passed over, each with the reason
 * @param lossAccepted whether changes after the checkpoint were given up on request
 * @param loadedPageCount pages of the checkpoint that opening and replay had to load, or the background has loaded
 *     meanwhile
 * @param checkpointBytesRead bytes of checkpoint files that were read for them
 * @param phases where the time went
 * @param openNs nanoseconds from the call until the store could answer reads
 */
public record RecoveryReport(
        boolean created,
        long checkpointId,
        long checkpointTimestampMs,
        long stateLength,
        int checkpointFileCount,
        long logRecordCount,
        long logBytes,
        long ringBytes,
        long droppedBytes,
        List<String> rejected,
        boolean lossAccepted,
        long loadedPageCount,
        long checkpointBytesRead,
        RecoveryPhases phases,
        long openNs) {
    /** Copies the list. */
    public RecoveryReport {
        rejected = List.copyOf(rejected);
    }

    /** {@return log records applied a second of replay; 0 when there were none} */
    public long replayRecordsPerSecond() {
        final long ns = phases.replayNs() + phases.ringNs();
        return ns == 0 ? 0 : (long) ((double) logRecordCount / ns * TimeUnit.SECONDS.toNanos(1));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.manifest.Manifest;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * A checkpoint, from its barrier to its end, in a recording of the JDK's Flight Recorder.
 *
 * <p>Threading: confined to the checkpointer.
 */
@Name("io.quire.Checkpoint")
@Label("Checkpoint")
@Category("Quire")
@Description("A checkpoint, completed or failed")
@StackTrace(false)
final class CheckpointEvent extends Event {
    @Label("Checkpoint Id")
    long checkpointId;

    @Label("Completed")
    boolean completed;

    @Label("Failure")
    String failure;

    @Label("Prepare Time")
    @Timespan
    long prepareTime;

    @Label("Barrier Time")
    @Timespan
    long barrierTime;

    @Label("Capture Time")
    @Timespan
    long captureTime;

    @Label("Flush Time")
    @Timespan
    long flushTime;

    @Label("Publish Time")
    @Timespan
    long publishTime;

    @Label("Pages")
    long pages;

    @Label("Lines")
    long lines;

    @Label("Pages Captured by Writer")
    long writerPages;

    @Label("Writer Stall")
    @Timespan
    long writerStall;

    @Label("Raw Bytes")
    @DataAmount
    long rawBytes;

    @Label("File Bytes")
    @DataAmount
    long fileBytes;

    @Label("Chain Length")
    int chainLength;

    void end(final CheckpointInfo info, final RuntimeException cause, final Manifest newest) {
        if (!shouldCommit()) {
            return;
        }
        completed = info != null;
        failure = cause == null ? null : cause.getMessage();
        chainLength = newest.files().size();
        if (info != null) {
            checkpointId = info.checkpointId();
            prepareTime = info.prepareNs();
            barrierTime = info.barrierNs();
            captureTime = info.captureNs();
            flushTime = info.flushNs();
            publishTime = info.publishNs();
            pages = info.pageCount();
            lines = info.lineCount();
            writerPages = info.captured().writerPages();
            writerStall = info.captured().stallNs();
            rawBytes = info.rawBytes();
            fileBytes = info.bytesWritten();
        }
        commit();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.merge.MergeResult;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A merge of checkpoint files in a recording of the JDK's Flight Recorder.
 *
 * <p>Threading: confined to the merger.
 */
@Name("io.quire.Merge")
@Label("Merge")
@Category("Quire")
@Description("A merge of checkpoint files that was published")
@StackTrace(false)
final class MergeEvent extends Event {
    @Label("Files")
    int files;

    @Label("Bytes Read")
    @DataAmount
    long bytesRead;

    @Label("Bytes Written")
    @DataAmount
    long bytesWritten;

    @Label("Bytes Copied Compressed")
    @DataAmount
    long bytesCopied;

    void end(final MergeResult result) {
        if (shouldCommit()) {
            files = result.run().files().size();
            bytesRead = result.readLength();
            bytesWritten = result.writtenLength();
            bytesCopied = result.copiedLength();
            commit();
        }
    }
}

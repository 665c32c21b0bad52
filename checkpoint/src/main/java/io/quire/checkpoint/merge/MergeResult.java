/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import io.quire.checkpoint.block.CheckpointFileInfo;
import java.util.Objects;

/**
 * What a merge made.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param run the files merged
 * @param file the new file, durable but part of no checkpoint until a manifest that names it is published
 * @param readLength bytes of the files read
 * @param writtenLength bytes of the file written
 * @param copiedLength of them, blocks that were taken over as they were
 */
public record MergeResult(
        MergeRun run, CheckpointFileInfo file, long readLength, long writtenLength, long copiedLength) {
    /** Creates a result. */
    public MergeResult {
        Objects.requireNonNull(run, "run");
        Objects.requireNonNull(file, "file");
    }
}

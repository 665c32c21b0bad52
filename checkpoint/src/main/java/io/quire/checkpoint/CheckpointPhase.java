/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * Where the checkpointer is. The same words stand in counters and documents.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum CheckpointPhase {
    /** Nothing under way. */
    REST,
    /** Asked for; waiting for the writer's next operation boundary, where the barrier is. */
    PREPARE,
    /** Saving the pages sealed by the barrier; compressed blocks go to the file meanwhile. */
    CAPTURE,
    /** Writing index and footer and forcing the file. */
    FLUSH,
    /** Writing, forcing, renaming and verifying the manifest. */
    PUBLISH
}

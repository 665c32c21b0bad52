/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * The change log as checkpoints see it.
 *
 * <p>Threading: {@link #position} by the writer, the rest by the checkpointer.
 */
interface CheckpointLog {
    /** Position after the last change. */
    long position();

    /**
     * Waits until everything before a position survives power loss, so that an older checkpoint and the log will do.
     */
    void awaitDurable(long position);

    /** Deletes segments that only hold what is before a position. */
    void deleteBefore(long position);
}

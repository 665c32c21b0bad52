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
     *
     * @param position log position
     * @param timeoutNs longest wait, nanoseconds
     * @return whether it does; false after the timeout
     */
    boolean awaitDurable(long position, long timeoutNs);

    /** Deletes segments that only hold what is before a position. */
    void deleteBefore(long position);
}

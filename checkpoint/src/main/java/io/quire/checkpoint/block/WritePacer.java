/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

/**
 * Is asked before each write of a checkpoint or a merge and may delay it, to keep the disk free for others.
 *
 * <p>Threading: called by the thread that writes; a pacer shared by several writers must be thread-safe.
 */
@FunctionalInterface
public interface WritePacer {
    /** Never delays. */
    WritePacer UNLIMITED = length -> {};

    /**
     * Returns when the bytes may be written.
     *
     * @param length bytes about to be written
     */
    void beforeWrite(int length);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * Takes the changed lines of one page as they were at the barrier.
 *
 * <p>Threading: called by the checkpointer only.
 */
@FunctionalInterface
public interface CapturedPageConsumer {
    /**
     * Accepts one page; it comes once in a capture.
     *
     * @param page page number
     * @param mask its changed lines, bit 0 = first line; may be 0 when the page was freed before the barrier
     * @param linesPointer native pointer to the changed lines in order, 64 bytes each; valid during the call only
     */
    void accept(int page, long mask, long linesPointer);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

/**
 * Takes the entries of a checkpoint file one by one.
 *
 * <p>Threading: called on the thread that asked for the walk.
 */
@FunctionalInterface
public interface PageEntryVisitor {
    /**
     * Takes an entry.
     *
     * @param page page number
     * @param mask which lines the file has of it, bit 0 = first; never 0
     * @param linesPointer native pointer to the lines in order, 64 bytes each; valid during the call only
     */
    void onEntry(int page, long mask, long linesPointer);
}

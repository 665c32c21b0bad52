/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

/**
 * Tells which pages are worth keeping when files are merged.
 *
 * <p>A page may be dropped when it was free in the checkpoint for whose manifest the files are merged: nobody reads
 * it there, and who allocates it again later does not rely on what it held.
 *
 * <p>Threading: called by the merging thread.
 */
@FunctionalInterface
public interface PageFilter {
    /** Keeps every page. */
    PageFilter ALL = page -> true;

    /**
     * Whether a page is kept.
     *
     * @param page page number
     * @return false when nobody needs its content
     */
    boolean keeps(int page);
}

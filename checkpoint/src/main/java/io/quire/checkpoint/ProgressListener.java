/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

/**
 * Told how far long work has come.
 *
 * <p>Threading: called by the thread that works.
 */
@FunctionalInterface
public interface ProgressListener {
    /** Listens to nothing. */
    ProgressListener NONE = (done, total) -> {};

    /**
     * Reports progress, now and then and at the end.
     *
     * @param done bytes done
     * @param total bytes in all, as far as known
     */
    void onProgress(long done, long total);
}

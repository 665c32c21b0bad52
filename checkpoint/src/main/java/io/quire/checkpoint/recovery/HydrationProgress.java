/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import io.quire.store.memory.PageDescriptor;
import java.util.concurrent.TimeUnit;

/**
 * How far the pages of a recovered store have come into memory.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param pages pages that the recovered checkpoint describes
 * @param loadedPages of them, those in memory
 * @param failedPages of them, those that could not be loaded when the background last tried; it tries again some times
 * @param coldTouches how often an operation met a page that was not there yet and loaded it
 * @param elapsedNs nanoseconds since hydration began; once it has ended, those it took
 * @param isEnded whether the background has been through all pages, or had to end before; see {@link #isComplete()}
 */
public record HydrationProgress(
        long pages, long loadedPages, long failedPages, long coldTouches, long elapsedNs, boolean isEnded) {
    /** {@return whether every page is in memory} */
    public boolean isComplete() {
        return loadedPages == pages;
    }

    /** {@return bytes loaded a second so far, by everyone} */
    public long bytesPerSecond() {
        return (long) ((double) (loadedPages << PageDescriptor.PAGE_SHIFT)
                / Math.max(1, elapsedNs)
                * TimeUnit.SECONDS.toNanos(1));
    }
}

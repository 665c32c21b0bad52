/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's cache of file pages.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class PageCache {
    private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");
    private static final String PAGES_AND_INODES = "3";
    private static final long SYNC_LIMIT_S = 300;

    private PageCache() {}

    /**
     * Tells whether this user may empty the cache.
     *
     * @return whether {@link #drop} works
     */
    public static boolean droppable() {
        return Files.isWritable(DROP);
    }

    /** Writes back what is dirty and empties the cache, so that the next read of a file comes from the device. */
    public static void drop() {
        try {
            final Process sync = new ProcessBuilder("sync").start();
            sync.waitFor(SYNC_LIMIT_S, TimeUnit.SECONDS);
            Files.writeString(DROP, PAGES_AND_INODES, StandardCharsets.US_ASCII);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory and file space that contestants may take.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class FreeMemory {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final String AVAILABLE = "MemAvailable:";
    private static final int KIBIBYTE_SHIFT = 10;

    private FreeMemory() {}

    /**
     * Tells how much memory can be taken without swapping; files in tmpfs have been subtracted by the kernel.
     *
     * @return bytes
     */
    public static long availableLength() {
        try {
            for (final String line : Files.readAllLines(MEMINFO, StandardCharsets.US_ASCII)) {
                if (line.startsWith(AVAILABLE)) {
                    final String number =
                            line.substring(AVAILABLE.length()).replace("kB", "").trim();
                    return Long.parseLong(number) << KIBIBYTE_SHIFT;
                }
            }
        } catch (final IOException e) {
            return Runtime.getRuntime().maxMemory();
        }
        return Runtime.getRuntime().maxMemory();
    }

    /**
     * Tells whether files in a directory are in memory.
     *
     * @param directory exists
     * @return whether its file system is tmpfs
     * @throws IOException when the file system does not tell
     */
    public static boolean keepsFilesInMemory(final Path directory) throws IOException {
        return Files.getFileStore(directory).type().equals("tmpfs");
    }

    /**
     * Tells how much files in a directory may take.
     *
     * @param directory exists
     * @return bytes
     * @throws IOException when the file system does not tell
     */
    public static long usableLength(final Path directory) throws IOException {
        final FileStore store = Files.getFileStore(directory);
        return store.getUsableSpace();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes that this process has caused to be written to devices, from {@code /proc/self/io}. Pages of mapped files count
 * when they are dirtied, other files when they are written to; overwriting what is still in the page cache counts again
 * only after it was written back.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class WrittenBytes {
    private static final Path IO = Path.of("/proc/self/io");
    private static final String WRITTEN = "write_bytes:";

    private WrittenBytes() {}

    /**
     * Reads the count.
     *
     * @return bytes since the process started, -1 when the kernel does not tell
     */
    public static long now() {
        try {
            for (final String line : Files.readAllLines(IO, StandardCharsets.US_ASCII)) {
                if (line.startsWith(WRITTEN)) {
                    return Long.parseLong(line.substring(WRITTEN.length()).trim());
                }
            }
        } catch (final IOException e) {
            return -1;
        }
        return -1;
    }
}

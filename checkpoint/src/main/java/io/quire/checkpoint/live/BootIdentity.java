/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells one start of the machine from another, because what a process left in memory files is to be believed only
 * within the same one.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class BootIdentity {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final long HASH_PRIME = 0x100000001b3L;
    private static final long HASH_START = 0xcbf29ce484222325L;

    private BootIdentity() {}

    /** {@return the kernel's name for this start of the machine; empty where there is none} */
    public static String current() {
        try {
            return Files.readString(BOOT_ID, StandardCharsets.US_ASCII).trim();
        } catch (final IOException e) {
            return "";
        }
    }

    /**
     * The identity as a number (FNV-1a). Where the kernel gives none, a number of this process only: then nothing
     * left by another process is believed.
     *
     * @return 64 bits, never 0
     */
    public static long currentHash() {
        final String id = current();
        final String text = id.isEmpty() ? "process-" + ProcessIdentity.current() : id;
        long hash = HASH_START;
        for (final byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * HASH_PRIME;
        }
        return hash == 0 ? 1 : hash;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A process: its id, and when it started, because ids are reused, and where the id means something, because containers
 * number their own.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param pid process id
 * @param startMs when it started, milliseconds since 1970; 0 = unknown
 * @param namespace the kernel's name for the space of process ids; empty = unknown
 */
public record ProcessIdentity(long pid, long startMs, String namespace) {
    private static final Path NAMESPACE = Path.of("/proc/self/ns/pid");

    /** {@return this process} */
    public static ProcessIdentity current() {
        final ProcessHandle handle = ProcessHandle.current();
        return new ProcessIdentity(handle.pid(), startMs(handle), currentNamespace());
    }

    private static long startMs(final ProcessHandle handle) {
        return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String currentNamespace() {
        try {
            return Files.readSymbolicLink(NAMESPACE).toString();
        } catch (final IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    /** {@return whether this process would see that one, so that {@link #alive()} means something} */
    public boolean visible() {
        return namespace.equals(currentNamespace());
    }

    /** {@return whether that very process is running, as far as this one can see} */
    public boolean alive() {
        final Optional<ProcessHandle> handle = visible() ? ProcessHandle.of(pid) : Optional.empty();
        return handle.isPresent()
                && handle.get().isAlive()
                && (startMs == 0 || startMs(handle.get()) == 0 || startMs(handle.get()) == startMs);
    }
}

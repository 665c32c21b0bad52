/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import java.time.Instant;
import java.util.Optional;

/**
 * A process: its id, and when it started, because ids are reused.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param pid process id
 * @param startMs when it started, milliseconds since 1970; 0 = unknown
 */
public record ProcessIdentity(long pid, long startMs) {
    /** {@return this process} */
    public static ProcessIdentity current() {
        final ProcessHandle handle = ProcessHandle.current();
        return new ProcessIdentity(handle.pid(), startMs(handle));
    }

    private static long startMs(final ProcessHandle handle) {
        return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** {@return whether that very process is running} */
    public boolean alive() {
        final Optional<ProcessHandle> handle = ProcessHandle.of(pid);
        return handle.isPresent()
                && handle.get().isAlive()
                && (startMs == 0 || startMs(handle.get()) == 0 || startMs(handle.get()) == startMs);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process: its id, and when it started, because ids are reused, and where the id means something, because containers
 * number their own. The start is counted from the boot of the machine: as a time of day it would move when the clock is
 * set, and a process that lives would pass for another.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param pid process id
 * @param startTicks when it started, in the kernel's clock ticks (10 ms) after boot; 0 = unknown
 * @param namespace the kernel's name for the space of process ids; empty = unknown
 */
public record ProcessIdentity(long pid, long startTicks, String namespace) {
    private static final Path NAMESPACE = Path.of("/proc/self/ns/pid");
    private static final int START_FIELD = 20; // of /proc/PID/stat, counted from 1 after the name in parentheses

    /** {@return this process} */
    public static ProcessIdentity current() {
        final long pid = ProcessHandle.current().pid();
        return new ProcessIdentity(pid, startTicks(pid), currentNamespace());
    }

    private static long startTicks(final long pid) {
        try {
            final String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[START_FIELD - 1]);
        } catch (final IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return 0; // no such thing here
        }
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
        if (handle.isEmpty() || !handle.get().isAlive()) {
            return false;
        }
        final long foundTicks = startTicks == 0 ? 0 : startTicks(pid);
        return foundTicks == 0 || foundTicks == startTicks;
    }
}

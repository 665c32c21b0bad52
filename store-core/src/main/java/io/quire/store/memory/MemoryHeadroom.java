/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sees to it that live memory stops growing, with an exception, before the system runs out of memory and ends a
 * process: it asks now and then how much the machine, and the control groups this process is in, can still give, and
 * always leaves a rest to others. What nobody tells does not limit.
 *
 * <p>It is a fence, not a promise: others may take the rest at the same time.
 *
 * <p>Threading: thread-safe.
 */
public final class MemoryHeadroom {
    /** What {@link #available} returns when nothing limits. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    private static final long ALLOWANCE_MAX = 64L * 1024 * 1024;
    private static final long REST_MAX = 64L * 1024 * 1024;
    private static final int REST_FRACTION = 16;
    private static final int ALLOWANCE_FRACTION = 4;
    private static final String INACTIVE_FILE = "inactive_file ";
    private static final String ACTIVE_FILE = "active_file ";

    private final Path processFiles;
    private final Path controlGroups;
    private final boolean limited;
    private final AtomicLong allowance = new AtomicLong();

    private MemoryHeadroom(final Path processFiles, final Path controlGroups, final boolean limited) {
        this.processFiles = processFiles;
        this.controlGroups = controlGroups;
        this.limited = limited;
    }

    /** {@return the headroom of this machine} */
    public static MemoryHeadroom ofSystem() {
        return of(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
    }

    static MemoryHeadroom of(final Path processFiles, final Path controlGroups) {
        return new MemoryHeadroom(processFiles, controlGroups, true);
    }

    /** {@return a headroom that never ends, for memory that the system can write to a disk} */
    public static MemoryHeadroom unlimited() {
        return new MemoryHeadroom(null, null, false);
    }

    /**
     * Allows growth. Looks at the system once in many calls.
     *
     * @param length bytes about to be taken
     * @throws StoreFullException when too little would be left; nothing was counted as taken
     */
    void take(final long length) {
        if (limited && !takeAllowed(length)) {
            takeMore(length);
        }
    }

    private boolean takeAllowed(final long length) {
        for (long left = allowance.get(); left >= length; left = allowance.get()) {
            if (allowance.compareAndSet(left, left - length)) {
                return true;
            }
        }
        return false;
    }

    private synchronized void takeMore(final long length) {
        if (!takeAllowed(length)) { // another may have asked meanwhile
            allowance.set(ask(length) - length);
        }
    }

    private long ask(final long length) {
        final long available = available();
        if (available == UNLIMITED) {
            return Math.max(length, ALLOWANCE_MAX);
        }
        final long rest = Math.min(REST_MAX, total() / REST_FRACTION);
        if (available - rest < length) {
            throw new StoreFullException("no memory to grow live memory: needed=" + length + " available=" + available
                    + ", of which " + rest + " are left to others; free memory, or choose live memory in the store's"
                    + " directory, then retry");
        }
        return Math.max(length, Math.min(ALLOWANCE_MAX, (available - rest) / ALLOWANCE_FRACTION));
    }

    /** {@return bytes that can be taken before something must give way, or {@link #UNLIMITED}} */
    public long available() {
        if (!limited) {
            return UNLIMITED;
        }
        final String facts = read(processFiles.resolve("meminfo"));
        final long machine = field(facts, "MemAvailable:");
        final long swap = Math.max(0, field(facts, "SwapFree:"));
        return Math.min(machine < 0 ? UNLIMITED : (machine + swap) * 1024, availableInGroups());
    }

    private long total() {
        final long machine = field(read(processFiles.resolve("meminfo")), "MemTotal:");
        return machine < 0 ? UNLIMITED : machine * 1024;
    }

    /** The least that any of the groups allows, from the process's own up to the root. */
    private long availableInGroups() {
        long least = UNLIMITED;
        for (final String line :
                read(processFiles.resolve("self/cgroup")).lines().toList()) {
            if (line.startsWith("0::")) {
                least = Math.min(least, availableUp(controlGroups, line.substring("0::".length()), true));
            } else if (line.contains(":memory:")) {
                final String group = line.substring(line.indexOf(":memory:") + ":memory:".length());
                least = Math.min(least, availableUp(controlGroups.resolve("memory"), group, false));
            }
        }
        return least;
    }

    private long availableUp(final Path root, final String group, final boolean unified) {
        // In a container the group's name may be one of the host's, while its files are at the root.
        final Path own = root.resolve("./" + group).normalize();
        Path at = own.startsWith(root) ? own : root;
        long least = UNLIMITED;
        while (at != null && at.startsWith(root)) {
            least = Math.min(least, availableIn(at, unified));
            at = at.getParent();
        }
        return least;
    }

    private static long availableIn(final Path group, final boolean unified) {
        final long max = number(read(group.resolve(unified ? "memory.max" : "memory.limit_in_bytes")));
        final long used = number(read(group.resolve(unified ? "memory.current" : "memory.usage_in_bytes")));
        if (max < 0 || used < 0) {
            return UNLIMITED;
        }
        // Cached files count as used, but give way.
        final String facts = "\n" + read(group.resolve("memory.stat"));
        final String prefix = unified ? "\n" : "\ntotal_";
        final long cached =
                Math.max(0, field(facts, prefix + INACTIVE_FILE)) + Math.max(0, field(facts, prefix + ACTIVE_FILE)) / 2;
        return Math.max(0, max - Math.max(0, used - cached));
    }

    private static String read(final Path file) {
        // A plain stream: an interrupt, which would close a channel, means nothing here.
        try (FileInputStream stream = new FileInputStream(file.toString())) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (final IOException e) {
            return "";
        }
    }

    /** The number after a name, or -1. */
    private static long field(final String text, final String name) {
        final int start = text.indexOf(name);
        return start < 0 ? -1 : number(text.substring(start + name.length()));
    }

    /** The number a text begins with, or -1. */
    private static long number(final String text) {
        final String trimmed = text.stripLeading();
        int end = 0;
        while (end < trimmed.length() && Character.isDigit(trimmed.charAt(end))) {
            end++;
        }
        try {
            return Long.parseLong(trimmed, 0, end, 10);
        } catch (final NumberFormatException e) {
            return -1; // "max", say
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quire.store.errors.StoreFullException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnonymousMemoryTest extends LiveMemoryContractTest {
    @Override
    LiveMemory open() {
        return new AnonymousMemory(WINDOW_SHIFT, true, MemoryHeadroom.ofSystem());
    }

    @Test
    void shouldSayWhyThereAreNoHugePages() {
        try (LiveMemory live = open()) {
            if (Runtime.version().feature() < 22) {
                assertThat(live.description())
                        .isEqualTo("anonymous memory, no huge pages (needs Java 22), zeros written");
            } else {
                assertThat(live.description())
                        .startsWith("anonymous memory, ")
                        .contains("huge pages")
                        .endsWith(SystemCalls.instance().populates() ? ", mapped ahead" : ", touched");
            }
        }
        try (LiveMemory live = new AnonymousMemory(WINDOW_SHIFT)) {
            assertThat(live.description()).startsWith("anonymous memory, ").doesNotContain("huge pages");
        }
    }

    @Test
    void shouldAskForHugePagesOnlyWhenWanted() throws Exception {
        assumeThat(SystemCalls.missing()).isEmpty();
        assumeThat(HugePages.missingForAnonymous()).isEmpty();
        try (LiveMemory huge = open();
                LiveMemory small = new AnonymousMemory(WINDOW_SHIFT)) {
            final long hugeBase = huge.reserveWindow(0);
            final long smallBase = small.reserveWindow(0);
            huge.back(0, WINDOW_LENGTH);
            small.back(0, WINDOW_LENGTH);
            assertThat(mappingFlags(hugeBase)).contains("hg");
            assertThat(mappingFlags(smallBase)).doesNotContain("hg");
        }
    }

    @Test
    void shouldMapPagesAheadOfTheirFirstTouch() throws Exception {
        try (LiveMemory live = open()) {
            final long base = live.reserveWindow(0);
            final long before = faults();
            live.back(0, WINDOW_LENGTH);
            final long backed = faults();
            for (long offset = 0; offset < WINDOW_LENGTH; offset += PageDescriptor.PAGE_LENGTH) {
                RawMemory.putLong(base + offset, offset);
            }
            // What else the JVM does in the meantime counts too: half of the pages is far from all.
            assertThat(faults() - backed)
                    .as("faults before: %d", backed - before)
                    .isLessThan(WINDOW_LENGTH / PageDescriptor.PAGE_LENGTH / 2);
        }
    }

    @Test
    void shouldStopBeforeTheSystemHasNoMemoryLeft(@TempDir final Path temp) throws Exception {
        Files.writeString(temp.resolve("meminfo"), "MemTotal: 1048576 kB\nMemAvailable: 81920 kB\nSwapFree: 0 kB\n");
        final MemoryHeadroom headroom = MemoryHeadroom.of(temp, temp.resolve("none"));
        try (LiveMemory live = new AnonymousMemory(26, true, headroom)) {
            final long base = live.reserveWindow(0);
            live.back(0, 1 << 20);
            RawMemory.putLong(base, 42);
            assertThatThrownBy(() -> live.back(1 << 20, 40 << 20))
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("needed=" + (40 << 20))
                    .hasMessageContaining("available=" + (80 << 20));
            assertThat(RawMemory.getLong(base)).isEqualTo(42);
            Files.writeString(temp.resolve("meminfo"), "MemTotal: 1048576 kB\nMemAvailable: 981920 kB\n");
            live.back(1 << 20, 40 << 20);
            RawMemory.setMemory(base, 41 << 20, (byte) 7);
        }
    }

    /** Minor faults of this process so far. */
    private static long faults() throws Exception {
        final String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[7]);
    }

    /** The kernel's flags of the mapping that holds an address. */
    private static String mappingFlags(final long pointer) throws Exception {
        final List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
        boolean inside = false;
        for (final String line : lines) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                final String[] range = line.substring(0, line.indexOf(' ')).split("-");
                inside = Long.parseUnsignedLong(range[0], 16) <= pointer
                        && pointer < Long.parseUnsignedLong(range[1], 16);
            } else if (inside && line.startsWith("VmFlags:")) {
                return line;
            }
        }
        throw new AssertionError("not mapped: " + Long.toHexString(pointer));
    }
}

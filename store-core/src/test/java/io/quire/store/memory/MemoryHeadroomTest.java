/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryHeadroomTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path temp;

    private Path processFiles;
    private Path groups;
    private MemoryHeadroom headroom;

    @BeforeEach
    void makeFiles() throws Exception {
        processFiles = Files.createDirectories(temp.resolve("proc"));
        Files.createDirectories(processFiles.resolve("self"));
        groups = Files.createDirectories(temp.resolve("cgroup"));
        headroom = MemoryHeadroom.of(processFiles, groups);
    }

    @Test
    void shouldNotLimitWhereNothingIsKnown() {
        assertThat(headroom.available()).isEqualTo(MemoryHeadroom.UNLIMITED);
        headroom.take(1L << 40);
        MemoryHeadroom.unlimited().take(1L << 60);
    }

    @Test
    void shouldKnowThisMachine() {
        assertThat(MemoryHeadroom.ofSystem().available()).isBetween(MIB, 1L << 50);
    }

    @Test
    void shouldCountWhatIsAvailableAndSwap() throws Exception {
        machine(300);
        assertThat(headroom.available()).isEqualTo(300 * MIB);
        Files.writeString(
                processFiles.resolve("meminfo"), "MemAvailable:     307200 kB\nSwapFree:        1024 kB\nx: 1\n");
        assertThat(headroom.available()).isEqualTo(301 * MIB);
    }

    @Test
    void shouldTakeTheTightestGroupUpToTheRoot() throws Exception {
        machine(8000);
        Files.writeString(processFiles.resolve("self/cgroup"), "0::/outer/inner\n");
        group("outer/inner", "max", 10 * MIB, 0, 0);
        group("outer", Long.toString(500 * MIB), 200 * MIB, 100 * MIB, 20 * MIB);
        assertThat(headroom.available()).isEqualTo((500 - 200 + 100 + 10) * MIB);
    }

    @Test
    void shouldFindTheGroupOfAContainerAtTheRoot() throws Exception {
        machine(8000);
        Files.writeString(processFiles.resolve("self/cgroup"), "0::/../../docker/of-the-host\n");
        group(".", Long.toString(256 * MIB), 250 * MIB, 0, 0);
        assertThat(headroom.available()).isEqualTo(6 * MIB);
    }

    @Test
    void shouldReadGroupsOfTheFirstVersion() throws Exception {
        machine(8000);
        Files.writeString(processFiles.resolve("self/cgroup"), "4:cpu,cpuacct:/a\n3:memory:/a\n");
        final Path group = Files.createDirectories(groups.resolve("memory/a"));
        Files.writeString(group.resolve("memory.limit_in_bytes"), 100 * MIB + "\n");
        Files.writeString(group.resolve("memory.usage_in_bytes"), 70 * MIB + "\n");
        Files.writeString(group.resolve("memory.stat"), "inactive_file 1\ntotal_inactive_file " + 8 * MIB + "\n");
        assertThat(headroom.available()).isEqualTo(38 * MIB);
    }

    private void machine(final long mib) throws Exception {
        Files.writeString(processFiles.resolve("meminfo"), "MemTotal: 1 kB\nMemAvailable: " + mib * 1024 + " kB\n");
    }

    private void group(final String name, final String max, final long used, final long inactive, final long active)
            throws Exception {
        final Path group = Files.createDirectories(groups.resolve(name));
        Files.writeString(group.resolve("memory.max"), max + "\n");
        Files.writeString(group.resolve("memory.current"), used + "\n");
        Files.writeString(
                group.resolve("memory.stat"), "anon 5\ninactive_file " + inactive + "\nactive_file " + active + "\n");
    }
}

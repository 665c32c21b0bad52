/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemCallsTest {
    /** Grows live memory in a JVM of its own, whose flags are the test's. */
    static final class Child {
        public static void main(final String[] args) {
            final AnonymousMemory live = new AnonymousMemory(22, true, MemoryHeadroom.ofSystem());
            final String description = live.description();
            try (PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(live).growAhead("grower"));
                    PagedMemory shared = PagedMemory.create(new PagedMemory.Builder(
                            MappedFileMemory.shared(Path.of(args[0]), 22, true, MemoryHeadroom.ofSystem())))) {
                for (int i = 0; i < 200; i++) {
                    for (final PagedMemory each : List.of(memory, shared)) {
                        final long address = each.allocateExtent(ExtentKind.PAGES);
                        RawMemory.putLong(each.forWrite(address, 8), i);
                    }
                }
            }
            System.out.println("grew in " + description);
        }
    }

    @TempDir
    Path temp;

    @Test
    void shouldBeThereFromJava22OnAndSayWhyNotBefore() {
        if (Runtime.version().feature() < 22) {
            assertThat(SystemCalls.instance()).isNull();
            assertThat(SystemCalls.missing()).isEqualTo("needs Java 22");
        } else {
            assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
            assertThat(SystemCalls.missing()).isEmpty();
            assertThat(SystemCalls.instance()).isNotNull();
        }
    }

    @Test
    void shouldReportWhatTheSystemRefuses() throws Exception {
        assumeThat(SystemCalls.missing()).isEmpty();
        final SystemCalls calls = SystemCalls.instance();
        assertThat(calls.openFile(temp.resolve("missing").toString())).isNegative();
        assertThat(calls.map(1L << 60)).isZero();
        assertThat(calls.mapOver(12345, 4096)).isFalse();
        assertThat(calls.populate(4096, 4096)).isFalse();
        assertThat(calls.allocateSpace(-1, 0, 4096)).isEqualTo(9); // EBADF
        final Path file = Files.createFile(temp.resolve("file"));
        final int descriptor = calls.openFile(file.toString());
        assertThat(calls.allocateSpace(descriptor, 0, 1L << 62)).isNotZero();
        assertThat(calls.allocateSpace(descriptor, 4096, 4096)).isZero();
        assertThat(Files.size(file)).isEqualTo(8192);
        calls.closeFile(descriptor);
    }

    @Test
    void shouldWarnAtMostOnceWhenNativeAccessWasNotEnabled() throws Exception {
        final String output = child();
        assertThat(output).contains("grew in anonymous memory");
        assertThat(output.split("A restricted method", -1)).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void shouldDoWithoutAWordWhenNativeAccessIsRefused() throws Exception {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(24);
        final String output = child("--illegal-native-access=deny");
        assertThat(output)
                .contains("grew in anonymous memory, no huge pages (native access is not enabled)")
                .doesNotContain("restricted")
                .doesNotContain("native-access");
    }

    private String child(final String... flags) throws Exception {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m", "-XX:+UseSerialGC"));
        for (final String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (argument.startsWith("--add-opens")) {
                command.add(argument); // Agrona 2.x needs it; what silences the warnings is left out
            }
        }
        command.addAll(List.of(flags));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                temp.resolve("memory").toString()));
        final Path output = temp.resolve("output");
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}

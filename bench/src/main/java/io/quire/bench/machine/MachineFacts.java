/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a report must say about where and with what it was made: time, commit, machine, kernel, file systems, JVM.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class MachineFacts {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    private static final Path HUGE_PAGES_SHM = Path.of("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
    private static final long COMMAND_LIMIT_S = 10;
    private static final int MEBIBYTE_SHIFT = 20;

    private MachineFacts() {}

    /**
     * Collects the facts.
     *
     * @param dataDirectory where contestants keep files
     * @return facts by name
     */
    public static Map<String, Object> collect(final Path dataDirectory) {
        final Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("time", Instant.now().toString());
        facts.put("commit", commandOutput("git", "rev-parse", "HEAD"));
        facts.put("commitClean", commandOutput("git", "status", "--porcelain").isEmpty());
        facts.put("processor", processorName());
        facts.put("processorCount", CorePinning.coreCount());
        facts.put("memoryAvailableMiB", FreeMemory.availableLength() >>> MEBIBYTE_SHIFT);
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("hugePages", selected(HUGE_PAGES));
        facts.put("hugePagesInTmpfs", selected(HUGE_PAGES_SHM));
        facts.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        facts.put("javaArguments", ManagementFactory.getRuntimeMXBean().getInputArguments());
        facts.put("dataFileSystem", fileSystemOf(dataDirectory));
        return facts;
    }

    private static String fileSystemOf(final Path directory) {
        try {
            return Files.getFileStore(directory).type();
        } catch (final IOException e) {
            return "unknown";
        }
    }

    private static String processorName() {
        try {
            for (final String line : Files.readAllLines(CPUINFO, StandardCharsets.UTF_8)) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).trim();
                }
            }
        } catch (final IOException e) {
            return "unknown";
        }
        return "unknown";
    }

    private static String selected(final Path choices) {
        try {
            return Files.readString(choices, StandardCharsets.US_ASCII).trim();
        } catch (final IOException e) {
            return "unknown";
        }
    }

    private static String commandOutput(final String... command) {
        try {
            final Process process = new ProcessBuilder(List.of(command))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            return process.waitFor(COMMAND_LIMIT_S, TimeUnit.SECONDS) && process.exitValue() == 0 ? output : "unknown";
        } catch (final IOException e) {
            return "unknown";
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }
}

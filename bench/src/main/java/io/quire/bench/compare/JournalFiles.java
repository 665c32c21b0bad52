/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Files of lines by which an interrupted run is resumed. */
final class JournalFiles {
    private static final String PLAN = "plan.json";

    private JournalFiles() {}

    /**
     * Keeps the plan of a run in its directory.
     *
     * @param directory of the results; created when absent
     * @param plan what is to be run
     * @throws IllegalArgumentException when the directory has a run with another plan
     */
    static void keepPlan(final Path directory, final Message plan) throws IOException {
        Files.createDirectories(directory);
        final Path file = directory.resolve(PLAN);
        if (!Files.exists(file)) {
            Files.writeString(file, plan.line() + "\n");
        } else if (!Files.readString(file).trim().equals(plan.line())) {
            throw new IllegalArgumentException("the directory has a run with another plan: directory=" + directory
                    + "; choose another one, or repeat that run's options: "
                    + Files.readString(file).trim());
        }
    }

    /** {@return whether the directory has the results of a run, or nothing} */
    static boolean isRun(final Path directory) {
        if (Files.exists(directory.resolve(PLAN))) {
            return true;
        }
        try (Stream<Path> found = Files.list(directory)) {
            return found.findAny().isEmpty();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the complete lines of a file; the last one may have been cut off by a kill. */
    static List<String> lines(final Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        final String text = Files.readString(file, StandardCharsets.UTF_8);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    static void append(final Path file, final Message message) throws IOException {
        Files.writeString(file, message.line() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}

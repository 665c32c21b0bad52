/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.ScratchDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Where results go when nobody says so.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class ResultDirectories {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private ResultDirectories() {}

    /**
     * Names a directory after the present second, UTC.
     *
     * @param kind of measurement
     * @return a path below target/bench, not created
     */
    public static Path fresh(final String kind) {
        return Path.of("target", "bench", LocalDateTime.now(ZoneOffset.UTC).format(STAMP) + "-" + kind);
    }

    /**
     * Deletes an earlier run.
     *
     * @param directory of its results; may be absent
     * @throws IllegalArgumentException when the directory holds something else
     */
    public static void clear(final Path directory) {
        if (Files.exists(directory) && !JournalFiles.isRun(directory)) {
            throw new IllegalArgumentException("not deleted, because it holds no run of bench: " + directory);
        }
        ScratchDirectory.delete(directory);
    }
}

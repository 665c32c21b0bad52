/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is said about contestants beside their figures: settings, arguments of their JVM, memory, failures. Kept in a
 * file as it comes, so that a resumed run still has what the earlier sessions noted.
 *
 * <p>Threading: confined to one thread.
 */
final class ContestantNotes {
    private static final String FILE_NAME = "contestants.json";

    private static final String FAILED = "FAILED in fork ";
    private static final String LEFT_OUT = "left out of fork ";

    private final Path file;
    private final Map<String, Map<String, Object>> notes = new TreeMap<>();

    /** Reads what earlier sessions noted in the directory, if anything. */
    @SuppressWarnings("unchecked")
    ContestantNotes(final Path directory) {
        file = directory.resolve(FILE_NAME);
        if (Files.exists(file)) {
            try {
                JSON.std
                        .mapFrom(Files.readString(file))
                        .forEach((title, fields) -> notes.put(title, (Map<String, Object>) fields));
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void note(final String unitTitle, final String peer, final String name, final Object value) {
        notes.computeIfAbsent(unitTitle + " | " + peer, title -> new LinkedHashMap<>())
                .put(name, value);
        try {
            Files.writeString(
                    file, JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(notes) + "\n");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void opened(final String unitTitle, final String peer, final Object settings, final List<String> jvmArguments) {
        note(unitTitle, peer, "settings", settings);
        note(unitTitle, peer, "jvmArguments", jvmArguments);
    }

    void took(final String unitTitle, final String peer, final double bytesPerEntry) {
        note(unitTitle, peer, "bytesPerEntry", bytesPerEntry);
    }

    /** Forgets what an earlier session noted of a fork that is run again. */
    void begin(final String unitTitle, final int fork) {
        notes.forEach((title, fields) -> {
            if (title.startsWith(unitTitle + " | ")) {
                fields.remove(FAILED + fork);
                fields.remove(LEFT_OUT + fork);
            }
        });
    }

    void failed(final String unitTitle, final String peer, final int fork, final String reason) {
        note(unitTitle, peer, FAILED + fork, reason);
    }

    void leftOut(final String unitTitle, final String peer, final int fork, final String reason) {
        note(unitTitle, peer, LEFT_OUT + fork, reason);
    }

    Map<String, Map<String, Object>> asMap() {
        return notes;
    }

    /** Prints memory, settings and failures, one line for each contestant in each block. */
    String text() {
        final StringBuilder out = new StringBuilder("\nmemory and settings\n");
        notes.forEach((title, fields) -> {
            out.append(title).append(": ");
            if (fields.containsKey("bytesPerEntry")) {
                out.append(Math.round(((Number) fields.get("bytesPerEntry")).doubleValue()))
                        .append(" B an entry; ");
            }
            out.append(fields.getOrDefault("settings", Map.of()));
            fields.forEach((name, value) -> {
                if (name.startsWith(FAILED) || name.startsWith(LEFT_OUT)) {
                    out.append("; ").append(name).append(": ").append(value);
                }
            });
            out.append('\n');
        });
        return out.toString();
    }
}

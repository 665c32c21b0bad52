/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Messages with equal fields as comma-separated lines below their names. No value holds a comma or a line end, so
 * nothing is quoted.
 *
 * <p>Threading: thread-safe, no state.
 */
public final class CsvFile {
    private CsvFile() {}

    /**
     * Writes a file.
     *
     * @param file overwritten
     * @param rows may be empty
     * @throws IOException when it cannot be written
     */
    public static void write(final Path file, final List<Message> rows) throws IOException {
        Files.writeString(file, text(rows), StandardCharsets.UTF_8);
    }

    static String text(final List<Message> rows) {
        if (rows.isEmpty()) {
            return "";
        }
        final StringBuilder out = new StringBuilder();
        out.append(String.join(",", rows.get(0).fields().keySet())).append('\n');
        for (final Message row : rows) {
            out.append(row.fields().values().stream().map(String::valueOf).collect(Collectors.joining(",")))
                    .append('\n');
        }
        return out.toString();
    }

    /**
     * Reads a file that {@link #write} wrote; all values are texts.
     *
     * @param file to read
     * @return rows
     * @throws IOException when it cannot be read
     */
    public static List<Message> read(final Path file) throws IOException {
        final List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        final List<Message> rows = new ArrayList<>();
        if (lines.isEmpty()) {
            return rows;
        }
        final String[] names = lines.get(0).split(",", -1);
        for (final String line : lines.subList(1, lines.size())) {
            final String[] values = line.split(",", -1);
            final Message row = new Message();
            for (int i = 0; i < names.length; i++) {
                row.with(names[i], values[i]);
            }
            rows.add(row);
        }
        return rows;
    }
}

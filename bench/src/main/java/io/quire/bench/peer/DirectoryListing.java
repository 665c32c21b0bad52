/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Files of one directory with their lengths, at one moment.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param lengths bytes by file name
 */
record DirectoryListing(Map<String, Long> lengths) {
    /**
     * Lists a directory.
     *
     * @param directory to list, not its directories
     * @return regular files in it
     */
    static DirectoryListing of(final Path directory) {
        final Map<String, Long> lengths = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (final Path file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file)) {
                    lengths.put(file.getFileName().toString(), Files.size(file));
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DirectoryListing(Map.copyOf(lengths));
    }

    List<String> names() {
        return List.copyOf(lengths.keySet());
    }

    long lengthOfAllBut(final List<String> names) {
        return lengths.entrySet().stream()
                .filter(entry -> !names.contains(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}

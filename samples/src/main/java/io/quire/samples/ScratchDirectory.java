/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * A directory that is gone when the program is, so that the samples leave nothing behind. Not part of what they show.
 *
 * <p>Threading: confined to one thread.
 */
final class ScratchDirectory implements AutoCloseable {
    private final Path path;

    ScratchDirectory() throws IOException {
        path = Files.createTempDirectory("quire-sample-");
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        final List<Path> deepestFirst;
        try (var files = Files.walk(path)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path file : deepestFirst) {
            Files.delete(file);
        }
    }
}

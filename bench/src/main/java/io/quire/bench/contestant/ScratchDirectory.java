/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory for the files of contestants, deleted with all it holds at the end, also when the JVM is told to end.
 *
 * <p>Threading: confined to one thread.
 */
public final class ScratchDirectory implements AutoCloseable {
    private static final String PREFIX = "quire-bench-";

    private final Path directory;
    private final Thread deleteAtExit;

    private ScratchDirectory(final Path directory) {
        this.directory = directory;
        deleteAtExit = new Thread(() -> delete(directory), "bench-delete");
        Runtime.getRuntime().addShutdownHook(deleteAtExit);
    }

    /**
     * Makes a new directory.
     *
     * @param parent exists
     * @return the directory
     */
    public static ScratchDirectory in(final Path parent) {
        try {
            return new ScratchDirectory(Files.createTempDirectory(parent, PREFIX));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes an empty directory in this one.
     *
     * @param name of the directory; what was there of that name is deleted
     * @return the directory
     */
    public Path empty(final String name) {
        final Path path = directory.resolve(name);
        delete(path);
        try {
            return Files.createDirectories(path);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Deletes a directory with all it holds, and what killed processes have left in memory files for the stores there:
     * a store that is opened later would keep it for days, since it cannot know that nobody misses this one.
     *
     * @param path may be absent
     */
    public static void delete(final Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> found = Files.walk(path)) {
            final List<Path> deepestFirst =
                    found.sorted(Comparator.reverseOrder()).toList();
            for (final Path each : deepestFirst) {
                if (each.endsWith(OwnerRecord.FILE_NAME)) {
                    LivePlace.discard(each.getParent().toRealPath());
                }
                Files.deleteIfExists(each);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(deleteAtExit);
        delete(directory);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.checkpoint.live.LivePlace;
import io.quire.checkpoint.live.OwnerRecord;
import io.quire.cli.CommandFailure;
import io.quire.cli.ExitCode;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The folder of the demo, which leaves nothing behind.
 *
 * <p>Threading: confined to one thread.
 */
final class DemoDirectory {
    private static final long SPACE_PER_ENTRY = 200;
    private static final long SPACE_MIN = 1L << 30;

    private DemoDirectory() {}

    /**
     * Makes the folder.
     *
     * @param wanted as the user named it, null for a new one among temporary files
     * @param entryCount counters, which say how much space is needed
     * @return the folder, empty
     */
    static Path create(final Path wanted, final int entryCount) {
        try {
            if (wanted == null) {
                return checkSpace(Files.createTempDirectory("quire-demo-"), entryCount);
            }
            if (Files.exists(wanted) && !isEmptyDirectory(wanted)) {
                throw new CommandFailure(
                        ExitCode.STORE_ERROR, "'" + wanted + "' is not an empty directory; the demo removes its own");
            }
            return checkSpace(Files.createDirectories(wanted).toRealPath(), entryCount);
        } catch (final IOException e) {
            throw new CommandFailure(
                    ExitCode.STORE_ERROR, "cannot make a directory for the demo: " + SystemReason.of(e), e);
        }
    }

    private static boolean isEmptyDirectory(final Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static Path checkSpace(final Path directory, final int entryCount) throws IOException {
        final long needed = SPACE_MIN + SPACE_PER_ENTRY * entryCount;
        final long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < needed) {
            Files.delete(directory);
            throw new CommandFailure(
                    ExitCode.STORE_ERROR,
                    "not enough space for the demo in '"
                            + directory.toAbsolutePath().getParent() + "': about "
                            + (needed >> 20) + " MiB needed, " + (usable >> 20)
                            + " MiB there; name another place with --dir, or fewer --entries");
        }
        return directory;
    }

    /**
     * Removes the folder, and what a killed writer left in memory.
     *
     * @param directory from {@link #create}
     * @param store directory of the store inside it
     * @throws IOException when something cannot be removed
     */
    static void remove(final Path directory, final Path store) throws IOException {
        final OwnerRecord owner = Files.isDirectory(store) ? OwnerRecord.read(store) : null;
        if (owner != null && isLivePlace(owner.liveDirectory())) {
            removeTree(owner.liveDirectory());
        }
        removeTree(directory);
    }

    private static boolean isLivePlace(final Path path) {
        return path.isAbsolute()
                && path.getFileName() != null
                && path.getFileName().toString().startsWith(LivePlace.DIRECTORY_PREFIX);
    }

    private static void removeTree(final Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(final Path visited, final IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

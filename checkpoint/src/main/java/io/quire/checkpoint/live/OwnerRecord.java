/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.live;

import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Properties;

/**
 * Who has a store open and where its live files are: a small text file of {@code name=value} lines, for messages, for
 * inspection and for clearing up after a dead owner. It decides nothing by itself: the lock does.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param process the owner
 * @param sinceMs when it opened the store, milliseconds since 1970
 * @param storeDirectory real path of the store
 * @param liveDirectory where its ring is, and its live memory if that is a file
 * @param liveMemory what backed its live memory when it opened the store, for people
 */
public record OwnerRecord(
        ProcessIdentity process, long sinceMs, Path storeDirectory, Path liveDirectory, String liveMemory) {
    /** Name of the file, in the store's directory and in the live directory. */
    public static final String FILE_NAME = "OWNER";

    private static final int LENGTH_MAX = 64 * 1024;

    /**
     * Reads a record; whatever is wrong with it counts as none, since nothing depends on it.
     *
     * @param directory holds the file
     * @return the record, or null
     */
    public static OwnerRecord read(final Path directory) {
        final Path file = directory.resolve(FILE_NAME);
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LENGTH_MAX) {
                return null;
            }
            final Properties fields = new Properties();
            fields.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
            return new OwnerRecord(
                    new ProcessIdentity(
                            number(fields, "pid"), number(fields, "start-ticks"), fields.getProperty("namespace", "")),
                    number(fields, "since"),
                    Path.of(fields.getProperty("store", "")),
                    Path.of(fields.getProperty("live", "")),
                    fields.getProperty("memory", ""));
        } catch (final IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private static long number(final Properties fields, final String name) {
        return Long.parseLong(fields.getProperty(name, "0"));
    }

    /**
     * Writes the record, replacing what is there.
     *
     * @param directory takes the file
     * @throws StoreIoException when it cannot be written
     */
    public void write(final Path directory) {
        final Path file = directory.resolve(FILE_NAME);
        final Path temporary = directory.resolve(FILE_NAME + ".tmp");
        final String text = "pid=" + process.pid() + "\nstart-ticks=" + process.startTicks() + "\nnamespace="
                + escape(process.namespace()) + "\nsince=" + sinceMs + "\nstore="
                + escape(storeDirectory.toString()) + "\nlive=" + escape(liveDirectory.toString()) + "\nmemory="
                + escape(liveMemory) + "\n";
        try {
            Files.deleteIfExists(temporary);
            try (var channel = Files.newByteChannel(
                    temporary,
                    EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                channel.write(java.nio.ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException e) {
            throw new StoreIoException(
                    "owner record could not be written: file=" + file + " (" + SystemReason.of(e) + ")", e);
        }
    }

    private static String escape(final String value) {
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    /**
     * Removes the record; a missing one is fine.
     *
     * @param directory holds the file
     * @throws StoreIoException when it cannot be removed
     */
    public static void remove(final Path directory) {
        try {
            Files.deleteIfExists(directory.resolve(FILE_NAME));
        } catch (final NoSuchFileException e) {
            // gone already
        } catch (final IOException e) {
            throw new StoreIoException(
                    "owner record could not be removed: directory=" + directory + " (" + SystemReason.of(e) + ")", e);
        }
    }
}

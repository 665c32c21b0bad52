/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.cli.CommandFailure;
import io.quire.cli.ExitCode;
import io.quire.cli.FileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A regular file, known by its real path: two symbolic links to it are one input, two hard links are two.
 *
 * <p>Whether it is still the file of an earlier run is decided by its content: the first and the last bytes that run
 * read. A change in between, of the same length, goes unnoticed.
 *
 * <p>Threading: immutable; opened by the scanning thread.
 */
final class FileInput implements Input {
    private final String name;
    private final Path path;
    private final byte[] key;
    private final long length;

    private FileInput(final String name, final Path path, final long length) {
        this.name = name;
        this.path = path;
        this.key = FileName.bytes(path);
        this.length = length;
    }

    /**
     * Finds a file and makes sure that it can be read.
     *
     * @param argument as the user named it
     * @return the input
     * @throws CommandFailure when there is no such file, it is not a regular file, or it cannot be read
     */
    static FileInput find(final String argument) {
        try {
            if (argument.isEmpty()) {
                throw new NoSuchFileException(argument);
            }
            final Path path = FileName.path(argument).toRealPath();
            if (Files.isDirectory(path)) {
                throw failure(argument, "is a directory", null);
            }
            if (!Files.isRegularFile(path)) {
                throw failure(argument, "is not a regular file; pipe it to standard input", null);
            }
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                return new FileInput(argument, path, channel.size());
            }
        } catch (final NoSuchFileException e) {
            throw failure(argument, "no such file", e);
        } catch (final AccessDeniedException e) {
            throw failure(argument, "permission denied", e);
        } catch (final IOException e) {
            throw failure(argument, reason(e), e);
        } catch (final IllegalArgumentException e) {
            throw failure(argument, "no file can have this name", e);
        }
    }

    static CommandFailure failure(final String name, final String reason, final Throwable cause) {
        return new CommandFailure(ExitCode.STORE_ERROR, "cannot read '" + name + "': " + reason, cause);
    }

    static String reason(final IOException e) {
        if (e instanceof java.nio.file.FileSystemException fileSystem && fileSystem.getReason() != null) {
            return fileSystem.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] key() {
        return key;
    }

    @Override
    public boolean resumable() {
        return true;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public boolean check(final FilePosition position) {
        final long seen = position.seen();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            final int evidenceLength = position.evidenceLength();
            final boolean same = crc(channel, 0, evidenceLength, seen) == position.headCrc()
                    && crc(channel, seen - evidenceLength, evidenceLength, seen) == position.recentCrc();
            if (!same) {
                throw failure(
                        name,
                        "its first " + seen + " bytes are counted already and are not the same any more: the file was"
                                + " replaced or rewritten. Count it into a new directory, or give it another name",
                        null);
            }
            return position.openWordId() != 0 || channel.read(ByteBuffer.allocate(1), seen) > 0;
        } catch (final IOException e) {
            throw failure(name, reason(e), e);
        }
    }

    private int crc(final FileChannel channel, final long offset, final int crcLength, final long seen)
            throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(crcLength);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw failure(
                        name,
                        seen + " bytes of it are counted already, and it has only " + channel.size()
                                + " now: the file was truncated or replaced. Count it into a new directory, or give it"
                                + " another name",
                        null);
            }
        }
        return crc(bytes.array(), 0, crcLength);
    }

    static int crc(final byte[] bytes, final int offset, final int crcLength) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, offset, crcLength);
        return (int) crc.getValue();
    }

    @Override
    public InputBytes open(final long offset) throws IOException {
        final FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        channel.position(offset);
        return new InputBytes() {
            @Override
            public int read(final byte[] target, final int at, final int readLength) throws IOException {
                return channel.read(ByteBuffer.wrap(target, at, readLength));
            }

            @Override
            public boolean ready() {
                return true;
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}

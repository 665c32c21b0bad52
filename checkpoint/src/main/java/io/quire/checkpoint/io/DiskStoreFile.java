/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import org.agrona.CloseHelper;

/**
 * An open file of the local file system.
 *
 * <p>Threading: as {@link StoreFile} says.
 */
final class DiskStoreFile implements StoreFile {
    /** Opens the file once more, so that each write to it is forced. */
    @FunctionalInterface
    interface ForcedOpener {
        RandomAccessFile open(Path path) throws IOException;
    }

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(64 * 1024).asReadOnlyBuffer(); // once: what is outside of the heap is scarce
    private static final int FORCED_LENGTH_MIN = 4 * 1024;
    private static final boolean HAS_FORCED_WRITES =
            System.getProperty("os.name").equals("Linux"); // elsewhere a force may do more than O_DSYNC

    private volatile Path path;
    private final FileChannel channel;
    private final Object key; // of the file itself, whatever its name; null when it is open for reading
    private final long mapWindowLength;
    private final ForcedOpener forcedOpener;
    private RandomAccessFile forcedWrites; // the same file, each write to it forced; opened when it is needed
    private byte[] forcedBytes = {};

    DiskStoreFile(final Path path, final FileChannel channel, final Object key, final long mapWindowLength) {
        this(path, channel, key, mapWindowLength, file -> new RandomAccessFile(file.toString(), "rwd"));
    }

    DiskStoreFile(
            final Path path,
            final FileChannel channel,
            final Object key,
            final long mapWindowLength,
            final ForcedOpener forcedOpener) {
        this.path = path;
        this.channel = channel;
        this.key = key;
        this.mapWindowLength = mapWindowLength;
        this.forcedOpener = forcedOpener;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void renamed(final Path now) {
        path = now;
    }

    @Override
    public long size() {
        try {
            return channel.size();
        } catch (final IOException e) {
            throw DiskStoreFiles.failure("ask for the length of", path, 0, e);
        }
    }

    @Override
    public void write(final long position, final ByteBuffer source) {
        long next = position;
        while (source.hasRemaining()) {
            final int written;
            try {
                written = channel.write(source, next);
            } catch (final NonWritableChannelException e) {
                throw readOnly(e);
            } catch (final IOException e) {
                throw DiskStoreFiles.failure("write at offset " + next + " of", path, source.remaining(), e);
            }
            if (written <= 0) {
                throw new StoreIoException("cannot write at offset " + next + " of " + path
                        + ": nothing was written of " + source.remaining() + " bytes");
            }
            next += written;
        }
    }

    private StoreIoException readOnly(final NonWritableChannelException cause) {
        return new StoreIoException("cannot change " + path + ": it is open for reading", cause);
    }

    @Override
    public void read(final long position, final ByteBuffer target) {
        long next = position;
        while (target.hasRemaining()) {
            final int read;
            try {
                read = channel.read(target, next);
            } catch (final IOException e) {
                throw DiskStoreFiles.failure("read at offset " + next + " of", path, 0, e);
            }
            if (read < 0) {
                throw new CorruptStoreException("file ends early: file=" + path + " offset=" + next + " missing="
                        + target.remaining() + " bytes");
            }
            next += read;
        }
    }

    @Override
    public void force(final boolean metadata) {
        try {
            channel.force(metadata);
        } catch (final IOException e) {
            throw DiskStoreFiles.failure("force", path, 0, e);
        }
    }

    @Override
    public boolean writeForced(final long position, final ByteBuffer source) {
        if (!HAS_FORCED_WRITES || path.getFileSystem() != FileSystems.getDefault()) {
            return false;
        }
        final int length = source.remaining();
        try {
            if (forcedWrites == null) {
                try {
                    forcedWrites = openForcedWrites();
                } catch (final FileNotFoundException e) { // also when the process may have no more files
                    return false;
                }
            }
            if (forcedBytes.length < length) {
                forcedBytes = new byte[Math.max(length, FORCED_LENGTH_MIN)];
            }
            source.get(forcedBytes, 0, length);
            forcedWrites.seek(position);
            forcedWrites.write(forcedBytes, 0, length);
        } catch (final IOException e) {
            throw DiskStoreFiles.failure("write and force at offset " + position + " of", path, length, e);
        }
        return true;
    }

    /** By name, unlike all else; so it is made sure that it is the file which is open. */
    private RandomAccessFile openForcedWrites() throws IOException {
        if (key == null) {
            throw readOnly(new NonWritableChannelException());
        }
        checkInPlace();
        final RandomAccessFile file = forcedOpener.open(path);
        try {
            checkInPlace();
        } catch (final StoreIoException e) {
            CloseHelper.close(e::addSuppressed, file);
            throw e;
        }
        return file;
    }

    private void checkInPlace() {
        if (!DiskStoreFiles.regularFileKey(path).equals(key)) {
            throw new StoreIoException("cannot change " + path + ": another file has taken its place");
        }
    }

    @Override
    public void preallocate(final long length) {
        final ByteBuffer zeros = ZEROS.duplicate();
        for (long position = size(); position < length; ) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), length - position));
            final int count = zeros.remaining();
            write(position, zeros);
            position += count;
        }
    }

    @Override
    public void truncate(final long length) {
        try {
            channel.truncate(length);
        } catch (final NonWritableChannelException e) {
            throw readOnly(e);
        } catch (final IOException e) {
            throw DiskStoreFiles.failure("cut to " + length + " bytes", path, 0, e);
        }
    }

    @Override
    public MappedFile mapRead() {
        return DiskMappedFile.map(path, channel, size(), mapWindowLength);
    }

    @Override
    public void close() {
        try {
            closeBoth();
        } catch (final IOException e) {
            throw DiskStoreFiles.failure("close", path, 0, e);
        }
    }

    private void closeBoth() throws IOException {
        try {
            if (forcedWrites != null) {
                forcedWrites.close();
            }
        } finally {
            channel.close();
        }
    }
}

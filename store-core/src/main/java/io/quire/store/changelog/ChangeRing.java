/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.BufferUtil;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A single-producer, single-consumer ring of bytes in a mapped file, which outlives the process that writes it. The
 * layout, and why nothing published is lost when the process is killed, is in {@link ChangeRingDescriptor}.
 *
 * <p>The file belongs on a memory file system beside the live memory; no other place makes the publication of a record
 * cheaper or safer, since the ring is never trusted after a power loss.
 *
 * <p>Threading: one producer and one consumer at a time; positions may be read by any thread. Close after both stopped.
 */
public final class ChangeRing implements AutoCloseable {
    /** Bytes of the body when nothing else is asked for. */
    public static final int DEFAULT_CAPACITY = ChangeRingDescriptor.DEFAULT_CAPACITY;
    /** Fewest bytes a body may have. */
    public static final int MIN_CAPACITY = ChangeRingDescriptor.MIN_CAPACITY;
    /** Most bytes a body may have. */
    public static final int MAX_CAPACITY = ChangeRingDescriptor.MAX_CAPACITY;

    private final Path path;
    private final int capacity;
    private final MappedByteBuffer mapping;
    private final long pointer;
    private final RingSpace space;
    private long preparedIncarnation; // 0 until prepared
    private long incarnation; // 0 until begun
    private boolean isClosed;

    private ChangeRing(
            final Path path, final int capacity, final MappedByteBuffer mapping, final RandomAccessFile file) {
        this.path = path;
        this.capacity = capacity;
        this.mapping = mapping;
        this.pointer = new UnsafeBuffer(mapping).addressOffset();
        space = new RingSpace(path, file, bodyPointer(), capacity);
    }

    /**
     * Creates an empty ring, which atomically replaces whatever is at the path: {@link #allocate},
     * {@link #prepare}, {@link #begin}.
     *
     * @param path file of the ring; its directory exists
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot; a ring of another boot is never believed
     * @param incarnation incarnation of the log that the records are written to
     * @param capacity bytes of the body, a power of two, {@link #MIN_CAPACITY}..{@link #MAX_CAPACITY}
     * @param startPosition log position of the first record, not negative, multiple of 8
     * @return the open ring
     * @throws ConfigurationException when capacity or position is out of range; nothing was changed
     * @throws StoreFullException when there is no space; an existing ring is untouched
     * @throws StoreIoException when the system refuses otherwise; an existing ring is untouched
     */
    public static ChangeRing create(
            final Path path,
            final UUID storeId,
            final long bootIdHash,
            final long incarnation,
            final int capacity,
            final long startPosition) {
        final ChangeRing ring = allocate(path, capacity);
        try {
            ring.prepare(storeId, bootIdHash, incarnation, startPosition);
            ring.begin();
            return ring;
        } catch (final RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    /**
     * Makes the file of a ring, under a temporary name, and maps it. Unless {@link #takeAllSpace} does so before, its
     * space is taken piece by piece once it is prepared: the first 256 KiB then, more ahead of the producer during its
     * first lap.
     *
     * @param path file that the ring is to replace; its directory exists
     * @param capacity bytes of the body, a power of two, {@link #MIN_CAPACITY}..{@link #MAX_CAPACITY}
     * @return the ring, to be prepared and begun before it is used
     * @throws ConfigurationException when the capacity is out of range; nothing was changed
     * @throws StoreFullException when there is no space; an existing ring is untouched
     * @throws StoreIoException when the system refuses otherwise; an existing ring is untouched
     */
    public static ChangeRing allocate(final Path path, final int capacity) {
        checkCapacity(capacity);
        final Path temporary = temporaryPath(path);
        RandomAccessFile file = null;
        try {
            Files.deleteIfExists(temporary);
            createEmpty(temporary);
            // Not a channel: an interrupt of the opening thread would close it half way.
            file = new RandomAccessFile(temporary.toString(), "rw");
            final long length = ChangeRingDescriptor.BODY_OFFSET + (long) capacity;
            file.setLength(length);
            file.write(new byte[ChangeRingDescriptor.BODY_OFFSET]);
            return new ChangeRing(path, capacity, map(temporary, length), file);
        } catch (final IOException | OutOfMemoryError e) {
            CloseHelper.close(e::addSuppressed, file);
            throw createFailed(path, capacity, e);
        }
    }

    /**
     * Takes the space of the whole body at once, where it may be gone later. Costs milliseconds for the default
     * capacity. Before {@link #prepare}.
     *
     * @throws StoreFullException when there is not that much; close the ring, an existing one is untouched
     * @throws StoreIoException when the system refuses otherwise; the same
     */
    public void takeAllSpace() {
        space.takeAll();
    }

    /**
     * Gives an allocated ring its identity and a name under which recovery finds it when the process is killed before
     * {@link #begin}: nothing was written to it then, but nothing is missing either.
     *
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot; a ring of another boot is never believed
     * @param newIncarnation incarnation of the log that the records are written to, greater than 0
     * @param startPosition log position of the first record, not negative, multiple of 8
     * @throws ConfigurationException when the position is out of range; nothing was changed
     * @throws StoreFullException when there is no space for the beginning of the body; an existing ring is untouched
     * @throws StoreIoException when the system refuses otherwise; an existing ring is untouched
     */
    public void prepare(
            final UUID storeId, final long bootIdHash, final long newIncarnation, final long startPosition) {
        if (startPosition < 0 || (startPosition & (ChangeRecordDescriptor.ALIGNMENT - 1)) != 0) {
            throw new ConfigurationException("start position of a ring must be a non-negative multiple of "
                    + ChangeRecordDescriptor.ALIGNMENT + ": startPosition=" + startPosition);
        }
        space.start(startPosition);
        final byte[] header = header(storeId, bootIdHash, newIncarnation, capacity, startPosition);
        RawMemory.copy(header, RawMemory.ARRAY_OFFSET, null, pointer, header.length);
        rename(temporaryPath(path), preparedPath(path));
        preparedIncarnation = newIncarnation;
    }

    /**
     * Gives a prepared ring its name, which atomically replaces whatever is at its path. What the old ring holds must
     * be durable in the log by then.
     *
     * @throws StoreIoException when the system refuses; an existing ring and the prepared one are untouched
     */
    public void begin() {
        rename(preparedPath(path), path);
        incarnation = preparedIncarnation;
    }

    private static void rename(final Path from, final Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException e) {
            throw new StoreIoException("change-log ring could not be renamed: file=" + from + " (" + e + ")", e);
        }
    }

    /**
     * Where a ring is that was prepared but not begun.
     *
     * @param path file of the ring
     * @return its name until then
     */
    public static Path preparedPath(final Path path) {
        return path.resolveSibling(path.getFileName() + ".next");
    }

    /**
     * Removes all files of a ring, those of one that was not begun included; missing ones are ignored.
     *
     * @param path file of the ring
     * @throws StoreIoException when the system refuses
     */
    public static void deleteAll(final Path path) {
        delete(path);
        delete(preparedPath(path));
        delete(temporaryPath(path));
    }

    private static Path temporaryPath(final Path path) {
        return path.resolveSibling(path.getFileName() + ".tmp");
    }

    private static void checkCapacity(final int capacity) {
        if (Integer.bitCount(capacity) != 1 || capacity < MIN_CAPACITY || capacity > MAX_CAPACITY) {
            throw new ConfigurationException("ring capacity must be a power of two from " + MIN_CAPACITY + " to "
                    + MAX_CAPACITY + ": capacity=" + capacity);
        }
    }

    private static byte[] header(
            final UUID storeId,
            final long bootIdHash,
            final long incarnation,
            final int capacity,
            final long startPosition) {
        final ByteBuffer header =
                ByteBuffer.allocate(ChangeRingDescriptor.BODY_OFFSET).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(ChangeRingDescriptor.MAGIC_OFFSET, ChangeRingDescriptor.MAGIC);
        header.putShort(ChangeRingDescriptor.FILE_KIND_OFFSET, ChangeRingDescriptor.FILE_KIND);
        header.putShort(ChangeRingDescriptor.MAJOR_VERSION_OFFSET, ChangeRingDescriptor.MAJOR_VERSION);
        header.putShort(ChangeRingDescriptor.MINOR_VERSION_OFFSET, ChangeRingDescriptor.MINOR_VERSION);
        header.put(ChangeRingDescriptor.PAGE_SHIFT_OFFSET, (byte) PageDescriptor.PAGE_SHIFT);
        header.put(ChangeRingDescriptor.LINE_SHIFT_OFFSET, (byte) PageDescriptor.LINE_SHIFT);
        header.putLong(ChangeRingDescriptor.STORE_ID_HIGH_OFFSET, storeId.getMostSignificantBits());
        header.putLong(ChangeRingDescriptor.STORE_ID_LOW_OFFSET, storeId.getLeastSignificantBits());
        header.putLong(ChangeRingDescriptor.INCARNATION_OFFSET, incarnation);
        header.putLong(ChangeRingDescriptor.BOOT_ID_HASH_OFFSET, bootIdHash);
        header.putLong(ChangeRingDescriptor.CAPACITY_OFFSET, capacity);
        final CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, ChangeRingDescriptor.HEADER_CRC_OFFSET);
        header.putInt(ChangeRingDescriptor.HEADER_CRC_OFFSET, (int) crc.getValue());
        header.putLong(ChangeRingDescriptor.HEAD_OFFSET, startPosition);
        header.putLong(ChangeRingDescriptor.TAIL_OFFSET, startPosition);
        return header.array();
    }

    private static void createEmpty(final Path path) throws IOException {
        Files.newByteChannel(
                        path,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                .close();
    }

    private static MappedByteBuffer map(final Path path, final long length) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try (FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                    return channel.map(MapMode.READ_WRITE, 0, length);
                } catch (final ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException createFailed(final Path path, final int capacity, final Throwable cause) {
        try {
            Files.deleteIfExists(temporaryPath(path));
        } catch (final IOException e) {
            cause.addSuppressed(e);
        }
        return RingSpace.failure(path, capacity, cause);
    }

    /** {@return file of the ring} */
    public Path path() {
        return path;
    }

    /** {@return bytes of the body} */
    public int capacity() {
        return capacity;
    }

    /** {@return incarnation of the log that the records are written to; 0 until begun} */
    public long incarnation() {
        return incarnation;
    }

    /** {@return bytes of the longest record, padding included, that is not cut into fragments} */
    public int maxRecordLength() {
        return ChangeRingDescriptor.maxRecordLength(capacity);
    }

    /** {@return log position up to which records are in the log segment's file; loaded with acquire} */
    public long headAcquire() {
        return RawMemory.getLongAcquire(pointer + ChangeRingDescriptor.HEAD_OFFSET);
    }

    /**
     * Releases records to the producer, once they are in the log segment's file. Consumer only.
     *
     * @param position log position, from the head to the tail
     */
    public void headRelease(final long position) {
        assert position >= headAcquire() && position <= tailAcquire() : "position=" + position;
        RawMemory.putLongRelease(pointer + ChangeRingDescriptor.HEAD_OFFSET, position);
    }

    /** {@return log position up to which records are published; loaded with acquire} */
    public long tailAcquire() {
        return RawMemory.getLongAcquire(pointer + ChangeRingDescriptor.TAIL_OFFSET);
    }

    /** Log position up to which the body has space behind it, {@link RingSpace#COMPLETE} when all of it has. */
    long spaceEnd() {
        return space.end();
    }

    /**
     * Makes sure that there is space up to a log position, no more than a lap behind the start. By the producer, which
     * usually finds it taken.
     *
     * @throws StoreFullException when there is none
     * @throws StoreIoException when the system refuses otherwise
     */
    void takeSpace(final long position) {
        space.take(position);
    }

    /**
     * Takes space ahead of the producer, a piece of 128 KiB at most, so that it finds it taken. By the consumer, often;
     * costs nothing once there is enough.
     */
    public void takeSpaceAhead() {
        space.takeAhead(tailAcquire());
    }

    /** {@return bytes of the body that have space behind them by now} */
    public int spaceLength() {
        return space.length();
    }

    /** Native pointer of the tail, for the producer. */
    long tailPointer() {
        return pointer + ChangeRingDescriptor.TAIL_OFFSET;
    }

    /** Native pointer of the body, for the producer. */
    long bodyPointer() {
        return pointer + ChangeRingDescriptor.BODY_OFFSET;
    }

    /**
     * Native pointer of the byte at a log position. Consumer: readable from the head to the tail, not past the end of
     * the body, see {@link #contiguousLength}. It lies in a mapping: copy, never checksum or compress in place.
     *
     * @param position log position
     * @return native pointer
     */
    public long pointerOf(final long position) {
        return bodyPointer() + (position & (capacity - 1));
    }

    /**
     * Bytes from a log position to the end of the body. Records never wrap, so a range that ends there ends with a
     * record.
     *
     * @param position log position
     * @return bytes, greater than 0
     */
    public int contiguousLength(final long position) {
        return capacity - (int) (position & (capacity - 1));
    }

    /** Unmaps the ring; the file of one that was prepared or begun stays. A second call has no effect. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            space.close();
            BufferUtil.free(mapping);
            if (preparedIncarnation == 0) {
                delete(temporaryPath(path));
            }
        }
    }

    /**
     * Removes the file of a ring that is empty or no longer needed; a missing one is ignored.
     *
     * @param path file of the ring
     * @throws StoreIoException when the system refuses
     */
    public static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            throw new StoreIoException(
                    "change-log ring could not be removed: file=" + path + " (" + SystemReason.of(e) + ")", e);
        }
    }
}

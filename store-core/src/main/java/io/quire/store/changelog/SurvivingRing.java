/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.StoreIoException;
import io.quire.store.errors.SystemReason;
import io.quire.store.memory.RawMemory;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What a killed process has left in its ring, read into private memory through the file, never through a mapping.
 * Reading changes nothing.
 *
 * <p>The ring of a living process can be looked at, too: what was read is whole if the head has not passed its start
 * meanwhile, see {@link #headNow}. Without that it may be anything.
 *
 * <p>Threading: confined to one thread.
 */
public final class SurvivingRing implements AutoCloseable {
    /** What was found at the path of a ring. */
    public enum Status {
        /** No file. */
        MISSING,
        /** A ring of another store, boot or layout: to be ignored, {@link #reason} says why. */
        FOREIGN,
        /** A ring that should be this store's but is damaged: {@link #reason} says how. */
        DAMAGED,
        /** This store's ring, positions and records well-formed. */
        VALID
    }

    private final Path path;
    private final Status status;
    private final String reason;
    private final long incarnation;
    private final long head;
    private final long tail;
    private long pointer;

    private SurvivingRing(
            final Path path,
            final Status status,
            final String reason,
            final long incarnation,
            final long head,
            final long tail,
            final long pointer) {
        this.path = path;
        this.status = status;
        this.reason = reason;
        this.incarnation = incarnation;
        this.head = head;
        this.tail = tail;
        this.pointer = pointer;
    }

    /**
     * Reads the ring at a path.
     *
     * @param path file of the ring
     * @param storeId identity of the store
     * @param bootIdHash hash of the identity of the running system's boot
     * @return what was found there
     * @throws StoreIoException when the file is there but cannot be read
     */
    public static SurvivingRing read(final Path path, final UUID storeId, final long bootIdHash) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return rejected(path, Status.MISSING, "no file");
        }
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return rejected(path, Status.DAMAGED, "not a regular file");
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toString(), "r")) {
            return read(path, file, storeId, bootIdHash);
        } catch (final EOFException e) {
            return rejected(path, Status.DAMAGED, "ends early");
        } catch (final IOException e) {
            throw new StoreIoException(
                    "change-log ring could not be read: file=" + path + " (" + SystemReason.of(e) + ")", e);
        }
    }

    private static SurvivingRing read(
            final Path path, final RandomAccessFile file, final UUID storeId, final long bootIdHash)
            throws IOException {
        final long length = file.length();
        if (length < ChangeRingDescriptor.BODY_OFFSET + (long) ChangeRingDescriptor.MIN_CAPACITY) {
            return rejected(path, Status.DAMAGED, "length=" + length + " is shorter than any ring");
        }
        final ByteBuffer header =
                ByteBuffer.allocate(ChangeRingDescriptor.BODY_OFFSET).order(ByteOrder.LITTLE_ENDIAN);
        file.readFully(header.array());
        final CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, ChangeRingDescriptor.HEADER_CRC_OFFSET);
        final int foundCrc = header.getInt(ChangeRingDescriptor.HEADER_CRC_OFFSET);
        if (header.getLong(ChangeRingDescriptor.MAGIC_OFFSET) != ChangeRingDescriptor.MAGIC
                || header.getShort(ChangeRingDescriptor.FILE_KIND_OFFSET) != ChangeRingDescriptor.FILE_KIND
                || foundCrc != (int) crc.getValue()) {
            return rejected(
                    path,
                    Status.DAMAGED,
                    "header is not a ring's: offset=0 expected crc=" + Integer.toHexString((int) crc.getValue())
                            + " found=" + Integer.toHexString(foundCrc));
        }
        final String foreign = foreignReason(header, storeId, bootIdHash);
        if (foreign != null) {
            return rejected(path, Status.FOREIGN, foreign);
        }
        return readBody(path, file, header, length);
    }

    private static String foreignReason(final ByteBuffer header, final UUID storeId, final long bootIdHash) {
        final short majorVersion = header.getShort(ChangeRingDescriptor.MAJOR_VERSION_OFFSET);
        if (majorVersion != ChangeRingDescriptor.MAJOR_VERSION) {
            return "version=" + majorVersion + " supported=" + ChangeRingDescriptor.MAJOR_VERSION;
        }
        final UUID foundId = new UUID(
                header.getLong(ChangeRingDescriptor.STORE_ID_HIGH_OFFSET),
                header.getLong(ChangeRingDescriptor.STORE_ID_LOW_OFFSET));
        if (!foundId.equals(storeId)) {
            return "store id=" + foundId + " expected=" + storeId;
        }
        if (header.getLong(ChangeRingDescriptor.BOOT_ID_HASH_OFFSET) != bootIdHash) {
            return "written before the system was restarted";
        }
        return null;
    }

    private static SurvivingRing readBody(
            final Path path, final RandomAccessFile file, final ByteBuffer header, final long fileLength)
            throws IOException {
        final long capacity = header.getLong(ChangeRingDescriptor.CAPACITY_OFFSET);
        final long head = header.getLong(ChangeRingDescriptor.HEAD_OFFSET);
        final long tail = header.getLong(ChangeRingDescriptor.TAIL_OFFSET);
        if (capacity > ChangeRingDescriptor.MAX_CAPACITY
                || Long.bitCount(capacity) != 1
                || fileLength != ChangeRingDescriptor.BODY_OFFSET + capacity) {
            return rejected(path, Status.DAMAGED, "capacity=" + capacity + " file length=" + fileLength);
        }
        final long alignmentMask = ChangeRecordDescriptor.ALIGNMENT - 1;
        if (head < 0 || tail < head || tail - head > capacity || ((head | tail) & alignmentMask) != 0) {
            return rejected(path, Status.DAMAGED, "head=" + head + " tail=" + tail + " capacity=" + capacity);
        }
        final int length = (int) (tail - head);
        final long pointer = RawMemory.allocate(Math.max(length, 1));
        boolean isRead = false;
        try {
            copyBody(file, head, length, (int) capacity, pointer);
            final String malformed = malformedReason(pointer, length, head);
            isRead = malformed == null;
            return isRead
                    ? new SurvivingRing(
                            path,
                            Status.VALID,
                            "",
                            header.getLong(ChangeRingDescriptor.INCARNATION_OFFSET),
                            head,
                            tail,
                            pointer)
                    : rejected(path, Status.DAMAGED, malformed);
        } finally {
            if (!isRead) {
                RawMemory.free(pointer);
            }
        }
    }

    private static void copyBody(
            final RandomAccessFile file, final long head, final int length, final int capacity, final long pointer)
            throws IOException {
        final byte[] chunk = new byte[64 * 1024];
        for (int done = 0; done < length; ) {
            final int index = (int) ((head + done) & (capacity - 1));
            final int count = Math.min(Math.min(chunk.length, length - done), capacity - index);
            file.seek(ChangeRingDescriptor.BODY_OFFSET + (long) index);
            file.readFully(chunk, 0, count);
            RawMemory.copy(chunk, RawMemory.ARRAY_OFFSET, null, pointer + done, count);
            done += count;
        }
    }

    private static String malformedReason(final long pointer, final int length, final long head) {
        int offset = 0;
        while (offset < length) {
            final int alignedLength = ChangeGroupAssembler.alignedLengthOrInvalid(pointer + offset, length - offset);
            if (alignedLength < 0) {
                return "malformed record at position=" + (head + offset);
            }
            offset += alignedLength;
        }
        return null;
    }

    private static SurvivingRing rejected(final Path path, final Status status, final String reason) {
        return new SurvivingRing(path, status, reason, 0, 0, 0, 0);
    }

    /**
     * The head as it is now, later than the rest was read: what was read from there on was not overwritten meanwhile.
     *
     * @return log position, or {@link Long#MAX_VALUE} when the ring is gone or was replaced
     * @throws StoreIoException when the file cannot be read
     */
    public long headNow() {
        final ByteBuffer header = headerNow();
        return header == null ? Long.MAX_VALUE : header.getLong(ChangeRingDescriptor.HEAD_OFFSET);
    }

    /**
     * Whether somebody has written to the ring, or replaced it, since it was read: then its owner lives, and what was
     * read may be anything. To be asked of a valid ring.
     *
     * @return true when head, tail or incarnation are others now
     * @throws StoreIoException when the file cannot be read
     */
    public boolean hasChanged() {
        final ByteBuffer header = headerNow();
        return header == null
                || header.getLong(ChangeRingDescriptor.HEAD_OFFSET) != head
                || header.getLong(ChangeRingDescriptor.TAIL_OFFSET) != tail;
    }

    /** The header as it is now, or null when the ring is gone or was replaced. */
    private ByteBuffer headerNow() {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toString(), "r")) {
            final ByteBuffer header =
                    ByteBuffer.allocate(ChangeRingDescriptor.BODY_OFFSET).order(ByteOrder.LITTLE_ENDIAN);
            file.readFully(header.array());
            return header.getLong(ChangeRingDescriptor.INCARNATION_OFFSET) == incarnation ? header : null;
        } catch (final EOFException e) {
            return null;
        } catch (final IOException e) {
            throw new StoreIoException("change-log ring could not be read: file=" + path + " (" + e + ")", e);
        }
    }

    /** {@return file of the ring} */
    public Path path() {
        return path;
    }

    /** {@return what was found} */
    public Status status() {
        return status;
    }

    /** {@return why the ring is not valid; empty when it is} */
    public String reason() {
        return reason;
    }

    /** {@return incarnation of the log that the ring belongs to; 0 unless valid} */
    public long incarnation() {
        return incarnation;
    }

    /** {@return log position of the first record that may be missing in the log segments; 0 unless valid} */
    public long head() {
        return head;
    }

    /** {@return log position after the last published record; 0 unless valid} */
    public long tail() {
        return tail;
    }

    /**
     * Native pointer of the record at a log position, in private memory; the records up to the tail follow it without a
     * gap. Valid until close.
     *
     * @param position log position from head to tail
     * @return native pointer
     */
    public long pointerOf(final long position) {
        assert position >= head && position <= tail : "position=" + position + " head=" + head + " tail=" + tail;
        return pointer + (position - head);
    }

    /**
     * Whether a record starts at a log position, or the ring's content ends there.
     *
     * @param position log position from head to tail
     * @return true when it is a record's boundary
     */
    public boolean isBoundary(final long position) {
        long at = head;
        while (at < position) {
            at += ChangeGroupAssembler.alignedLengthOrInvalid(pointerOf(at), (int) (tail - at));
        }
        return at == position;
    }

    @Override
    public void close() {
        RawMemory.free(pointer);
        pointer = 0;
    }
}

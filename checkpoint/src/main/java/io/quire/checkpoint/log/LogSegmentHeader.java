/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FileHeader;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.FileKind;
import io.quire.checkpoint.io.StoreFile;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The header of a log segment, see {@link LogSegmentDescriptor}.
 *
 * <p>Threading: thread-safe, immutable.
 */
record LogSegmentHeader(LogIdentity identity, long startPosition, int chainChecksum, boolean isAfterGap) {

    /** Encodes the header. */
    ByteBuffer encode() {
        final ByteBuffer buffer =
                ByteBuffer.allocate(LogSegmentDescriptor.HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        new FileHeader(
                        FileKind.LOG_SEGMENT,
                        FileKind.LOG_SEGMENT.minor(),
                        identity.storeId(),
                        identity.incarnation(),
                        startPosition,
                        identity.bootIdHash())
                .write(buffer, 0);
        buffer.putInt(LogSegmentDescriptor.CHAIN_CHECKSUM_OFFSET, chainChecksum);
        buffer.putInt(LogSegmentDescriptor.FLAGS_OFFSET, isAfterGap ? LogSegmentDescriptor.FLAG_AFTER_GAP : 0);
        buffer.putInt(LogSegmentDescriptor.HEADER_CRC_OFFSET, checksum(buffer));
        return buffer;
    }

    private static int checksum(final ByteBuffer buffer) {
        return new Checksum().of(buffer, 0, LogSegmentDescriptor.HEADER_CRC_OFFSET);
    }

    /**
     * Reads and checks the header of a segment.
     *
     * @param file the segment
     * @param storeId the store it should belong to
     * @param namedPosition start position in its name
     * @return the header
     * @throws CorruptStoreException when it is not a whole header of this store and position
     * @throws io.quire.store.errors.FormatTooNewException when a newer version wrote it
     * @throws io.quire.store.errors.FormatTooOldException when its version is no longer read
     */
    static LogSegmentHeader read(final StoreFile file, final UUID storeId, final long namedPosition) {
        final Path path = file.path();
        if (file.size() < LogSegmentDescriptor.HEADER_LENGTH) {
            throw new CorruptStoreException("log segment is shorter than its header: file=" + path
                    + " offset=0 expected length>=" + LogSegmentDescriptor.HEADER_LENGTH + " found=" + file.size());
        }
        final ByteBuffer buffer =
                ByteBuffer.allocate(LogSegmentDescriptor.HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        file.read(0, buffer);
        final FileHeader header = FileHeader.read(path, buffer, FileKind.LOG_SEGMENT);
        expect(
                path,
                "header checksum",
                LogSegmentDescriptor.HEADER_CRC_OFFSET,
                checksum(buffer),
                buffer.getInt(LogSegmentDescriptor.HEADER_CRC_OFFSET));
        if (!header.storeId().equals(storeId)) {
            throw new CorruptStoreException("log segment belongs to another store: file=" + path + " offset="
                    + FileHeaderDescriptor.STORE_ID_HIGH_OFFSET + " expected=" + storeId + " found="
                    + header.storeId());
        }
        expect(path, "start position", FileHeaderDescriptor.FIRST_FIELD_OFFSET, namedPosition, header.firstField());
        final int flags = buffer.getInt(LogSegmentDescriptor.FLAGS_OFFSET);
        expect(path, "flags", LogSegmentDescriptor.FLAGS_OFFSET, flags & LogSegmentDescriptor.FLAG_AFTER_GAP, flags);
        expect(
                path,
                "reserved field",
                LogSegmentDescriptor.RESERVED_OFFSET,
                0,
                buffer.getInt(LogSegmentDescriptor.RESERVED_OFFSET));
        return new LogSegmentHeader(
                new LogIdentity(storeId, header.generation(), header.secondField()),
                header.firstField(),
                buffer.getInt(LogSegmentDescriptor.CHAIN_CHECKSUM_OFFSET),
                flags != 0);
    }

    private static void expect(
            final Path path, final String what, final int offset, final long expected, final long found) {
        if (expected != found) {
            throw new CorruptStoreException("log segment " + what + " mismatch: file=" + path + " offset=" + offset
                    + " expected=0x" + Long.toHexString(expected) + " found=0x" + Long.toHexString(found));
        }
    }
}

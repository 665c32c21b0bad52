/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.checkpoint.io.Lz4;
import io.quire.store.changelog.ChangeGroupAssembler;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import org.agrona.BufferUtil;

/**
 * Builds blocks in private memory.
 *
 * <p>Threading: one thread at a time: whoever has the log agent's duty.
 */
final class LogBlockEncoder implements AutoCloseable {
    private static final int MIN_COMPRESSED_LENGTH = 256; // shorter bodies gain nothing worth the call

    private final LogBlockChecksum checksum;
    private final int maxBlockLength;
    private final LZ4Compressor compressor;
    private final ByteBuffer raw;
    private final ByteBuffer compressed;
    private int headerChecksum;

    LogBlockEncoder(final LogIdentity identity, final LogSettings settings) {
        checksum = new LogBlockChecksum(identity);
        maxBlockLength = settings.maxBlockLength();
        raw = direct(LogBlockDescriptor.blockLength(maxBlockLength));
        compressor = settings.compressed() ? Lz4.factory().fastCompressor() : null;
        compressed = compressor == null
                ? null
                : direct(LogBlockDescriptor.blockLength(compressor.maxCompressedLength(maxBlockLength)));
    }

    private static ByteBuffer direct(final int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Copies whole records into the block to be built, as many as fit, and clears the content of pads.
     *
     * @return bytes taken, a multiple of 8, greater than 0
     * @throws IllegalStateException when the bytes are not records: our own defect, found before it is made durable
     */
    int take(final long pointer, final int available) {
        final long body = BufferUtil.address(raw) + LogBlockDescriptor.HEADER_LENGTH;
        final int length = Math.min(available, maxBlockLength);
        RawMemory.copy(pointer, body, length);
        int offset = 0;
        while (offset < length) {
            // Judged by all that is available: a record that only does not fit in this block is not malformed.
            final int alignedLength = wholeRecordLength(body + offset, length - offset);
            if (alignedLength == 0) {
                break;
            }
            if (RawMemory.getByte(body + offset + ChangeRecordDescriptor.TYPE_OFFSET)
                    == ChangeRecordDescriptor.TYPE_PAD) {
                final int header = ChangeRecordDescriptor.MIN_PAD_LENGTH;
                RawMemory.setMemory(body + offset + header, alignedLength - header, (byte) 0);
            }
            offset += alignedLength;
        }
        if (offset == 0 || (length == available && offset != length)) {
            throw new IllegalStateException("malformed change record at offset " + offset + " of a batch");
        }
        return offset;
    }

    private static int wholeRecordLength(final long record, final int available) {
        final int length = RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET);
        if (length > available) {
            return 0;
        }
        return Math.max(0, ChangeGroupAssembler.alignedLengthOrInvalid(record, available));
    }

    /** Completes the block of the records taken. The buffer returned is valid until the next call. */
    ByteBuffer encode(final long startPosition, final long durablePosition, final int rawLength) {
        if (compressor != null && rawLength >= MIN_COMPRESSED_LENGTH) {
            final int header = LogBlockDescriptor.HEADER_LENGTH;
            raw.clear();
            compressed.clear();
            final int storedLength =
                    compressor.compress(raw, header, rawLength, compressed, header, compressed.capacity() - header);
            if (storedLength < rawLength) {
                return complete(
                        compressed,
                        LogBlockDescriptor.FLAG_COMPRESSED,
                        startPosition,
                        durablePosition,
                        rawLength,
                        storedLength);
            }
        }
        return complete(raw, 0, startPosition, durablePosition, rawLength, rawLength);
    }

    /** Builds a seal. The buffer returned is valid until the next call. */
    ByteBuffer encodeSeal(final long position, final long durablePosition, final boolean isRolled) {
        final int flags = LogBlockDescriptor.FLAG_SEAL | (isRolled ? LogBlockDescriptor.FLAG_ROLLED : 0);
        return complete(raw, flags, position, durablePosition, 0, 0);
    }

    private ByteBuffer complete(
            final ByteBuffer buffer,
            final int flags,
            final long startPosition,
            final long durablePosition,
            final int rawLength,
            final int storedLength) {
        buffer.clear();
        for (int i = storedLength; i < LogBlockDescriptor.alignedLength(storedLength); i++) {
            buffer.put(LogBlockDescriptor.HEADER_LENGTH + i, (byte) 0);
        }
        buffer.putInt(LogBlockDescriptor.MAGIC_OFFSET, LogBlockDescriptor.MAGIC);
        buffer.putInt(LogBlockDescriptor.FLAGS_OFFSET, flags);
        buffer.putLong(LogBlockDescriptor.START_POSITION_OFFSET, startPosition);
        buffer.putLong(LogBlockDescriptor.DURABLE_POSITION_OFFSET, durablePosition);
        buffer.putInt(LogBlockDescriptor.RAW_LENGTH_OFFSET, rawLength);
        buffer.putInt(LogBlockDescriptor.STORED_LENGTH_OFFSET, storedLength);
        buffer.putInt(
                LogBlockDescriptor.BODY_CRC_OFFSET,
                checksum.ofBody(buffer, LogBlockDescriptor.HEADER_LENGTH, storedLength));
        buffer.clear();
        headerChecksum = checksum.ofHeader(buffer, 0);
        buffer.clear();
        buffer.putInt(LogBlockDescriptor.HEADER_CRC_OFFSET, headerChecksum);
        buffer.limit(LogBlockDescriptor.blockLength(storedLength));
        return buffer;
    }

    /** Header checksum of the block encoded last. */
    int headerChecksum() {
        return headerChecksum;
    }

    @Override
    public void close() {
        BufferUtil.free(raw);
        BufferUtil.free(compressed);
    }
}

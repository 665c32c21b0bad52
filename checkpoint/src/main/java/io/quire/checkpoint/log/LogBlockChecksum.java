/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Checksums of the blocks of one incarnation of a log.
 *
 * <p>Threading: confined to one thread.
 */
final class LogBlockChecksum {
    private final CRC32C crc = new CRC32C();
    private final byte[] identityBytes;

    LogBlockChecksum(final LogIdentity identity) {
        identityBytes = ByteBuffer.allocate(3 * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(identity.storeId().getMostSignificantBits())
                .putLong(identity.storeId().getLeastSignificantBits())
                .putLong(identity.incarnation())
                .array();
    }

    /** Checksum of the header that begins at an offset of a buffer in private memory; moves its position and limit. */
    int ofHeader(final ByteBuffer buffer, final int offset) {
        crc.reset();
        crc.update(identityBytes, 0, identityBytes.length);
        update(buffer, offset, LogBlockDescriptor.HEADER_CRC_OFFSET);
        return (int) crc.getValue();
    }

    /** Checksum of bytes of a buffer in private memory; moves its position and limit. */
    int ofBody(final ByteBuffer buffer, final int offset, final int length) {
        crc.reset();
        update(buffer, offset, length);
        return (int) crc.getValue();
    }

    private void update(final ByteBuffer buffer, final int offset, final int length) {
        buffer.limit(offset + length).position(offset);
        crc.update(buffer);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * CRC32C over private memory. Never over a mapping: a page that cannot be read would end the JVM inside the checksum,
 * so callers copy first.
 *
 * <p>Threading: confined to one thread at a time.
 */
public final class Checksum {
    private final CRC32C crc = new CRC32C();

    /** Creates a checksum over nothing. */
    public Checksum() {}

    /**
     * Checksum of one range.
     *
     * @param buffer private memory; position and limit are neither used nor changed
     * @param offset of the first byte
     * @param length bytes
     * @return CRC32C
     */
    public int of(final ByteBuffer buffer, final int offset, final int length) {
        reset();
        update(buffer, offset, length);
        return value();
    }

    /** Starts again with nothing. */
    public void reset() {
        crc.reset();
    }

    /**
     * Adds a range.
     *
     * @param buffer private memory; position and limit are neither used nor changed
     * @param offset of the first byte
     * @param length bytes
     */
    public void update(final ByteBuffer buffer, final int offset, final int length) {
        final int position = buffer.position();
        final int limit = buffer.limit();
        buffer.limit(offset + length).position(offset);
        crc.update(buffer);
        buffer.limit(limit).position(position);
    }

    /**
     * Adds a value as four little-endian bytes.
     *
     * @param value to add
     */
    public void updateInt(final int value) {
        crc.update(value);
        crc.update(value >>> 8);
        crc.update(value >>> 16);
        crc.update(value >>> 24);
    }

    /** {@return CRC32C of everything added since the last reset} */
    public int value() {
        return (int) crc.getValue();
    }

    /**
     * A checksum as messages show it.
     *
     * @param checksum to show
     * @return eight hexadecimal digits with prefix
     */
    public static String hex(final int checksum) {
        return String.format(Locale.ROOT, "0x%08x", checksum);
    }
}

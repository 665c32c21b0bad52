/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import net.openhft.chronicle.bytes.Byteable;
import net.openhft.chronicle.bytes.BytesStore;

/**
 * A fixed-length value of a Chronicle map that is only a reference to bytes: to the map's own memory after a read, to
 * the bytes to be stored for a write. The map reads and writes such values without marshalling. It asks a record that
 * no constructor made how long all of them are; so that is a static setting, and a JVM has maps of one length at a
 * time.
 *
 * <p>Threading: confined to the table that owns it.
 */
@SuppressWarnings("rawtypes")
public final class ChronicleRecord implements Byteable {
    private static volatile long lengthOfNew;

    private BytesStore bytes;
    private long offset;
    private long length;

    /** Makes a record that refers to nothing yet; the map calls this. */
    public ChronicleRecord() {}

    /**
     * Sets how long records are that the map makes.
     *
     * @param newLength bytes
     */
    static void lengthOfNew(final long newLength) {
        lengthOfNew = newLength;
    }

    @Override
    public void bytesStore(final BytesStore newBytes, final long newOffset, final long newLength) {
        bytes = newBytes;
        offset = newOffset;
        length = newLength;
    }

    @Override
    public BytesStore bytesStore() {
        return bytes;
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public long maxSize() {
        return length == 0 ? lengthOfNew : length;
    }

    /**
     * Tells where the bytes are.
     *
     * @return native pointer
     */
    long pointer() {
        return bytes.addressForRead(offset);
    }
}

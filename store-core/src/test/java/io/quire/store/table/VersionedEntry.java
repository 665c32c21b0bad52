/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;
import org.agrona.DirectBuffer;

/**
 * Entries that check themselves: every byte of a value follows from its key and a version, so a value that is torn,
 * belongs to another key or comes from memory that was given away shows.
 */
final class VersionedEntry {
    private static final int VERSION_BITS = 32;
    private static final long VERSION_MASK = (1L << VERSION_BITS) - 1;

    private VersionedEntry() {}

    /** A long value of a key. */
    static long longValue(final long key, final long version) {
        return KeyHash.mix(key * 31 + version) << VERSION_BITS | version & VERSION_MASK;
    }

    /** The version of a long value; throws when it is not one of the key. */
    static long version(final long key, final long value) {
        final long version = value & VERSION_MASK;
        if (value != longValue(key, version)) {
            throw new AssertionError("value of another key or torn: key=" + key + " value=" + Long.toHexString(value));
        }
        return version;
    }

    /** Fills a value; its length is a matter of taste. */
    static void fill(final byte[] value, final int length, final long key, final long version) {
        for (int i = 0; i < length; i++) {
            value[i] = byteAt(i, key, version, length);
        }
        if (length >= Long.BYTES) {
            RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, version);
        }
    }

    private static byte byteAt(final int index, final long key, final long version, final int length) {
        return (byte) ((key + 1) * 0x9E37 + version * 0x3779 + index * 7L + length);
    }

    /** The version of a value, or 0 when it is too short to tell; throws when it is not one of the key. */
    static long check(final DirectBuffer value, final int offset, final int length, final long key) {
        if (length < Long.BYTES) {
            return 0;
        }
        final long version = value.getLong(offset);
        for (int i = Long.BYTES; i < length; i++) {
            if (value.getByte(offset + i) != byteAt(i, key, version, length)) {
                throw new AssertionError("value of another key or torn: key=" + key + " version=" + version + " length="
                        + length + " index=" + i);
            }
        }
        return version;
    }
}

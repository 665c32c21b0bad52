/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * A record: key and value with their lengths; little-endian, 16-byte aligned.
 *
 * <pre>
 *  0            4              8                  v = 8 + key length, rounded up to 8
 *  +------------+--------------+-----------+------+---------------
 *  | key length | value length | key bytes | zero | value bytes
 *  +------------+--------------+-----------+------+---------------
 * </pre>
 *
 * <p>The value is 8-byte aligned, so that a field of eight bytes in it never straddles a line. The size class of a
 * record's block is always that of its length, so nothing else tells its capacity.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class RecordDescriptor {
    static final int KEY_LENGTH_OFFSET = 0; // int: bytes, 0..RecordTable.MAX_KEY_LENGTH
    static final int VALUE_LENGTH_OFFSET = KEY_LENGTH_OFFSET + Integer.BYTES; // int: bytes, 0..MAX_VALUE_LENGTH
    static final int KEY_OFFSET = VALUE_LENGTH_OFFSET + Integer.BYTES;
    static final int HEADER_LENGTH = KEY_OFFSET;
    static final int VALUE_ALIGNMENT = Long.BYTES;

    private RecordDescriptor() {}

    static int valueOffset(final int keyLength) {
        return (KEY_OFFSET + keyLength + VALUE_ALIGNMENT - 1) & -VALUE_ALIGNMENT;
    }

    /** Bytes of a record. */
    static int length(final int keyLength, final int valueLength) {
        return valueOffset(keyLength) + valueLength;
    }
}

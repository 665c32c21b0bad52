/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;

/**
 * Layout of maps; little-endian. The key of an entry's record is that of its map, the key inside the map, and the
 * length of the first of them:
 *
 * <pre>
 *  0         k              length - 4            length
 *  +---------+--------------+---------------------+
 *  | key     | key inside   | k: int              |
 *  +---------+--------------+---------------------+
 * </pre>
 *
 * <p>Its value begins with the addresses of the records before and after it in the same map, in the order of insertion:
 *
 * <pre>
 *  0          8       16
 *  +----------+-------+--------
 *  | previous | next  | value
 *  +----------+-------+--------
 * </pre>
 *
 * <p>The head of a map is the value of its key's record in a table of heads, whose root the owner's field of the
 * entries' root names:
 *
 * <pre>
 *  0       8             16           24
 *  +-------+-------------+------------+
 *  | count | first entry | last entry |
 *  +-------+-------------+------------+
 * </pre>
 *
 * <p>Zero is no valid address of an entry and means that there is none.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class MapDescriptor {
    /** Bytes after the two keys. */
    public static final int KEY_TRAILER_LENGTH = Integer.BYTES;
    /** Bytes before a value. */
    public static final int LINKS_LENGTH = 2 * Long.BYTES;
    /** Longest value, bytes. */
    public static final int VALUE_LENGTH_MAX = RecordTable.MAX_VALUE_LENGTH - LINKS_LENGTH;

    static final int PREVIOUS_OFFSET = 0; // long: address of a record
    static final int NEXT_OFFSET = PREVIOUS_OFFSET + Long.BYTES; // long: address of a record

    static final int COUNT_OFFSET = 0; // long: entries, 1 or more
    static final int FIRST_OFFSET = COUNT_OFFSET + Long.BYTES; // long: address of a record
    static final int LAST_OFFSET = FIRST_OFFSET + Long.BYTES; // long: address of a record
    static final int HEAD_LENGTH = LAST_OFFSET + Long.BYTES;

    // Field of the owner in the root of the entries' table.
    static final int HEADS_FIELD = 0; // address of the root of the heads' table

    private MapDescriptor() {}

    /**
     * Length of the key of the map that an entry's key belongs to.
     *
     * @param base array or null
     * @param offset offset in the array or native pointer
     * @param length bytes of the entry's key
     * @return bytes, or -1 when this is no entry's key
     */
    public static int mapKeyLength(final byte[] base, final long offset, final int length) {
        if (length < KEY_TRAILER_LENGTH) {
            return -1;
        }
        final int keyLength = RawMemory.getInt(base, offset + length - KEY_TRAILER_LENGTH);
        return keyLength < 0 || keyLength > length - KEY_TRAILER_LENGTH ? -1 : keyLength;
    }
}

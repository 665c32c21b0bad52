/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;

/**
 * Layout of timers; little-endian. A timer is an entry of a {@link MapTable}, in the map of its key, whose key inside
 * the map is the timestamp:
 *
 * <pre>
 *  0     k           k + 8      k + 12
 *  +-----+-----------+----------+
 *  | key | timestamp | k: int   |
 *  +-----+-----------+----------+
 * </pre>
 *
 * <p>Its value, behind the links of the map, is the timer's sequence: the number of its registration, 1 or more.
 *
 * <p>The queue of all timers is a B+ tree, ordered by timestamp and among equal ones by sequence. A node is a block of
 * the same heap as the entries' records:
 *
 * <pre>
 *  0       4       8       12      16                            1024
 *  +-------+-------+-------+-------+---------+- - - - -+---------+
 *  | magic | level | start | count | place 0 |         | place 41|
 *  +-------+-------+-------+-------+---------+- - - - -+---------+
 * </pre>
 *
 * <p>Elements are in the places from {@code start} on, ascending; the others hold anything. Level 0 is the leaves. An
 * element:
 *
 * <pre>
 *  0           8          16        24
 *  +-----------+----------+---------+
 *  | timestamp | sequence | address |
 *  +-----------+----------+---------+
 * </pre>
 *
 * <p>In a leaf it is a timer with the address of its record. Above, the address is that of a node one level lower, and
 * timestamp and sequence bound from below what is under it; those of a node's first element mean nothing. Zero is
 * neither a sequence nor an address of either.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class TimerDescriptor {
    /** Bytes of an entry's key behind the timer's own key. */
    public static final int KEY_TRAILER_LENGTH = Long.BYTES + MapDescriptor.KEY_TRAILER_LENGTH;
    /** Longest key of a timer, bytes. */
    public static final int KEY_LENGTH_MAX = RecordTable.MAX_KEY_LENGTH - KEY_TRAILER_LENGTH;

    static final int VALUE_LENGTH = MapDescriptor.LINKS_LENGTH + Long.BYTES; // links, long: sequence

    static final int NODE_MAGIC = 0x4e515451; // "QTQN" in memory order
    static final int MAGIC_OFFSET = 0; // int
    static final int LEVEL_OFFSET = MAGIC_OFFSET + Integer.BYTES; // int: 0..LEVEL_MAX; never the mark of a free block
    static final int START_OFFSET = LEVEL_OFFSET + Integer.BYTES; // int: place of the first element
    static final int COUNT_OFFSET = START_OFFSET + Integer.BYTES; // int: elements, 1..COUNT_MAX
    static final int HEADER_LENGTH = COUNT_OFFSET + Integer.BYTES;

    static final int TIMESTAMP_OFFSET = 0; // long
    static final int SEQUENCE_OFFSET = TIMESTAMP_OFFSET + Long.BYTES; // long: 1 or more
    static final int ADDRESS_OFFSET = SEQUENCE_OFFSET + Long.BYTES; // long: of a record or a node
    static final int ELEMENT_LENGTH = ADDRESS_OFFSET + Long.BYTES;

    static final int COUNT_MAX = 42;
    /** A node is merged with a neighbour when it has at most half of {@link #COUNT_MAX} and both together this. */
    static final int MERGED_COUNT_MAX = 32;

    static final int NODE_LENGTH = HEADER_LENGTH + COUNT_MAX * ELEMENT_LENGTH;
    static final int LEVEL_MAX = 15;

    // Fields of the owner in the root of the entries' table; the map has the first one.
    static final int TOP_FIELD = MapDescriptor.HEADS_FIELD + 1; // address of the queue's top node, 0 = no timers
    static final int SEQUENCE_FIELD = TOP_FIELD + 1; // sequence given last

    private TimerDescriptor() {}

    /**
     * Whether bytes are an entry's key.
     *
     * @param base byte array or null
     * @param offset offset in the array or native pointer
     * @param length bytes
     * @return whether a key, a timestamp and the length of the key stand there
     */
    public static boolean isEntryKey(final byte[] base, final long offset, final int length) {
        return length >= KEY_TRAILER_LENGTH
                && MapDescriptor.mapKeyLength(base, offset, length) == length - KEY_TRAILER_LENGTH;
    }

    /**
     * Timestamp in an entry's key.
     *
     * @param base byte array or null
     * @param offset offset in the array or native pointer
     * @param length bytes of the entry's key
     * @return milliseconds
     */
    public static long timestamp(final byte[] base, final long offset, final int length) {
        return RawMemory.getLong(base, offset + length - KEY_TRAILER_LENGTH);
    }

    static int placeOffset(final int place) {
        return HEADER_LENGTH + place * ELEMENT_LENGTH;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

/**
 * Layout of one record of the change log, the same in the ring and in log segments; little-endian; 8-byte aligned and
 * padded with zeros to a multiple of 8 bytes.
 * <pre>
 *  0        4      5       6          8         12           16         16 + key length
 *  +--------+------+-------+----------+---------+------------+----------+-------------+---------+
 *  | length | type | flags | reserved | stateId | key length | key      | value       | padding |
 *  +--------+------+-------+----------+---------+------------+----------+-------------+---------+
 * </pre>
 * A <em>log position</em> is a byte position in the endless stream of padded records. A <em>group</em> is the records
 * up to and including the first without {@link #FLAG_GROUP_CONTINUES}; only complete groups are replayed. Pads belong
 * to no group. A pad has at least its first 8 bytes; every other record has the whole header. Zero is never a valid
 * length or type, so zeroed space never looks like a record.
 *
 * <p>A record longer than the ring takes is cut into {@link #TYPE_FRAGMENT} records whose payloads (all that follows
 * their headers), joined, are the record with its own header. All but the last have {@link #FLAG_GROUP_CONTINUES}; the
 * last carries the flag of the record it completes. A fragment's key length is 0.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class ChangeRecordDescriptor {
    /** int: bytes of the record with its header and without its padding; greater than 0. */
    public static final int LENGTH_OFFSET = 0;
    /** byte: one of the TYPE constants. */
    public static final int TYPE_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    /** byte: {@link #FLAG_GROUP_CONTINUES} or 0. */
    public static final int FLAGS_OFFSET = TYPE_OFFSET + Byte.BYTES;
    /** short: zero. */
    public static final int RESERVED_OFFSET = FLAGS_OFFSET + Byte.BYTES;
    /** int: number of the state that changed; 0 in records that name none. */
    public static final int STATE_ID_OFFSET = RESERVED_OFFSET + Short.BYTES;
    /** int: bytes of the key, 0..length - {@link #HEADER_LENGTH}; the value is the rest. */
    public static final int KEY_LENGTH_OFFSET = STATE_ID_OFFSET + Integer.BYTES;
    /** Bytes before the key. */
    public static final int HEADER_LENGTH = KEY_LENGTH_OFFSET + Integer.BYTES;
    /** Offset of the key. */
    public static final int KEY_OFFSET = HEADER_LENGTH;
    /** Bytes that records are padded to a multiple of. */
    public static final int ALIGNMENT = 8;
    /** Bytes of the shortest pad: length, type, flags, reserved. */
    public static final int MIN_PAD_LENGTH = STATE_ID_OFFSET;

    /** Sets the value of a key. */
    public static final byte TYPE_PUT = 1;
    /** Removes a key. */
    public static final byte TYPE_REMOVE = 2;
    /** Removes all keys of a state. */
    public static final byte TYPE_CLEAR_STATE = 3;
    /** Creates a state; the key is its name, the value its descriptor. */
    public static final byte TYPE_CREATE_STATE = 4;
    /** Drops a state; key and value are like those of {@link #TYPE_CREATE_STATE}. */
    public static final byte TYPE_DROP_STATE = 5;
    /** Ends a group that is complete; no state, key or value. */
    public static final byte TYPE_COMMIT = 6;
    /** Ends a group that is to be ignored; no state, key or value. */
    public static final byte TYPE_ABORT = 7;
    /** A piece of a record that is longer than the ring takes. */
    public static final byte TYPE_FRAGMENT = 8;
    /** Changes that are in no log were made before it; a group of its own; no state, key or value. */
    public static final byte TYPE_UNLOGGED = 9;
    /**
     * First of the types that change one state in a way its kind defines; the key, if any, is the state's key. 10..19
     * are for typed states.
     */
    public static final byte TYPE_OPERATION_FIRST = 10;
    /** Appends elements to a list; the value is the elements, each with its length before it. */
    public static final byte TYPE_LIST_APPEND = 10;
    /** Gives a list other elements; the value is like that of {@link #TYPE_LIST_APPEND}. */
    public static final byte TYPE_LIST_REPLACE = 11;
    /** Appends one list to another and removes it; the key is the other's, the value its own key. */
    public static final byte TYPE_LIST_MERGE = 12;
    /** Removes all entries of a map, or all timers of a key; the key is the map's or the timers' own. */
    public static final byte TYPE_MAP_CLEAR = 13;
    /**
     * Sets the timestamps of elements of a list, of those that are not less than another; the value is the timestamp, 8
     * bytes, the other, 8 bytes, and where it begins, in bytes before the end of each element, 4 bytes.
     */
    public static final byte TYPE_LIST_RENEW = 14;
    /** Removes elements from the front of a list, but not all; the value is their number, 8 bytes. */
    public static final byte TYPE_LIST_REMOVE_FIRST = 19;
    /** Last of the types that change one state in a way its kind defines. */
    public static final byte TYPE_OPERATION_LAST = 62;
    /** Gives a state codecs of other schemas; no key, the value is its descriptor from now on. */
    public static final byte TYPE_ALTER_STATE = 63;
    /** Says the time by which values expire; no state or key, the value is milliseconds, 8 bytes. */
    public static final byte TYPE_EXPIRY_TIME = 64;
    /** Fills the ring up to its end; its content is meaningless. */
    public static final byte TYPE_PAD = 127;

    /** The group of the record is not complete with it. */
    public static final byte FLAG_GROUP_CONTINUES = 1;

    /**
     * Bytes that the records of one group may have together, headers and padding included. Replay holds one group in
     * memory, so this bounds the memory that recovery needs.
     */
    public static final int MAX_GROUP_LENGTH = 256 * 1024 * 1024;

    /** Bytes that one record may have in the ring; a longer one is cut into fragments. A ring may set a lower limit. */
    public static final int MAX_RING_RECORD_LENGTH = 64 * 1024;

    private ChangeRecordDescriptor() {}

    /**
     * Rounds a length up to the alignment of records.
     *
     * @param length bytes, not negative, at most Integer.MAX_VALUE - 7
     * @return the same or the next multiple of {@link #ALIGNMENT}
     */
    public static int alignedLength(final int length) {
        return (length + (ALIGNMENT - 1)) & -ALIGNMENT;
    }

    /**
     * First 8 bytes of a record as one long: length, type, flags and zeros.
     *
     * @param length bytes with header, without padding
     * @param type one of the TYPE constants
     * @param flags {@link #FLAG_GROUP_CONTINUES} or 0
     * @return the long to be stored at {@link #LENGTH_OFFSET}
     */
    public static long lengthTypeFlags(final int length, final byte type, final byte flags) {
        return length | (long) type << (Byte.SIZE * TYPE_OFFSET) | (long) flags << (Byte.SIZE * FLAGS_OFFSET);
    }

    /**
     * Second 8 bytes of a record as one long: state number and key length.
     *
     * @param stateId number of the state
     * @param keyLength bytes of the key, not negative
     * @return the long to be stored at {@link #STATE_ID_OFFSET}
     */
    public static long stateIdKeyLength(final int stateId, final int keyLength) {
        return (stateId & 0xFFFF_FFFFL) | (long) keyLength << Integer.SIZE;
    }
}

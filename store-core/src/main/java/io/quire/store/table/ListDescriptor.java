/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;

/**
 * Layout of lists; little-endian. The head of a list is the value of its key's record:
 *
 * <pre>
 *  0       8             16           24           32
 *  +-------+-------------+------------+------------+
 *  | count | first chunk | last chunk | generation |
 *  +-------+-------------+------------+------------+
 * </pre>
 *
 * <p>Elements stand in chunks, blocks of the same heap that are chained:
 *
 * <pre>
 *  0            8      12       16
 *  +------------+------+--------+-------------------
 *  | next chunk | used | length | items
 *  +------------+------+--------+-------------------
 * </pre>
 *
 * <p>An item is an element's length in variable length (7 bits a byte, the lowest first, all but the last byte
 * negative; in its shortest form) and its bytes. A list has at least one element, and a chunk at least one item. Zero
 * is no valid address of a chunk and means that there is none.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class ListDescriptor {
    /** Longest item, bytes. */
    public static final int ITEM_LENGTH_MAX = RecordTable.MAX_VALUE_LENGTH;
    /** Bytes before an element at most. */
    public static final int PREFIX_LENGTH_MAX = 4;

    static final int COUNT_OFFSET = 0; // long: elements, 1 or more
    static final int FIRST_OFFSET = COUNT_OFFSET + Long.BYTES; // long: address of the first chunk
    static final int LAST_OFFSET = FIRST_OFFSET + Long.BYTES; // long: address of the last chunk
    static final int GENERATION_OFFSET = LAST_OFFSET + Long.BYTES; // long: another one after each change but appending
    static final int HEAD_LENGTH = GENERATION_OFFSET + Long.BYTES;

    static final int NEXT_OFFSET = 0; // long: address of the next chunk, 0 = last
    static final int USED_OFFSET = NEXT_OFFSET + Long.BYTES; // int: bytes in use, header included
    static final int LENGTH_OFFSET = USED_OFFSET + Integer.BYTES; // int: bytes of the chunk, header included
    static final int ITEMS_OFFSET = LENGTH_OFFSET + Integer.BYTES;

    static final int CHUNK_LENGTH_MIN = 32; // of the first chunk; each further one is twice as long
    static final int CHUNK_LENGTH_MAX = 8128; // of a chunk with more than one item

    // Fields of the owner in the root of the heads' table.
    static final int ELEMENTS_FIELD = 0; // elements of all lists
    static final int GENERATION_FIELD = 1; // last generation given to a list

    private static final int PREFIX_BITS = 7;

    private ListDescriptor() {}

    /**
     * Bytes of the length that stands before an element.
     *
     * @param elementLength bytes of the element
     * @return 1..{@link #PREFIX_LENGTH_MAX}
     */
    public static int prefixLength(final int elementLength) {
        return elementLength < 1 << PREFIX_BITS
                ? 1
                : (Integer.SIZE - Integer.numberOfLeadingZeros(elementLength) + PREFIX_BITS - 1) / PREFIX_BITS;
    }

    /**
     * Writes the length that stands before an element.
     *
     * @param base array to write to
     * @param offset offset in the array
     * @param elementLength bytes of the element
     */
    public static void putPrefix(final byte[] base, final int offset, final int elementLength) {
        int at = offset;
        int rest = elementLength;
        while (rest >= 1 << PREFIX_BITS) {
            base[at++] = (byte) (rest | Byte.MIN_VALUE);
            rest >>>= PREFIX_BITS;
        }
        base[at] = (byte) rest;
    }

    /**
     * Length of the item at a place, prefix included.
     *
     * @param base array or null
     * @param offset offset in the array or native pointer
     * @param available bytes from there
     * @return bytes, or -1 when no whole item is there
     */
    public static int itemLength(final byte[] base, final long offset, final int available) {
        int elementLength = 0;
        for (int i = 0; i < PREFIX_LENGTH_MAX && i < available; i++) {
            final byte next = RawMemory.getByte(base, offset + i);
            elementLength |= (next & ~Byte.MIN_VALUE) << (i * PREFIX_BITS);
            if (next >= 0) {
                final int length = i + 1 + elementLength;
                return (i > 0 && next == 0) || length > available || length > ITEM_LENGTH_MAX ? -1 : length;
            }
        }
        return -1;
    }

    /** Bytes of a chunk that follows one of a length, 0 = none, for an item: all of a block. */
    static int chunkLength(final int previousLength, final int itemLength) {
        final int doubled = Math.min(CHUNK_LENGTH_MAX, Math.max(CHUNK_LENGTH_MIN, 2 * previousLength));
        final int length = Math.max(doubled, ITEMS_OFFSET + itemLength);
        return length > SizeClasses.BLOCK_LENGTH_MAX ? length : SizeClasses.blockLength(SizeClasses.ofLength(length));
    }

    static boolean isChunkLength(final int length) {
        return length > SizeClasses.BLOCK_LENGTH_MAX
                ? length <= ITEMS_OFFSET + ITEM_LENGTH_MAX
                : length >= CHUNK_LENGTH_MIN && SizeClasses.blockLength(SizeClasses.ofLength(length)) == length;
    }
}

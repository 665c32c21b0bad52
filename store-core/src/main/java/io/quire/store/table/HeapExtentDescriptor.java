/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PageDescriptor;

/**
 * Header of an extent, or of a run of extents, that a table's heap cuts into blocks of one size class; one line at its
 * start, little-endian.
 *
 * <pre>
 *  0       4       8       12      16      20      24      28          32               64
 *  +-------+-------+-------+-------+-------+-------+-------+-----------+----------------+------
 *  | magic | class | used  | bump  | free  | next  | prev  |  extents  | reserved zeros | blocks
 *  +-------+-------+-------+-------+-------+-------+-------+-----------+----------------+------
 * </pre>
 *
 * <p>{@code free} is the offset of the first freed block, whose first int is the offset of the next one; 0 ends the
 * list. Its second int is -1, where a record has the length of its value, so a block tells whether it is free. Blocks
 * from {@code bump} on were never used. The extents of a class form a ring through {@code next} and {@code prev}
 * (extent numbers: address &gt;&gt;&gt; 16); seen from the head in the table's root, those with room come first. Zero
 * is no valid magic.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class HeapExtentDescriptor {
    static final int MAGIC = 0x58455048; // "HPEX" in memory order

    static final int MAGIC_OFFSET = 0; // int
    static final int CLASS_OFFSET = MAGIC_OFFSET + Integer.BYTES; // int: see SizeClasses
    static final int USED_OFFSET = CLASS_OFFSET + Integer.BYTES; // int: blocks in use
    static final int BUMP_OFFSET = USED_OFFSET + Integer.BYTES; // int: bytes from the extent's start
    static final int FREE_OFFSET = BUMP_OFFSET + Integer.BYTES; // int: bytes from the extent's start, 0 = none
    static final int NEXT_OFFSET = FREE_OFFSET + Integer.BYTES; // int: extent number
    static final int PREV_OFFSET = NEXT_OFFSET + Integer.BYTES; // int: extent number
    static final int EXTENTS_OFFSET = PREV_OFFSET + Integer.BYTES; // int: extents of the run, 1 but for large records
    static final int HEADER_LENGTH = PageDescriptor.LINE_LENGTH;

    static final int FREE_BLOCK_NEXT_OFFSET = 0; // int in a free block: offset of the next free one, 0 = none
    static final int FREE_BLOCK_MARK_OFFSET = FREE_BLOCK_NEXT_OFFSET + Integer.BYTES; // int in a free block: FREE_MARK
    static final int FREE_BLOCK_LENGTH = FREE_BLOCK_MARK_OFFSET + Integer.BYTES;
    static final int FREE_MARK = -1;

    private HeapExtentDescriptor() {}

    static int extentNumber(final long address) {
        return (int) (address >>> PageDescriptor.EXTENT_SHIFT);
    }

    static long extentAddress(final int number) {
        return (long) number << PageDescriptor.EXTENT_SHIFT;
    }

    /** Address of the extent that an address inside it belongs to. */
    static long extentOf(final long address) {
        return address & -PageDescriptor.EXTENT_LENGTH;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * The first extent of each window: what its extents are used for; little-endian. In window 0 it also holds the root
 * slots, the only fixed addresses of a store.
 *
 * <pre>
 *  0        8          12         16          20         24                 64                    128       4096
 *  +--------+----------+----------+-----------+----------+------------------+---------------------+---------+------
 *  | magic  | window   | extents  | extents   | search   |  reserved zeros  | 8 root slots        | zeros   | kinds
 *  |        | index    | free     | ever used | start    |                  | (window 0)          |         |
 *  +--------+----------+----------+-----------+----------+------------------+---------------------+---------+------
 * </pre>
 *
 * <p>A kind is one byte an extent, {@link ExtentKind#code()}. Extents at and after "ever used" have never been handed
 * out; their kind bytes are zero. "Free" counts those before it whose kind is FREE. All zero is an extent map never
 * written: the magic tells.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class WindowDescriptor {
    static final long MAGIC = 0x574f444e49575551L; // "QUWINDOW" in memory order
    static final int MAGIC_OFFSET = 0; // long
    static final int WINDOW_INDEX_OFFSET = MAGIC_OFFSET + Long.BYTES; // int: 0..
    static final int FREE_COUNT_OFFSET = WINDOW_INDEX_OFFSET + Integer.BYTES; // int: extents
    static final int USED_COUNT_OFFSET = FREE_COUNT_OFFSET + Integer.BYTES; // int: extents, 1..extents of the window
    static final int SEARCH_START_OFFSET = USED_COUNT_OFFSET + Integer.BYTES; // int: no free extent before it
    static final int ROOT_SLOTS_OFFSET = 64; // longs, meaning by their users
    static final int ROOT_SLOT_COUNT = 8;
    static final int HEADER_LENGTH = 128;
    static final int KINDS_OFFSET = PageDescriptor.PAGE_LENGTH; // bytes, one an extent

    private WindowDescriptor() {}

    static int rootSlotOffset(final int slot) {
        return ROOT_SLOTS_OFFSET + slot * Long.BYTES;
    }

    static int kindOffset(final int extent) {
        return KINDS_OFFSET + extent;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PageDescriptor;

/**
 * Root of a table: one page, the second of the table's first extent of nodes; little-endian.
 *
 * <pre>
 *  0       4      8         12         16          24        32         40      48       52       56         64 + 8 c
 *  +-------+------+---------+----------+-----------+---------+----------+-------+--------+--------+----------+-------
 *  | magic | kind | version | segments | directory | entries | payload  | hash  | key    | value  | reserved | classes
 *  |       |      |         |          | reference |         | length   | check | length | length | zeros    |
 *  +-------+------+---------+----------+-----------+---------+----------+-------+--------+--------+----------+-------
 * </pre>
 *
 * <p>For each size class there is the number of its first extent and of its extents, two ints. Key and value length are
 * those of all entries of a table of fixed widths, and 0 in the other kinds.
 *
 * <p>The last line is for what is built on the table and keeps its own counters there; zeros otherwise.
 *
 * <p>All counters that an insert or a remove changes are in the first line. Zero is no valid magic, kind or version.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class TableRootDescriptor {
    static final int MAGIC = 0x4c425451; // "QTBL" in memory order
    static final int KIND_LONG_LONG = 1;
    static final int KIND_RECORD = 2;
    static final int KIND_FIXED_BYTES = 3;
    static final int KIND_LIST = 10;
    static final int VERSION = 1;

    static final int MAGIC_OFFSET = 0; // int
    static final int KIND_OFFSET = MAGIC_OFFSET + Integer.BYTES; // int: KIND_*
    static final int VERSION_OFFSET = KIND_OFFSET + Integer.BYTES; // int
    static final int SEGMENTS_OFFSET = VERSION_OFFSET + Integer.BYTES; // int: segments, at least 1
    static final int DIRECTORY_OFFSET = SEGMENTS_OFFSET + Integer.BYTES; // long: see DirectoryDescriptor
    static final int ENTRIES_OFFSET = DIRECTORY_OFFSET + Long.BYTES; // long: entries
    static final int PAYLOAD_OFFSET = ENTRIES_OFFSET + Long.BYTES; // long: bytes of all keys and values
    static final int HASH_CHECK_OFFSET = PAYLOAD_OFFSET + Long.BYTES; // long: KeyHash.check()
    static final int COUNTERS_LENGTH = HASH_CHECK_OFFSET + Long.BYTES;
    static final int KEY_LENGTH_OFFSET = COUNTERS_LENGTH; // int: bytes, 1..64; 0 in other kinds
    static final int VALUE_LENGTH_OFFSET = KEY_LENGTH_OFFSET + Integer.BYTES; // int: bytes, 0..256

    static final int CLASSES_OFFSET = PageDescriptor.LINE_LENGTH;
    static final int CLASS_HEAD_OFFSET = 0; // int: extent number, 0 = the class has no extent
    static final int CLASS_EXTENTS_OFFSET = CLASS_HEAD_OFFSET + Integer.BYTES; // int: extents of the class
    static final int CLASS_LENGTH = CLASS_EXTENTS_OFFSET + Integer.BYTES;

    static final int ROOT_LENGTH = PageDescriptor.PAGE_LENGTH;

    static final int OWNER_OFFSET = ROOT_LENGTH - PageDescriptor.LINE_LENGTH; // eight longs, see the owner

    private TableRootDescriptor() {}

    static int classOffset(final int sizeClass) {
        return CLASSES_OFFSET + sizeClass * CLASS_LENGTH;
    }
}

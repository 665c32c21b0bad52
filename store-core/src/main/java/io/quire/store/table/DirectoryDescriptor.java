/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PageDescriptor;

/**
 * References of the directory, which is a trie over the hash with up to nine bits a level. A reference is a long, 0 =
 * none:
 *
 * <pre>
 *  63                                   12 11        7  6     5            0
 *  +--------------------------------------+-----------+------+--------------+
 *  |  address of segment or node, aligned |   zeros   | kind | depth, width |
 *  +--------------------------------------+-----------+------+--------------+
 * </pre>
 *
 * <p>Kind 0 is a segment, with the number of hash bits that all of its entries share (counted from the top of the
 * hash). Kind 1 is a node: a page whose first {@code 2^width} longs are references, chosen by the next {@code width}
 * bits of the hash, 1..9. In a node at level {@code l} a segment of depth {@code d} stands {@code 2^(width - (d - 9
 * l))} times, in consecutive entries. A node has only the width that its deepest segment needs and doubles in place
 * when that one splits, so that the entries in use stay close together; only a node of width nine has nodes below it.
 *
 * <p>The table's root holds one reference, that of the top. The order of entries is the order of hashes.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class DirectoryDescriptor {
    static final int WIDTH_MAX = 9;
    static final int NODE_LENGTH = PageDescriptor.PAGE_LENGTH;
    static final int ENTRY_LENGTH = Long.BYTES;
    static final int ENTRY_COUNT_MAX = NODE_LENGTH / ENTRY_LENGTH;

    static final long BITS_MASK = 0x3F;
    static final long NODE_KIND = 0x40;
    static final long ADDRESS_MASK = -PageDescriptor.PAGE_LENGTH;
    static final long NONE = 0;

    private DirectoryDescriptor() {}

    static long segmentReference(final long address, final int depth) {
        return address | depth;
    }

    static long nodeReference(final long address, final int width) {
        return address | NODE_KIND | width;
    }

    static boolean isNode(final long reference) {
        return (reference & NODE_KIND) != 0;
    }

    static long address(final long reference) {
        return reference & ADDRESS_MASK;
    }

    /** Depth of a segment's reference. */
    static int depth(final long reference) {
        return (int) (reference & BITS_MASK);
    }

    /** Width of a node's reference. */
    static int width(final long reference) {
        return (int) (reference & BITS_MASK);
    }

    /** Offset in a node of the entry for the top bits of a hash that was shifted to the node's level. */
    static int entryOffset(final long shiftedHash, final int width) {
        return (int) (shiftedHash >>> (Long.SIZE - width)) * ENTRY_LENGTH;
    }

    /** Bit of the hash that tells two segments of a depth apart whose shorter prefix is the same; depth 1..64. */
    static long prefixBit(final int depth) {
        return 1L << (Long.SIZE - depth);
    }

    /** The first bits of a hash, the others zero. */
    static long prefix(final long hash, final int depth) {
        return depth == 0 ? 0 : hash & -prefixBit(depth);
    }
}

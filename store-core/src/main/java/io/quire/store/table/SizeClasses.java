/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;

/**
 * Sizes of the blocks that a table's heap hands out. About four to each doubling; from 2 KiB on, sizes that fill an
 * extent with a whole number of blocks. Multiples of 16; every size over 256 is a whole number of lines. Those of 80,
 * 96, 160 and 224 bytes are not, and yet never touch more lines than the next size that is, because blocks start at
 * multiples of 16 or 32 from a line.
 *
 * <p>Class {@link #NODE} is for pages of the table itself. Longer records than the longest block have extents of their
 * own, class {@link #LARGE}. Class numbers are part of the page format.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class SizeClasses {
    /** Pages of the table: root and directory nodes. */
    static final int NODE = 0;
    /** First class of records. */
    static final int FIRST_RECORD = 1;

    private static final int[] LENGTHS = {
        PageDescriptor.PAGE_LENGTH,
        16,
        32,
        48,
        64,
        80,
        96,
        128,
        160,
        192,
        224,
        256,
        320,
        384,
        448,
        512,
        640,
        768,
        896,
        1024,
        1280,
        1536,
        1792,
        2048,
        2496,
        2944,
        3584,
        4352,
        4992,
        5952,
        7232,
        8128,
        9344,
        10880,
        13056,
        16320,
        21824,
        32704
    };

    /** Records in extents of their own. */
    static final int LARGE = LENGTHS.length;
    /** Number of classes. */
    static final int COUNT = LARGE + 1;
    /** Longest record in a block, bytes. */
    static final int BLOCK_LENGTH_MAX = LENGTHS[LARGE - 1];

    private static final int GRANULE_SHIFT = 4;
    private static final byte[] CLASS_BY_GRANULES = classByGranules();
    private static final int[] BLOCKS_PER_EXTENT = blocksPerExtent();

    private SizeClasses() {}

    private static byte[] classByGranules() {
        final byte[] classes = new byte[(BLOCK_LENGTH_MAX >>> GRANULE_SHIFT) + 1];
        int sizeClass = FIRST_RECORD;
        for (int granules = 0; granules < classes.length; granules++) {
            if (granules << GRANULE_SHIFT > LENGTHS[sizeClass]) {
                sizeClass++;
            }
            classes[granules] = (byte) sizeClass;
        }
        return classes;
    }

    private static int[] blocksPerExtent() {
        final int[] blocks = new int[LENGTHS.length];
        for (int sizeClass = 0; sizeClass < blocks.length; sizeClass++) {
            blocks[sizeClass] = (PageDescriptor.EXTENT_LENGTH - firstOffset(sizeClass)) / LENGTHS[sizeClass];
        }
        return blocks;
    }

    /** Class of a record, possibly {@link #LARGE}. */
    static int ofLength(final int length) {
        return length > BLOCK_LENGTH_MAX
                ? LARGE
                : CLASS_BY_GRANULES[(length + (1 << GRANULE_SHIFT) - 1) >>> GRANULE_SHIFT];
    }

    /** Bytes of a block, for all classes but {@link #LARGE}. */
    static int blockLength(final int sizeClass) {
        return LENGTHS[sizeClass];
    }

    /** Blocks in an extent. */
    static int blocksPerExtent(final int sizeClass) {
        return sizeClass == LARGE ? 1 : BLOCKS_PER_EXTENT[sizeClass];
    }

    /** Offset of the first block in an extent: a page for nodes, a line for records. */
    static int firstOffset(final int sizeClass) {
        return sizeClass == NODE ? PageDescriptor.PAGE_LENGTH : HeapExtentDescriptor.HEADER_LENGTH;
    }

    /** Extents that a large record takes, with the header of its run. */
    static int largeExtentCount(final int length) {
        return (HeapExtentDescriptor.HEADER_LENGTH + length + PageDescriptor.EXTENT_LENGTH - 1)
                >>> PageDescriptor.EXTENT_SHIFT;
    }

    static ExtentKind extentKind(final int sizeClass) {
        if (sizeClass == NODE) {
            return ExtentKind.PAGES;
        }
        return sizeClass == LARGE ? ExtentKind.LARGE_RECORD : ExtentKind.RECORD_HEAP;
    }
}

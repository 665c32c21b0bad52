/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.util.Arrays;

/**
 * The entries of an index page that was checked, unpacked: they take several times the memory and are found several
 * times as fast. All threads that read a file share it.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class UnpackedIndexPage {
    private static final int BLOCK_COUNT_START = 16;

    private final int[] pages;
    private final long[] masks;
    private final long[] blocks; // positions of all blocks that entries lie in
    private final char[] blockOfEntry;
    private final char[] firstLines;

    /**
     * Unpacks the entries that a cursor meets.
     *
     * @param packed standing before the first
     * @throws io.quire.store.errors.CorruptStoreException when an entry makes no sense
     */
    UnpackedIndexPage(final IndexPageCursor packed) {
        final int count = packed.entryCount();
        pages = new int[count];
        masks = new long[count];
        blockOfEntry = new char[count];
        firstLines = new char[count];
        long[] positions = new long[BLOCK_COUNT_START];
        int blockCount = 0;
        for (int i = 0; packed.next(); i++) {
            pages[i] = packed.page();
            masks[i] = packed.mask();
            firstLines[i] = (char) packed.firstLine();
            if (blockCount == 0 || positions[blockCount - 1] != packed.blockPosition()) {
                if (blockCount == positions.length) {
                    positions = Arrays.copyOf(positions, blockCount * 2);
                }
                positions[blockCount++] = packed.blockPosition();
            }
            blockOfEntry[i] = (char) (blockCount - 1);
        }
        blocks = Arrays.copyOf(positions, blockCount);
    }

    int entryCount() {
        return pages.length;
    }

    /** {@return number of a page's entry, or, when it has none, what {@link Arrays#binarySearch(int[], int)} says} */
    int find(final int page) {
        return Arrays.binarySearch(pages, page);
    }

    int page(final int entry) {
        return pages[entry];
    }

    long mask(final int entry) {
        return masks[entry];
    }

    long blockPosition(final int entry) {
        return blocks[blockOfEntry[entry]];
    }

    int firstLine(final int entry) {
        return firstLines[entry];
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.RangeReader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The first page number of each index page: all of the index that is read when a file is opened.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class IndexTopLevel {
    private static final int PIECE_LENGTH = 64 * 1024;

    private final int[] firstPages;

    private IndexTopLevel(final int[] firstPages) {
        this.firstPages = firstPages;
    }

    /**
     * Reads the top level; the caller has seen to it that the file is long enough for it, which bounds the memory it
     * takes.
     *
     * @param map the file
     * @param position of the first item
     * @param count number of items
     * @param checksum takes the bytes
     * @return the top level, not checked beyond its length
     */
    static IndexTopLevel read(final RangeReader map, final long position, final int count, final Checksum checksum) {
        final int[] firstPages = new int[count];
        try (StagingBuffer staging = new StagingBuffer()) {
            int next = 0;
            while (next < count) {
                final int pieceCount = Math.min(count - next, PIECE_LENGTH / Integer.BYTES);
                final ByteBuffer piece = staging.withLength(pieceCount * Integer.BYTES);
                map.copy(position + (long) next * Integer.BYTES, staging.pointer(), pieceCount * Integer.BYTES);
                checksum.update(piece, 0, pieceCount * Integer.BYTES);
                for (int i = 0; i < pieceCount; i++) {
                    firstPages[next++] = piece.getInt(i * Integer.BYTES);
                }
            }
        }
        return new IndexTopLevel(firstPages);
    }

    /** {@return number of index pages} */
    int indexPageCount() {
        return firstPages.length;
    }

    /** {@return first page number in an index page} */
    int firstPage(final int indexPage) {
        return firstPages[indexPage];
    }

    /** {@return number of the only index page that can have an entry of a page, negative when there is none} */
    int indexPageOf(final int page) {
        final int found = Arrays.binarySearch(firstPages, page);
        return found >= 0 ? found : -found - 2;
    }

    /** {@return whether page numbers are not negative and ascend, without which nothing can be looked up} */
    boolean ascends() {
        int previous = -1;
        for (final int firstPage : firstPages) {
            if (firstPage <= previous) {
                return false;
            }
            previous = firstPage;
        }
        return true;
    }
}

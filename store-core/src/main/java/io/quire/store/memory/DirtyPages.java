/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.Arrays;

/**
 * Growing list of page numbers in chunks, so that appending never copies what is there: the worst append allocates one
 * chunk.
 *
 * <p>Threading: confined to the store's writer until sealed, to the checkpointer afterwards.
 */
final class DirtyPages {
    static final int CHUNK_SHIFT = 14;
    static final int CHUNK_LENGTH = 1 << CHUNK_SHIFT;

    private int[][] chunks = new int[4][];
    private int count;

    void add(final int page) {
        final int chunk = count >>> CHUNK_SHIFT;
        if ((count & (CHUNK_LENGTH - 1)) == 0) {
            grow(chunk);
        }
        chunks[chunk][count & (CHUNK_LENGTH - 1)] = page;
        count++;
    }

    private void grow(final int chunk) {
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunks.length * 2);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = new int[CHUNK_LENGTH];
        }
    }

    int count() {
        return count;
    }

    int get(final int index) {
        return chunks[index >>> CHUNK_SHIFT][index & (CHUNK_LENGTH - 1)];
    }

    /** All pages in ascending order; allocates an array of their number. */
    int[] sorted() {
        final int[] pages = new int[count];
        for (int i = 0; i < count; i += CHUNK_LENGTH) {
            System.arraycopy(chunks[i >>> CHUNK_SHIFT], 0, pages, i, Math.min(CHUNK_LENGTH, count - i));
        }
        Arrays.sort(pages);
        return pages;
    }
}

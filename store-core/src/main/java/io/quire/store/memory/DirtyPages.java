/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Growing list of page numbers in chunks, so that appending never copies what is there: the worst append allocates one
 * chunk, and a list that is used again has its chunks already. A chunk is allocated ahead, when half of the one before
 * is in use, because pages are added in the middle of changes, which must not fail for want of memory: then there is
 * half a chunk left to do without. Beside its own pages it may have those of a capture that was given up, which cost
 * nothing to take over.
 *
 * <p>Threading: confined to the store's writer until sealed, to the checkpointer until the capture has ended, then the
 * writer's again.
 */
final class DirtyPages {
    static final int CHUNK_SHIFT = 14;
    static final int CHUNK_LENGTH = 1 << CHUNK_SHIFT;
    private static final int[] NONE = {};

    private final IntFunction<int[]> allocation;
    private int[][] chunks = new int[4][];
    private int count;
    private int[] carried = NONE;

    DirtyPages(final IntFunction<int[]> allocation) {
        this.allocation = allocation;
    }

    /** Empties the list, keeping its memory. */
    void clear() {
        count = 0;
        carried = NONE;
    }

    /** Takes over pages of an earlier list. */
    void carry(final int[] pages) {
        carried = pages;
    }

    /** Makes sure that the first page added needs no memory. */
    void prepare() {
        grow(0);
    }

    void add(final int page) {
        final int chunk = count >>> CHUNK_SHIFT;
        final int index = count & (CHUNK_LENGTH - 1);
        if (index == 0) {
            grow(chunk);
        }
        chunks[chunk][index] = page;
        count++;
        if (index == CHUNK_LENGTH / 2) {
            growAhead(chunk + 1);
        }
    }

    private void growAhead(final int chunk) {
        try {
            grow(chunk);
        } catch (final OutOfMemoryError e) {
            return; // it is tried once more when it is needed, and perhaps it never is
        }
    }

    private void grow(final int chunk) {
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, chunks.length * 2);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = allocation.apply(CHUNK_LENGTH);
        }
    }

    /** {@return pages added} */
    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0 && carried.length == 0;
    }

    /** All pages in ascending order, those taken over included, each once; allocates an array of their number. */
    int[] sorted() {
        final int[] pages = allocation.apply(count + carried.length);
        for (int i = 0; i < count; i += CHUNK_LENGTH) {
            System.arraycopy(chunks[i >>> CHUNK_SHIFT], 0, pages, i, Math.min(CHUNK_LENGTH, count - i));
        }
        System.arraycopy(carried, 0, pages, count, carried.length);
        Arrays.sort(pages);
        return carried.length == 0 ? pages : distinct(pages);
    }

    private static int[] distinct(final int[] ascending) {
        int length = 0;
        for (final int page : ascending) {
            if (length == 0 || page != ascending[length - 1]) {
                ascending[length++] = page;
            }
        }
        return Arrays.copyOf(ascending, length);
    }
}

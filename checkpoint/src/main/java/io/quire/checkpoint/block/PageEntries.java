/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The entries of a checkpoint file in page order.
 *
 * <p>A file whose pages were written out of order is read with as many decompressed blocks at hand as it usually has
 * sorted runs side by side; memory stays bounded whatever it has.
 *
 * <p>Neighbours in page order that lie in the same block are read from the index together, so that it can be told
 * whether they are all of their block: then it can be taken over as it is.
 *
 * <p>Threading: confined to one thread.
 */
public final class PageEntries implements AutoCloseable {
    private static final int COUNT_MAX = BlockDescriptor.LINE_COUNT_MAX;

    private final CheckpointFileReader file;
    private final FileCursor cursor;
    private final BlockBuffer header = new BlockBuffer();
    private final StagingBuffer staging = new StagingBuffer();
    private int nextIndexPage;
    private boolean indexAhead;

    private int[] pages = new int[64];
    private long[] masks = new long[64];
    private int[] firstLines = new int[64];
    private long blockPosition;
    private int count;
    private int current = -1;

    PageEntries(final CheckpointFileReader file, final int blocksKept) {
        this.file = file;
        cursor = new FileCursor(blocksKept);
        cursor.bind(file);
    }

    /**
     * Goes to the next entry.
     *
     * @return false behind the last
     * @throws io.quire.store.errors.CorruptStoreException when the index fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public boolean next() {
        current++;
        return current < count || readNeighbours();
    }

    private boolean readNeighbours() {
        count = 0;
        current = 0;
        if (!indexAhead && !advanceIndex()) {
            return false;
        }
        final IndexPageCursor index = cursor.index();
        blockPosition = index.blockPosition();
        do {
            if (count == pages.length) {
                grow();
            }
            pages[count] = index.page();
            masks[count] = index.mask();
            firstLines[count] = index.firstLine();
            count++;
            indexAhead = advanceIndex();
        } while (indexAhead && count < COUNT_MAX && index.blockPosition() == blockPosition);
        return true;
    }

    private void grow() {
        pages = Arrays.copyOf(pages, count * 2);
        masks = Arrays.copyOf(masks, count * 2);
        firstLines = Arrays.copyOf(firstLines, count * 2);
    }

    private boolean advanceIndex() {
        if (nextIndexPage > 0 && cursor.index().next()) {
            return true;
        }
        if (nextIndexPage == file.indexPageCount()) {
            return false;
        }
        cursor.index().load(file, nextIndexPage++);
        return cursor.index().next();
    }

    /** {@return page number of the entry} */
    public int page() {
        return pages[current];
    }

    /** {@return which lines the file has of the page, bit 0 = first; never 0} */
    public long mask() {
        return masks[current];
    }

    /**
     * Copies lines of the entry.
     *
     * @param wantedMask lines to copy if the entry has them
     * @param targetPagePointer native pointer to the 4096 bytes of the page; other lines are left as they are
     * @return the lines copied
     * @throws io.quire.store.errors.CorruptStoreException when the block fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public long readLines(final long wantedMask, final long targetPagePointer) {
        final long delivered = mask() & wantedMask;
        if (delivered != 0) {
            LineRuns.scatter(mask(), delivered, linesPointer(), targetPagePointer);
        }
        return delivered;
    }

    /**
     * Loads the lines of the entry.
     *
     * @return native pointer to them in order, 64 bytes each; valid until the next call of any method
     * @throws io.quire.store.errors.CorruptStoreException when the block fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public long linesPointer() {
        return cursor.linesPointer(blockPosition, firstLines[current], Long.bitCount(masks[current]));
    }

    /**
     * Whether this and the following entries, up to {@link #lastPage()}, are all that their block has, so that the
     * block can be taken over as it is. Reads the block's header.
     *
     * @return false also when this is not the first of them
     * @throws io.quire.store.errors.CorruptStoreException when the header fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    public boolean wholeBlock() {
        if (current != 0) {
            return false;
        }
        int line = 0;
        for (int i = 0; i < count; i++) {
            if (firstLines[i] != line) {
                return false;
            }
            line += Long.bitCount(masks[i]);
        }
        header.readHeader(file, blockPosition, staging);
        return header.entryCount() == count && header.lineCount() == line;
    }

    /**
     * Tells something of the pages of all the entries up to {@link #lastPage()}.
     *
     * @param test is asked for each page until it says false
     * @return whether it never did
     */
    public boolean allPages(final IntPredicate test) {
        for (int i = 0; i < count; i++) {
            if (!test.test(pages[i])) {
                return false;
            }
        }
        return true;
    }

    /** {@return page of the last entry of those that lie in this entry's block and follow each other} */
    public int lastPage() {
        return pages[count - 1];
    }

    /** Goes to the last entry of the block, after it was taken over. */
    public void toLastOfBlock() {
        current = count - 1;
    }

    /** {@return whether the whole block was written by a version without parts, and would have some} */
    boolean lacksParts() {
        return header.lacksParts();
    }

    /** {@return raw bytes of the whole block} */
    int rawLength() {
        return header.rawLength();
    }

    /** {@return stored bytes of the whole block, without header} */
    int storedLength() {
        return header.storedLength();
    }

    /** {@return entries of the whole block} */
    int entryCount() {
        return header.entryCount();
    }

    /** {@return lines of the whole block} */
    int lineCount() {
        return header.lineCount();
    }

    /** Copies the whole block, see {@link BlockBuffer#copyTo}. */
    int copyBlock(final ByteBuffer target, final int offset, final long position, final int targetFileChecksum) {
        return header.copyTo(file, blockPosition, target, offset, position, targetFileChecksum);
    }

    /** Hands out where each page of the whole block is in it. */
    void forEachOfBlock(final LocationVisitor visitor) {
        for (int i = 0; i < count; i++) {
            visitor.onLocation(pages[i], masks[i], firstLines[i]);
        }
    }

    /** Takes the places of pages in a block. */
    @FunctionalInterface
    interface LocationVisitor {
        void onLocation(int page, long mask, int firstLine);
    }

    @Override
    public void close() {
        cursor.close();
        header.close();
        staging.close();
    }
}

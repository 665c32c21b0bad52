/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

/**
 * The entries of a checkpoint file in page order.
 *
 * <p>A file whose pages were written out of order is read with as many decompressed blocks at hand as it usually has
 * sorted runs side by side; memory stays bounded whatever it has.
 *
 * <p>Threading: confined to one thread.
 */
public final class PageEntries implements AutoCloseable {
    private final CheckpointFileReader file;
    private final FileCursor cursor;
    private int nextIndexPage;

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
        return cursor.index().page();
    }

    /** {@return which lines the file has of the page, bit 0 = first; never 0} */
    public long mask() {
        return cursor.index().mask();
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
            LineRuns.scatter(mask(), delivered, cursor.linesPointer(), targetPagePointer);
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
        return cursor.linesPointer();
    }

    @Override
    public void close() {
        cursor.close();
    }
}

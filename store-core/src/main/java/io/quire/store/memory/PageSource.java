/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * Where the content of a cold page comes from: after recovery, the checkpoint files.
 *
 * <p>Threading: thread-safe; pages are loaded by the writer, by readers and by the background at once.
 */
@FunctionalInterface
public interface PageSource {
    /** Most pages of {@link #loadRun}. */
    int RUN_LENGTH_MAX = Long.SIZE;

    /**
     * Writes the complete content of a page, zeros where nothing was ever stored.
     *
     * @param page page number
     * @param targetPointer native pointer to 4096 writable bytes
     * @throws io.quire.store.errors.CorruptStoreException when what is stored fails its checks
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    void load(int page, long targetPointer);

    /**
     * Does for several neighbouring pages what {@link #load} does for one, and costs less.
     *
     * @param firstPage number of the first page
     * @param wantedPages which to load, bit i = page {@code firstPage + i}; not 0
     * @param targetPointer native pointer to the 4096 bytes of the first page, which those of the others follow; what
     *     belongs to pages that are not wanted is not touched
     * @throws io.quire.store.errors.CorruptStoreException when what is stored fails its checks; any of the wanted pages
     *     may have been written to
     * @throws io.quire.store.errors.StoreIoException when it cannot be read; likewise
     */
    default void loadRun(final int firstPage, final long wantedPages, final long targetPointer) {
        long rest = wantedPages;
        while (rest != 0) {
            final int i = Long.numberOfTrailingZeros(rest);
            load(firstPage + i, targetPointer + ((long) i << PageDescriptor.PAGE_SHIFT));
            rest &= rest - 1;
        }
    }
}

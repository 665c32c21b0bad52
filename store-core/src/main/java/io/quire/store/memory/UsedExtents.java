/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;

/**
 * Which extents a checkpoint uses, read from the extent maps in its own pages. What a free extent holds is undefined:
 * nobody reads it in that checkpoint, and whoever takes it later writes all that will be read. So its pages need not be
 * kept in files that cover this checkpoint and nothing after it.
 *
 * <p>Takes one bit for each extent, 2 MiB for each TiB.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class UsedExtents {
    private static final int PAGES_PER_EXTENT_SHIFT = PageDescriptor.EXTENT_SHIFT - PageDescriptor.PAGE_SHIFT;

    private final long[] used; // one bit an extent
    private final int extentCount;
    private final int windowShift;
    private int usedCount;

    private UsedExtents(final int windowShift, final int extentCount) {
        this.windowShift = windowShift;
        this.extentCount = extentCount;
        used = new long[(extentCount + Long.SIZE - 1) / Long.SIZE];
    }

    /**
     * Reads the extent maps of a checkpoint, at most five pages for each window.
     *
     * @param source content of the checkpoint's pages
     * @param windowShift log2 of the window length in bytes
     * @param pageCount pages below this number may hold something
     * @return its extents
     * @throws CorruptStoreException when a page is not that of an extent map, or says what cannot be; and what loading
     *     throws
     * @throws io.quire.store.errors.StoreIoException when a page cannot be read
     * @throws ConfigurationException when the window length or the page count is out of range
     */
    public static UsedExtents read(final PageSource source, final int windowShift, final long pageCount) {
        if (windowShift < PagedMemory.WINDOW_SHIFT_MIN
                || windowShift > PagedMemory.WINDOW_SHIFT_MAX
                || pageCount < 0
                || pageCount > 1L << 31) {
            throw new ConfigurationException(
                    "no layout of a store: windowShift=" + windowShift + " pageCount=" + pageCount);
        }
        final long extentCount = (pageCount + PageDescriptor.PAGES_PER_EXTENT - 1) >>> PAGES_PER_EXTENT_SHIFT;
        final UsedExtents extents = new UsedExtents(windowShift, (int) extentCount);
        final long header = RawMemory.allocate(PageDescriptor.EXTENT_LENGTH);
        try {
            final int extentsPerWindow = 1 << (windowShift - PageDescriptor.EXTENT_SHIFT);
            for (int first = 0; first < extents.extentCount; first += extentsPerWindow) {
                extents.readWindow(source, first, extentsPerWindow, header);
            }
        } finally {
            RawMemory.free(header);
        }
        return extents;
    }

    private void readWindow(
            final PageSource source, final int firstExtent, final int extentsPerWindow, final long header) {
        final int firstPage = firstExtent << PAGES_PER_EXTENT_SHIFT;
        final int kindPages = (extentsPerWindow + PageDescriptor.PAGE_LENGTH - 1) >>> PageDescriptor.PAGE_SHIFT;
        source.loadRun(firstPage, (2L << kindPages) - 1, header);
        final int window = firstPage >>> (windowShift - PageDescriptor.PAGE_SHIFT);
        final int everUsed = RawMemory.getInt(header + WindowDescriptor.USED_COUNT_OFFSET);
        require(RawMemory.getLong(header + WindowDescriptor.MAGIC_OFFSET) == WindowDescriptor.MAGIC, window, "magic");
        require(RawMemory.getInt(header + WindowDescriptor.WINDOW_INDEX_OFFSET) == window, window, "index");
        require(everUsed >= 1 && everUsed <= extentsPerWindow, window, "extents ever used=" + everUsed);
        int free = 0;
        for (int extent = 0; extent < everUsed; extent++) {
            if (RawMemory.getByte(header + WindowDescriptor.kindOffset(extent)) == ExtentKind.FREE.code()) {
                free++;
            } else if (firstExtent + extent < extentCount) {
                used[(firstExtent + extent) / Long.SIZE] |= 1L << (firstExtent + extent);
            }
        }
        require(
                RawMemory.getByte(header + WindowDescriptor.kindOffset(0)) == ExtentKind.WINDOW.code(),
                window,
                "kind of its first extent");
        final int saidFree = RawMemory.getInt(header + WindowDescriptor.FREE_COUNT_OFFSET);
        require(saidFree == free, window, "extents free=" + saidFree + " found=" + free);
        usedCount += everUsed - free;
    }

    private static void require(final boolean valid, final int window, final String what) {
        if (!valid) {
            throw new CorruptStoreException(
                    "not a valid extent map: window=" + window + " " + what + "; run 'quire verify'");
        }
    }

    /**
     * Whether a page belongs to an extent in use.
     *
     * @param page page number
     * @return false when nobody reads it in this checkpoint; true for pages that are not part of it
     */
    public boolean isUsed(final int page) {
        final int extent = page >>> PAGES_PER_EXTENT_SHIFT;
        return extent >= extentCount || (used[extent / Long.SIZE] >>> extent & 1) != 0;
    }

    /** {@return pages of all extents in use} */
    public long usedPageCount() {
        return (long) usedCount << PAGES_PER_EXTENT_SHIFT;
    }
}

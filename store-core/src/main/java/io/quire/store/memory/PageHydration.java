/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.PageDescriptor.PAGE_LENGTH;

import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Loads the pages of a recovered store, each once: on its first touch, or ahead of it by whoever calls {@link
 * #hydrateRun}. A touch may bring neighbours too, which pays where what holds them is decompressed together. Pages are
 * claimed one by one, so that threads which load at the same time never wait for each other unless they want the same
 * page.
 *
 * <p>Threading: thread-safe.
 */
final class PageHydration {
    private final PagedMemory memory;
    private final PageTable pageTable;
    private final BackedSpace space;
    private final int pageCount;
    private final LongAdder loadedPages = new LongAdder();
    private final LongAdder coldTouches = new LongAdder();
    private volatile int runLength = PageDescriptor.PAGES_PER_EXTENT;
    private volatile PageSource source;

    PageHydration(final PagedMemory memory, final BackedSpace space, final PageSource source, final int pageCount) {
        this.memory = memory;
        this.space = space;
        this.source = source;
        this.pageCount = pageCount;
        pageTable = memory.pageTable();
    }

    /** Pages that a touch brings together: a power of two, at most {@link PageSource#RUN_LENGTH_MAX}. */
    void runLength(final int pages) {
        if (Integer.bitCount(pages) != 1 || pages > PageSource.RUN_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "run length must be a power of two of at most " + PageSource.RUN_LENGTH_MAX + ": found=" + pages);
        }
        runLength = pages;
    }

    int pageCount() {
        return pageCount;
    }

    /** Pages loaded since the store was opened. */
    long loadedPages() {
        return loadedPages.sum();
    }

    /** How often a touch met a cold page and loaded it, with neighbours if it is told to. */
    long coldTouches() {
        return coldTouches.sum();
    }

    /** Loads what is cold of a range. */
    void touch(final long address, final long length) {
        final int last = Math.min(PageDescriptor.pageOf(address + length - 1), pageCount - 1);
        for (int page = PageDescriptor.pageOf(address); page <= last; page++) {
            if (isCold(page)) {
                touchCold(page);
            }
        }
    }

    private void touchCold(final int page) {
        coldTouches.increment();
        final int length = runLength;
        if (length > 1) {
            touchRun(page & -length, length);
        }
        hydrate(page);
    }

    private void touchRun(final int first, final int length) {
        try {
            hydrateRun(first, Math.min(length, pageCount - first));
        } catch (final StateStoreException e) {
            // A neighbour may be the reason; whoever needs that one gets the error from it.
        }
    }

    private boolean isCold(final int page) {
        return PageTable.stampAcquire(pageTable.entry(PageDescriptor.addressOfPage(page))) <= PageTable.LOADING;
    }

    /** Loads a page if it is cold; waits while another thread loads it. True when this call loaded it. */
    boolean hydrate(final int page) {
        while (isCold(page)) {
            if (hydrateRun(page, 1) > 0) {
                return true;
            }
            Thread.yield();
        }
        return false;
    }

    /**
     * Loads those of neighbouring pages that are cold and that no other thread is loading.
     *
     * @param firstPage number of the first, a multiple of the count rounded up to a power of two
     * @param count pages, at most {@link PageSource#RUN_LENGTH_MAX}
     * @return how many this call loaded
     * @throws StateStoreException what the source threw; all that were cold stay so
     */
    int hydrateRun(final int firstPage, final int count) {
        final long address = PageDescriptor.addressOfPage(firstPage);
        long claimed = 0;
        for (int i = 0; i < count; i++) {
            final long entry = pageTable.entryForUpdate(address + ((long) i << PageDescriptor.PAGE_SHIFT));
            if (PageTable.stampAcquire(entry) == PageTable.UNTOUCHED_STAMP
                    && PageTable.compareAndSetStamp(entry, PageTable.UNTOUCHED_STAMP, PageTable.LOADING)) {
                claimed |= 1L << i;
            }
        }
        if (claimed == 0) {
            return 0;
        }
        long stamp = PageTable.UNTOUCHED_STAMP;
        try {
            back(address, (long) count << PageDescriptor.PAGE_SHIFT, (long) Long.bitCount(claimed) * PAGE_LENGTH);
            source.loadRun(firstPage, claimed, memory.publishedPointer(address));
            stamp = PageTable.HOT;
        } catch (final VirtualMachineError e) {
            // No memory, say, which is no more than any other reason why a page cannot be read.
            throw new StoreIoException("pages could not be loaded: first=" + firstPage + " cause: " + e, e);
        } finally {
            release(address, claimed, stamp);
        }
        final int loaded = Long.bitCount(claimed);
        loadedPages.add(loaded);
        return loaded;
    }

    private void release(final long address, final long claimed, final long stamp) {
        long rest = claimed;
        while (rest != 0) {
            final int i = Long.numberOfTrailingZeros(rest);
            PageTable.stampRelease(pageTable.entry(address + (long) i * PAGE_LENGTH), stamp);
            rest &= rest - 1;
        }
    }

    private void back(final long address, final long length, final long filledLength) {
        try {
            space.ensure(address, length);
            space.beforeFilling(address, filledLength);
        } catch (final StoreFullException e) {
            // To whoever changes something, "full" would mean that nothing was changed, and this may come in the
            // middle.
            throw new StoreIoException("no space to load a page: " + e.getMessage(), e);
        }
    }

    /** Says that no page is cold any more; checked. The source is no longer used when this returns. */
    void complete() {
        for (int page = 0; page < pageCount; page++) {
            if (isCold(page)) {
                throw new IllegalStateException("page is still cold: page=" + page);
            }
        }
        source = null;
    }
}

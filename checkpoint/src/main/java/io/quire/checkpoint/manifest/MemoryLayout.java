/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;

/**
 * What must be known of paged memory before its first page can be read.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param windowShift log2 of the length of a window in bytes, 16..40
 * @param pageCount pages that were ever in use: all page numbers are below, 0..2^31 - 16 and a multiple of 16
 * @param hashSeed seed of the store's hash function
 * @param catalogAddress address of the catalog's root, 0 when there is none yet
 */
public record MemoryLayout(int windowShift, long pageCount, long hashSeed, long catalogAddress) {
    /** Most pages of a store. */
    public static final long PAGE_COUNT_MAX = PagedMemory.LENGTH_MAX >>> PageDescriptor.PAGE_SHIFT;

    private static final int WINDOW_SHIFT_MAX = 40;

    /**
     * Creates a layout.
     *
     * @throws ConfigurationException when a value is out of range
     */
    public MemoryLayout {
        final boolean inRange = windowShift >= PageDescriptor.EXTENT_SHIFT
                && windowShift <= WINDOW_SHIFT_MAX
                && pageCount >= 0
                && pageCount <= PAGE_COUNT_MAX
                && pageCount % PageDescriptor.PAGES_PER_EXTENT == 0
                && catalogAddress >= 0
                && catalogAddress >>> PageDescriptor.PAGE_SHIFT <= pageCount;
        if (!inRange) {
            throw new ConfigurationException("memory layout out of range: windowShift=" + windowShift + " pageCount="
                    + pageCount + " catalogAddress=" + catalogAddress);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.Arrays;

/**
 * Windows of private memory that belongs to no file.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
public final class AnonymousMemory implements LiveMemory {
    private final int windowShift;
    private final AnonymousPages pages;
    private long[] bases = new long[4];

    /**
     * Creates a backing without huge pages that takes what the system gives, for tests and throw-away stores.
     *
     * @param windowShift log2 of the window length in bytes, 20..30
     */
    public AnonymousMemory(final int windowShift) {
        this(windowShift, false, MemoryHeadroom.unlimited());
    }

    /**
     * Creates the backing; no memory is taken yet.
     *
     * @param windowShift log2 of the window length in bytes, 20..30
     * @param hugePages whether to ask the system for huge pages
     * @param headroom what growth leaves to others
     */
    public AnonymousMemory(final int windowShift, final boolean hugePages, final MemoryHeadroom headroom) {
        this.windowShift = windowShift;
        pages = new AnonymousPages(hugePages, headroom);
    }

    @Override
    public long reserveWindow(final int window) {
        final long base = pages.reserve(1L << windowShift);
        if (window == bases.length) {
            bases = Arrays.copyOf(bases, window * 2);
        }
        bases[window] = base;
        return base;
    }

    @Override
    public void back(final long address, final long length) {
        pages.take(bases[(int) (address >>> windowShift)] + (address & ((1L << windowShift) - 1)), length);
    }

    @Override
    public void backUnfilled(final long address, final long length) {
        // The pages come when they are written to, to many threads at a time.
    }

    @Override
    public boolean isBackedByFilling() {
        return true;
    }

    @Override
    public void beforeFilling(final long address, final long length) {
        pages.allow(length);
    }

    @Override
    public int windowShift() {
        return windowShift;
    }

    @Override
    public String description() {
        return pages.description();
    }

    @Override
    public void close() {
        pages.close();
    }
}

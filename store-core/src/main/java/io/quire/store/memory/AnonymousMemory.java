/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;

/**
 * Windows of private memory that belongs to no file.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
public final class AnonymousMemory implements LiveMemory {
    private final int windowShift;
    private long[] allocations = new long[4];
    private long[] bases = new long[4];
    private int windowCount;

    /**
     * Creates the backing; no memory is taken yet.
     *
     * @param windowShift log2 of the window length in bytes, 20..30
     */
    public AnonymousMemory(final int windowShift) {
        this.windowShift = windowShift;
    }

    @Override
    public long reserveWindow(final int window) {
        final long length = 1L << windowShift;
        final long allocation;
        try {
            allocation = RawMemory.allocate(length + PageDescriptor.PAGE_LENGTH);
        } catch (final OutOfMemoryError e) {
            throw new StoreFullException(
                    "no address space for a window of live memory: window=" + window + " length=" + length, e);
        }
        if (window == allocations.length) {
            allocations = java.util.Arrays.copyOf(allocations, window * 2);
            bases = java.util.Arrays.copyOf(bases, window * 2);
        }
        allocations[window] = allocation;
        bases[window] = (allocation + PageDescriptor.PAGE_LENGTH - 1) & -PageDescriptor.PAGE_LENGTH;
        windowCount = window + 1;
        return bases[window];
    }

    @Override
    public void back(final long address, final long length) {
        final long pointer = bases[(int) (address >>> windowShift)] + (address & ((1L << windowShift) - 1));
        RawMemory.setMemory(pointer, length, (byte) 0);
    }

    @Override
    public int windowShift() {
        return windowShift;
    }

    @Override
    public String description() {
        return "anonymous memory";
    }

    @Override
    public void close() {
        for (int i = 0; i < windowCount; i++) {
            RawMemory.free(allocations[i]);
            allocations[i] = 0;
        }
        windowCount = 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import io.quire.store.errors.StoreFullException;
import java.util.Arrays;

/**
 * Ranges of private memory that belongs to no file: reserved whole, taken piece by piece. From Java 22 on the ranges
 * are mapped by the system, with huge pages where it has them; before, they are allocated.
 *
 * <p>Threading: serialised by {@link PagedMemory}.
 */
final class AnonymousPages implements AutoCloseable {
    private static final int FILL_LENGTH = 4 * PageDescriptor.EXTENT_LENGTH;

    private final SystemCalls calls = SystemCalls.instance();
    private final boolean hugePages;
    private final MemoryHeadroom headroom;
    private final String description;
    private long[] allocations = new long[8]; // pairs of pointer and length
    private int allocationCount;

    AnonymousPages(final boolean hugePages, final MemoryHeadroom headroom) {
        this.hugePages = hugePages;
        this.headroom = headroom;
        description = (hugePages ? describe(HugePages.missingForAnonymous()) : "anonymous memory") + ", " + prefault();
    }

    /** How {@link #take} makes sure that memory is there. */
    private static String prefault() {
        final SystemCalls calls = SystemCalls.instance();
        return calls == null ? "zeros written" : mapping(calls);
    }

    /** How pages get into the page table whose memory is there: by the system's call, or by a touch of each. */
    static String mapping(final SystemCalls calls) {
        return calls != null && calls.populates() ? "mapped ahead" : "touched";
    }

    private static String describe(final String missing) {
        return missing.isEmpty() ? "anonymous memory, huge pages" : "anonymous memory, no huge pages (" + missing + ")";
    }

    /**
     * Reserves a range, aligned to huge pages.
     *
     * @throws StoreFullException when the system refuses the address space
     */
    long reserve(final long length) {
        final long whole = length + HugePages.LENGTH;
        final long allocation = allocate(whole);
        if (allocation == 0) {
            throw new StoreFullException("no address space for a window of live memory: length=" + length);
        }
        if (allocationCount * 2 == allocations.length) {
            allocations = Arrays.copyOf(allocations, allocations.length * 2);
        }
        allocations[allocationCount * 2] = allocation;
        allocations[allocationCount * 2 + 1] = whole;
        allocationCount++;
        final long base = (allocation + HugePages.LENGTH - 1) & -HugePages.LENGTH;
        advise(base, length);
        return base;
    }

    private long allocate(final long length) {
        if (calls != null) {
            return calls.map(length);
        }
        try {
            return RawMemory.allocate(length);
        } catch (final OutOfMemoryError e) {
            return 0;
        }
    }

    private void advise(final long pointer, final long length) {
        if (hugePages && calls != null) {
            calls.adviseHugePages(pointer, length); // refused by a kernel without them, which is as well
        }
    }

    /** Whether {@link #replace} works here. */
    boolean replaces() {
        return calls != null;
    }

    /**
     * Puts private memory in the place of a mapping that nobody has touched, and takes it.
     *
     * @throws StoreFullException when there is no memory, or no further mapping is allowed
     */
    void replace(final long pointer, final long length) {
        if (!calls.mapOver(pointer, length)) {
            throw new StoreFullException("live memory could not be mapped: length=" + length
                    + "; the system allows no further mapping (vm.max_map_count) or has no memory");
        }
        advise(pointer, length);
        take(pointer, length);
    }

    /**
     * Takes a piece of a reserved range and makes it zero.
     *
     * @throws StoreFullException when there is too little memory
     */
    void take(final long pointer, final long length) {
        headroom.take(length);
        if (calls == null) {
            fill(pointer, length);
        } else if (!calls.populates() || !calls.populate(pointer, length)) {
            touch(pointer, length);
        }
    }

    /**
     * Counts memory as taken that the caller takes by writing to it.
     *
     * @throws StoreFullException when there is too little
     */
    void allow(final long length) {
        headroom.take(length);
    }

    /** In pieces, since the garbage collector waits while one is filled. */
    private static void fill(final long pointer, final long length) {
        for (long done = 0; done < length; done += FILL_LENGTH) {
            RawMemory.setMemory(pointer + done, Math.min(FILL_LENGTH, length - done), (byte) 0);
        }
    }

    /** Touches each page of a range that nobody uses yet and that reads as zero, so that it is mapped. */
    static void touch(final long pointer, final long length) {
        for (long done = 0; done < length; done += PageDescriptor.PAGE_LENGTH) {
            RawMemory.putByte(pointer + done, (byte) 0);
        }
    }

    String description() {
        return description;
    }

    @Override
    public void close() {
        for (int i = 0; i < allocationCount; i++) {
            if (calls != null) {
                calls.unmap(allocations[i * 2], allocations[i * 2 + 1]);
            } else {
                RawMemory.free(allocations[i * 2]);
            }
        }
        allocationCount = 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.function.IntFunction;

/** Memory of a store whose lists of page numbers find no heap while they are starved. */
public final class StarvedPageLists implements IntFunction<int[]> {
    /** Pages that fit into a list before it needs more memory. */
    public static final int CHUNK_LENGTH = DirtyPages.CHUNK_LENGTH;

    private boolean starved;

    /** Lets no list have memory from now on, or all again. */
    public void starve(final boolean isStarved) {
        starved = isStarved;
    }

    /** New memory in windows of 64 MiB, of which only what is written to is there. */
    public PagedMemory memory() {
        return PagedMemory.create(new PagedMemory.Builder(new Unfilled()).pageListAllocation(this));
    }

    private static final class Unfilled implements LiveMemory {
        private final AnonymousMemory memory = new AnonymousMemory(26);

        @Override
        public long reserveWindow(final int window) {
            return memory.reserveWindow(window);
        }

        @Override
        public void back(final long address, final long length) {
            memory.backUnfilled(address, length);
        }

        @Override
        public int windowShift() {
            return memory.windowShift();
        }

        @Override
        public String description() {
            return memory.description();
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    @Override
    public int[] apply(final int length) {
        if (starved) {
            throw new OutOfMemoryError("planted");
        }
        return new int[length];
    }
}

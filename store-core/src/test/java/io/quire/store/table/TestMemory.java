/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.memory.UsedExtents;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Memories for table tests, and a replica that gets the lines that count as changed and nothing else, and forgets the
 * pages of extents that are free: a store recovered from it is complete only if every change was announced and nothing
 * is expected of an extent that is taken again.
 */
public final class TestMemory {
    static final int SMALL_WINDOW_SHIFT = 20;

    private TestMemory() {}

    /** Memory of at most so many extents, those of the allocator included, in windows of 16. */
    static PagedMemory limited(final long hashSeed, final int extentCount) {
        return PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(SMALL_WINDOW_SHIFT))
                .hashSeed(hashSeed)
                .lengthMax((long) extentCount * PageDescriptor.EXTENT_LENGTH));
    }

    public static final class Replica {
        private static final byte UNDEFINED = 0x5a; // must not matter

        private final Map<Integer, byte[]> pages = new HashMap<>();
        private int pageLimit;
        private long hashSeed;
        private int windowShift;
        long lineCount;

        /** Takes a checkpoint of a memory. */
        public void checkpoint(final PagedMemory memory) {
            lineCount = 0;
            pageLimit = memory.pageLimit();
            hashSeed = memory.hashSeed();
            windowShift = memory.windowShift();
            final PageCapture capture = memory.seal();
            while (!capture.complete()) {
                capture.capture(Integer.MAX_VALUE, this::accept);
            }
            capture.end();
            final UsedExtents used = UsedExtents.read(this::load, windowShift, pageLimit);
            pages.keySet().removeIf(page -> !used.isUsed(page));
        }

        /** Pages in use at the last checkpoint. */
        int pageCount() {
            return pages.size();
        }

        private void accept(final int page, final long mask, final long lines) {
            final byte[] image = pages.computeIfAbsent(page, any -> undefined());
            long from = lines;
            for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
                if ((mask >>> line & 1) != 0) {
                    RawMemory.copy(
                            null,
                            from,
                            image,
                            RawMemory.ARRAY_OFFSET + line * PageDescriptor.LINE_LENGTH,
                            PageDescriptor.LINE_LENGTH);
                    from += PageDescriptor.LINE_LENGTH;
                    lineCount++;
                }
            }
        }

        /** Recovers a memory whose pages are all cold. */
        PagedMemory recover() {
            return recover(this::load);
        }

        /** Recovers a memory from a source that may fail and otherwise calls {@link #load}. */
        public PagedMemory recover(final PageSource source) {
            return PagedMemory.recover(
                    new PagedMemory.Builder(new AnonymousMemory(windowShift)).hashSeed(hashSeed), source, pageLimit);
        }

        /** Writes what a page had at the last checkpoint. */
        public void load(final int page, final long target) {
            final byte[] image = pages.get(page);
            if (image != null) {
                RawMemory.copy(image, RawMemory.ARRAY_OFFSET, null, target, PageDescriptor.PAGE_LENGTH);
            } else {
                RawMemory.setMemory(target, PageDescriptor.PAGE_LENGTH, UNDEFINED);
            }
        }

        private static byte[] undefined() {
            final byte[] image = new byte[PageDescriptor.PAGE_LENGTH];
            Arrays.fill(image, UNDEFINED);
            return image;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model of pages for tests: plain byte arrays by page number, absent = zeros.
 *
 * <p>Threading: confined to one thread.
 */
public final class PageImages {
    private static final long[] SHAPES = {-1L, 1L, 1L << 63, 3L, 0xff00L, 0x8000000000000001L};

    private final SortedMap<Integer, byte[]> pages = new TreeMap<>();

    /** Creates a model in which every page is zero. */
    public PageImages() {}

    /** {@return a model with the same content} */
    public PageImages copy() {
        final PageImages copy = new PageImages();
        pages.forEach((page, bytes) -> copy.pages.put(page, bytes.clone()));
        return copy;
    }

    /** {@return content of a page, to be changed in place} */
    public byte[] page(final int page) {
        return pages.computeIfAbsent(page, p -> new byte[PageDescriptor.PAGE_LENGTH]);
    }

    /** {@return pages that are not absent, ascending} */
    public Iterable<Integer> pageNumbers() {
        return pages.keySet();
    }

    /** {@return a mask of one of many shapes, never 0} */
    public static long randomMask(final Random random) {
        final int shape = random.nextInt(SHAPES.length + 3);
        if (shape < SHAPES.length) {
            return SHAPES[shape];
        }
        if (shape == SHAPES.length) {
            return random.nextLong() | 1;
        }
        final int first = random.nextInt(PageDescriptor.LINES_PER_PAGE);
        final int count = 1 + random.nextInt(PageDescriptor.LINES_PER_PAGE - first);
        return (-1L >>> (PageDescriptor.LINES_PER_PAGE - count)) << first;
    }

    /** Fills lines of a page with random bytes, some of which compress. */
    public void scribble(final Random random, final int page, final long mask) {
        final byte[] bytes = page(page);
        for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
            if ((mask >>> line & 1) != 0) {
                final byte[] content = new byte[PageDescriptor.LINE_LENGTH];
                if (random.nextBoolean()) {
                    random.nextBytes(content);
                } else {
                    java.util.Arrays.fill(content, (byte) random.nextInt());
                }
                System.arraycopy(content, 0, bytes, line * PageDescriptor.LINE_LENGTH, PageDescriptor.LINE_LENGTH);
            }
        }
    }

    /** Copies lines in a dense row to native memory. */
    public void copyLines(final int page, final long mask, final long linesPointer) {
        final byte[] bytes = page(page);
        long target = linesPointer;
        for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
            if ((mask >>> line & 1) != 0) {
                RawMemory.copy(
                        bytes,
                        RawMemory.ARRAY_OFFSET + (long) line * PageDescriptor.LINE_LENGTH,
                        null,
                        target,
                        PageDescriptor.LINE_LENGTH);
                target += PageDescriptor.LINE_LENGTH;
            }
        }
    }

    /** {@return whether 4096 bytes of native memory are the content of a page} */
    public boolean equalsPage(final int page, final long pagePointer) {
        final byte[] bytes = pages.getOrDefault(page, new byte[PageDescriptor.PAGE_LENGTH]);
        return RawMemory.equal(bytes, RawMemory.ARRAY_OFFSET, pagePointer, bytes.length);
    }
}

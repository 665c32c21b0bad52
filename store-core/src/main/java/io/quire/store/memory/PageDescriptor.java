/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * Sizes and address arithmetic of paged memory.
 *
 * <p>An <em>address</em> is a byte position in the store: {@code window | extent | page | line | byte}. A line is 64
 * bytes, a page 4 KiB (64 lines, so one {@code long} masks them), an extent 64 KiB (16 pages, the unit of allocation).
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class PageDescriptor {
    /** log2 of {@link #LINE_LENGTH}. */
    public static final int LINE_SHIFT = 6;
    /** Bytes in a line, the unit of dirty tracking. */
    public static final int LINE_LENGTH = 1 << LINE_SHIFT;
    /** log2 of {@link #PAGE_LENGTH}. */
    public static final int PAGE_SHIFT = 12;
    /** Bytes in a page, the unit of checkpoints. */
    public static final int PAGE_LENGTH = 1 << PAGE_SHIFT;
    /** Lines in a page; one bit each in a page's mask. */
    public static final int LINES_PER_PAGE = PAGE_LENGTH / LINE_LENGTH;
    /** log2 of {@link #EXTENT_LENGTH}. */
    public static final int EXTENT_SHIFT = 16;
    /** Bytes in an extent, the unit of allocation. */
    public static final int EXTENT_LENGTH = 1 << EXTENT_SHIFT;
    /** Pages in an extent. */
    public static final int PAGES_PER_EXTENT = EXTENT_LENGTH / PAGE_LENGTH;

    private PageDescriptor() {}

    /**
     * Number of the page an address lies in.
     *
     * @param address byte position in the store
     * @return its page number
     */
    public static int pageOf(final long address) {
        return (int) (address >>> PAGE_SHIFT);
    }

    /**
     * Address of the first byte of a page.
     *
     * @param page page number
     * @return byte position in the store
     */
    public static long addressOfPage(final int page) {
        return Integer.toUnsignedLong(page) << PAGE_SHIFT;
    }

    /**
     * Mask of the line that an address lies in, in its page.
     *
     * @param address byte position in the store
     * @return one bit
     */
    public static long lineBit(final long address) {
        return 1L
                << (address >>> LINE_SHIFT); // of the distance the last six bits count, which are the line in the page
    }

    /**
     * Mask of the lines that a range inside one page touches.
     *
     * @param offset bytes from the start of the page, 0..4095
     * @param length bytes, 1..4096 - offset
     * @return one bit a line, bit 0 = first line
     */
    public static long lineMask(final int offset, final int length) {
        final int first = offset >>> LINE_SHIFT;
        final int last = (offset + length - 1) >>> LINE_SHIFT;
        return (-1L >>> (LINES_PER_PAGE - 1 - (last - first))) << first;
    }
}

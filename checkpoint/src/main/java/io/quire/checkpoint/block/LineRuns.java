/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.store.memory.PageDescriptor.LINES_PER_PAGE;
import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;

import io.quire.store.memory.RawMemory;

/**
 * Runs of neighbouring lines in a mask, so that lines are copied in as few pieces as possible.
 *
 * <p>Threading: thread-safe.
 */
final class LineRuns {
    private LineRuns() {}

    /** {@return number of lines set from {@code first}, which is set, upwards} */
    static int lengthAt(final long mask, final int first) {
        return Long.numberOfTrailingZeros(~(mask >>> first));
    }

    /** {@return the mask without a run} */
    static long without(final long mask, final int first, final int count) {
        return mask & ~((-1L >>> (LINES_PER_PAGE - count)) << first);
    }

    /** Copies lines out of a page image into a dense row. */
    static void gather(final long mask, final long pagePointer, final long linesPointer) {
        long rest = mask;
        long target = linesPointer;
        while (rest != 0) {
            final int first = Long.numberOfTrailingZeros(rest);
            final int count = lengthAt(rest, first);
            RawMemory.copy(pagePointer + (long) first * LINE_LENGTH, target, (long) count * LINE_LENGTH);
            target += (long) count * LINE_LENGTH;
            rest = without(rest, first, count);
        }
    }

    /**
     * Copies some lines out of a dense row into a page image.
     *
     * @param mask lines in the row
     * @param wanted lines to copy, a subset of them
     * @param linesPointer native pointer to the row
     * @param pagePointer native pointer to the page
     */
    static void scatter(final long mask, final long wanted, final long linesPointer, final long pagePointer) {
        long rest = wanted;
        while (rest != 0) {
            final int first = Long.numberOfTrailingZeros(rest);
            final int count = lengthAt(rest, first);
            final int rank = Long.bitCount(mask & ((1L << first) - 1));
            RawMemory.copy(
                    linesPointer + (long) rank * LINE_LENGTH,
                    pagePointer + (long) first * LINE_LENGTH,
                    (long) count * LINE_LENGTH);
            rest = without(rest, first, count);
        }
    }

    /** Sets lines of a page image to zero. */
    static void clear(final long mask, final long pagePointer) {
        long rest = mask;
        while (rest != 0) {
            final int first = Long.numberOfTrailingZeros(rest);
            final int count = lengthAt(rest, first);
            RawMemory.setMemory(pagePointer + (long) first * LINE_LENGTH, (long) count * LINE_LENGTH, (byte) 0);
            rest = without(rest, first, count);
        }
    }
}

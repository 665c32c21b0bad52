/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.PageDescriptor.EXTENT_LENGTH;
import static io.quire.store.memory.PageDescriptor.EXTENT_SHIFT;

/**
 * Which parts of the windows have space behind them. Extents below the limit of the recovered state are backed one by
 * one as they are first touched; everything above it is backed in address order, ahead of need.
 *
 * <p>Threading: thread-safe; backing itself is serialised by this object's lock, and the check above the recovered
 * limit takes none.
 */
final class BackedSpace {
    private final LiveMemory live;
    private final long recoveredLimit;
    private final long[] recoveredExtents;
    private final long windowMask;
    private volatile long backedEnd;
    private volatile long backedLength;

    BackedSpace(final LiveMemory live, final long recoveredLimit) {
        this.live = live;
        this.recoveredLimit = recoveredLimit;
        recoveredExtents = new long[(int) ((recoveredLimit >>> EXTENT_SHIFT) + Long.SIZE - 1) / Long.SIZE];
        windowMask = (1L << live.windowShift()) - 1;
        backedEnd = recoveredLimit;
    }

    /** Makes sure that a range inside one window has space; throws what {@link LiveMemory#back} throws. */
    void ensure(final long address, final long length) {
        final long end = address + length;
        if (address < recoveredLimit) {
            for (long extent = address & -EXTENT_LENGTH;
                    extent < Math.min(end, recoveredLimit);
                    extent += EXTENT_LENGTH) {
                ensureRecovered(extent);
            }
        }
        if (end > backedEnd) {
            growTo((end + EXTENT_LENGTH - 1) & -EXTENT_LENGTH);
        }
    }

    /** Tells that pages below the recovered limit are about to be filled. */
    synchronized void beforeFilling(final long address, final long length) {
        live.beforeFilling(address, length);
    }

    private synchronized void ensureRecovered(final long extentAddress) {
        final int extent = (int) (extentAddress >>> EXTENT_SHIFT);
        final long bit = 1L << extent;
        if ((recoveredExtents[extent >>> 6] & bit) == 0) {
            live.backUnfilled(extentAddress, EXTENT_LENGTH);
            recoveredExtents[extent >>> 6] |= bit;
            backedLength = backedLength + EXTENT_LENGTH;
        }
    }

    /** Backs in address order up to a limit, window by window. */
    synchronized void growTo(final long end) {
        while (backedEnd < end) {
            final long from = backedEnd;
            final long windowEnd = (from | windowMask) + 1;
            final long to = Math.min(end, windowEnd);
            live.back(from, to - from);
            backedLength = backedLength + (to - from);
            backedEnd = to;
        }
    }

    /** Address up to which everything above the recovered state is backed. */
    long backedEnd() {
        return backedEnd;
    }

    /** Bytes backed so far. */
    long backedLength() {
        return backedLength;
    }
}

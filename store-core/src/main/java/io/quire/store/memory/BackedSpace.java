/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.PageDescriptor.EXTENT_LENGTH;
import static io.quire.store.memory.PageDescriptor.EXTENT_SHIFT;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The windows and which parts of them have space behind them. Extents below the limit of the recovered state are backed
 * one by one as they are first touched; everything above it is backed in address order, ahead of need. With a range
 * comes what is known of its pages and extents, so that the writer, who needs it next, need not make it: its window,
 * counters and entries of the page table.
 *
 * <p>Whoever needs space does not wait for the lock but for the space: a thread that backs ahead gives the lock back
 * after each step and takes it again at once, which a waiting one can lose again and again. For those that need the
 * lock for something else it {@linkplain #makeWay makes way}.
 *
 * <p>Threading: thread-safe; reserving and backing are serialised by a lock. Nobody takes it to look whether a window
 * or an extent is there, to tell of pages that are about to be filled, or for a recovered extent of memory that comes
 * when it is written to: a touch of a cold page must not wait for whoever backs ahead.
 */
final class BackedSpace {
    private static final int SPINS = 100;
    private static final int YIELDS = 400;
    private static final int WAYS_MAX = 10; // so that nobody who backs waits for long, whatever has become of the other
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(20);

    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger waiting = new AtomicInteger(); // for the lock, not for space
    private final LiveMemory live;
    private final long recoveredLimit;
    private final AtomicLongArray recoveredExtents;
    private final PageTable pageTable;
    private final ExtentSequences sequences;
    private final long windowMask;
    private volatile long[] windowBases = new long[0];
    private final AtomicLong backedLength = new AtomicLong();
    private volatile long backedEnd;

    BackedSpace(
            final LiveMemory live,
            final long recoveredLimit,
            final PageTable pageTable,
            final ExtentSequences sequences) {
        this.live = live;
        this.recoveredLimit = recoveredLimit;
        this.pageTable = pageTable;
        this.sequences = sequences;
        recoveredExtents = new AtomicLongArray((int) ((recoveredLimit >>> EXTENT_SHIFT) + Long.SIZE - 1) / Long.SIZE);
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

    /** Tells that pages below the recovered limit are about to be filled; without the lock. */
    void beforeFilling(final long address, final long length) {
        live.beforeFilling(address, length);
    }

    /** Takes the lock, by preference without being put to sleep: most that is done under it takes microseconds. */
    private void acquire() {
        if (lock.tryLock()) {
            return;
        }
        waiting.incrementAndGet();
        try {
            for (int attempt = 1; !lock.tryLock(); attempt++) {
                pause(attempt);
            }
        } finally {
            waiting.decrementAndGet();
        }
    }

    private void pause(final int attempt) {
        if (attempt < SPINS) {
            Thread.onSpinWait();
            return;
        }
        Thread.yield(); // to who has the lock, if that one waits for this core
        if (attempt > SPINS + YIELDS) {
            LockSupport.parkNanos(this, PAUSE_NS);
        }
    }

    /** Lets those have the lock that wait for it; for who backs ahead, between two steps. */
    void makeWay() {
        for (int way = 0; way < WAYS_MAX && waiting.get() > 0; way++) {
            LockSupport.parkNanos(this, PAUSE_NS);
        }
    }

    private void ensureRecovered(final long extentAddress) {
        final int extent = (int) (extentAddress >>> EXTENT_SHIFT);
        if (isRecoveredBacked(extent)) {
            return;
        }
        if (live.isBackedByFilling()) {
            noteRecovered(extent);
            return;
        }
        acquire();
        try {
            if (!isRecoveredBacked(extent)) {
                live.backUnfilled(extentAddress, EXTENT_LENGTH);
                noteRecovered(extent);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isRecoveredBacked(final int extent) {
        return (recoveredExtents.get(extent >>> 6) >>> extent & 1) != 0;
    }

    private void noteRecovered(final int extent) {
        final int word = extent >>> 6;
        final long bit = 1L << extent;
        for (long bits = recoveredExtents.get(word); (bits & bit) == 0; bits = recoveredExtents.get(word)) {
            if (recoveredExtents.compareAndSet(word, bits, bits | bit)) {
                backedLength.addAndGet(EXTENT_LENGTH);
            }
        }
    }

    /**
     * Reserves windows in order, those that there are already excepted.
     *
     * @param count how many there are to be
     * @return native pointers of as many windows
     * @throws io.quire.store.errors.StateStoreException what {@link LiveMemory#reserveWindow} throws
     */
    long[] reserveWindows(final int count) {
        final long[] reserved = windowBases;
        if (reserved.length >= count) {
            return Arrays.copyOf(reserved, count);
        }
        acquire();
        try {
            reserveLocked(count);
            return Arrays.copyOf(windowBases, count);
        } finally {
            lock.unlock();
        }
    }

    private void reserveLocked(final int count) {
        while (windowBases.length < count) {
            final int window = windowBases.length;
            final long end = (window + 1) * (windowMask + 1);
            pageTable.reserve(end);
            sequences.reserve(end);
            final long[] bases = Arrays.copyOf(windowBases, window + 1); // first, since a window must not get lost
            bases[window] = live.reserveWindow(window);
            windowBases = bases;
        }
    }

    /** Backs in address order up to a limit, window by window, and reserves those that there are not yet. */
    void growTo(final long end) {
        for (int attempt = 1; backedEnd < end; attempt++) {
            if (lock.tryLock()) {
                try {
                    growLocked(end);
                } finally {
                    lock.unlock();
                }
            } else {
                pause(attempt);
            }
        }
    }

    private void growLocked(final long end) {
        while (backedEnd < end) {
            final long from = backedEnd;
            final long windowEnd = (from | windowMask) + 1;
            final long to = Math.min(end, windowEnd);
            reserveLocked((int) (windowEnd / (windowMask + 1)));
            pageTable.prepare(from, to);
            live.back(from, to - from); // last, since it must not be done twice
            backedLength.addAndGet(to - from);
            backedEnd = to;
        }
    }

    /** Address up to which everything above the recovered state is backed. */
    long backedEnd() {
        return backedEnd;
    }

    /** Bytes backed so far. */
    long backedLength() {
        return backedLength.get();
    }
}

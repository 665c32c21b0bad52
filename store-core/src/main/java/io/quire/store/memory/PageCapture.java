/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.CapturePool.LINES_OFFSET;
import static io.quire.store.memory.CapturePool.MASK_FIELD_OFFSET;
import static io.quire.store.memory.CapturePool.PAGE_FIELD_OFFSET;

import org.agrona.concurrent.IdleStrategy;

/**
 * Copy-on-write of sealed pages, wait-free for the writer: whoever comes first to a page sealed by the last barrier,
 * the checkpointer or the writer that wants to change it, saves its dirty lines as they were at the barrier.
 *
 * <p>The checkpointer copies a page's lines to a private buffer and then claims it by compare-and-set of its stamp;
 * when that fails the writer was there first and the copy is dropped. The writer claims first, then copies the lines
 * into a bounded pool that the checkpointer drains. Only a full pool makes the writer wait, counted in {@link
 * #stallNs()}, and not beyond the time the capture has: then the writer gives it up. It still claims each page before
 * it changes it, but saves no lines, so the page is accepted by nobody and the capture is never complete.
 *
 * <p>A capture that is given up, complete or not, leaves its pages and their lines to the next: nothing is copied or
 * searched for that, because a page keeps the lines of every epoch that is not known to be durable, and any page whose
 * stamp is newer than the last durable epoch counts as not yet saved.
 *
 * <p>Threading: {@link #captureByWriter} by the writer; {@link #capture} and {@link #drain} by the checkpointer; {@link
 * #begin}, {@link #end} hand the role over and are called by the writer and the checkpointer in turn.
 */
public final class PageCapture implements AutoCloseable {
    /** Smallest capture pool, bytes: a page with all its lines fits into a quarter of it. */
    public static final int POOL_LENGTH_MIN = 64 * 1024;

    private final PagedMemory memory;
    private final CapturePool pool;
    private final IdleStrategy idleStrategy;
    private final long scratch = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);

    private volatile boolean active;
    private long epoch;
    private DirtyPages sealed;
    private int[] pages;
    private int nextPage;
    private int acceptedCount;
    private boolean discarded;
    private long beginNs;
    private long timeoutNs;
    private volatile boolean overdue; // the writer has given it up
    private long durableEpoch;

    private volatile long stallNs;
    private volatile long stallCount;
    private volatile long writerCapturedPages;
    private volatile long writerCapturedLines;
    private volatile long checkpointerCapturedPages;
    private volatile long checkpointerCapturedLines;
    private volatile int poolUsedMax;

    PageCapture(final PagedMemory memory, final int poolLength, final IdleStrategy idleStrategy) {
        this.memory = memory;
        this.idleStrategy = idleStrategy;
        pool = new CapturePool(poolLength);
    }

    /** Takes over the pages sealed by a barrier. By the writer, at the barrier; the last capture has ended. */
    void begin(final long sealedEpoch, final DirtyPages sealedPages, final long captureTimeoutNs) {
        beginNs = System.nanoTime();
        timeoutNs = captureTimeoutNs;
        overdue = false;
        epoch = sealedEpoch;
        sealed = sealedPages;
        pages = null;
        nextPage = 0;
        acceptedCount = 0;
        discarded = false;
        active = true;
    }

    /**
     * {@return whether the writer has given the capture up, because its time was up when there was no room in the pool;
     * it will never be complete, and is to be ended}
     */
    public boolean overdue() {
        return overdue;
    }

    /** {@return whether every sealed page has been accepted by the consumer} */
    public boolean complete() {
        return sealed == null || (pages == null ? sealed.isEmpty() : acceptedCount == pages.length);
    }

    /** {@return whether the last capture has ended and its pages must go into the next} */
    boolean givenUp() {
        return !active && (discarded || !complete());
    }

    /** {@return nanoseconds the writer has waited for room in the pool since the store was opened} */
    public long stallNs() {
        return stallNs;
    }

    /** {@return pages captured by the writer since the store was opened} */
    public long writerCapturedPages() {
        return writerCapturedPages;
    }

    /** {@return pages captured by the checkpointer since the store was opened} */
    public long checkpointerCapturedPages() {
        return checkpointerCapturedPages;
    }

    /** {@return how often the writer has waited for room in the pool since the store was opened} */
    public long stallCount() {
        return stallCount;
    }

    /** {@return 64-byte lines captured by the writer since the store was opened} */
    public long writerCapturedLines() {
        return writerCapturedLines;
    }

    /** {@return 64-byte lines captured by the checkpointer since the store was opened} */
    public long checkpointerCapturedLines() {
        return checkpointerCapturedLines;
    }

    /** {@return bytes of the pool} */
    public int poolLength() {
        return pool.length();
    }

    /** {@return most bytes of the pool seen in use since the store was opened} */
    public int poolUsedMax() {
        return poolUsedMax;
    }

    /** {@return whether so much of the pool is in use that the writer may soon have to wait; from any thread} */
    public boolean poolShort() {
        return pool.usedLength() > pool.length() / 2;
    }

    boolean active() {
        return active;
    }

    boolean pending(final long stamp) {
        return active && unsaved(stamp);
    }

    /**
     * Whether a page is still to be saved by this capture: written in the sealed epoch and not claimed since, or
     * written, and claimed or not, in an earlier one whose capture was given up.
     */
    private boolean unsaved(final long stamp) {
        return stamp <= PageTable.stamp(epoch, PageTable.DIRTY) && PageTable.epochOf(stamp) > durableEpoch;
    }

    /**
     * Lines of a page, as its stamp says, that were changed since the last epoch known to be durable. The carried
     * lines are of no account once the epoch before the stamp's is durable, because they are older than that.
     */
    long linesAtRisk(final int page, final long entry, final long stamp) {
        final long stampEpoch = PageTable.epochOf(stamp);
        if (stampEpoch <= durableEpoch) {
            return 0;
        }
        final long mask = PageTable.mask(entry);
        return stampEpoch - 1 > durableEpoch
                ? mask | memory.pageTable().carried(PageDescriptor.addressOfPage(page))
                : mask;
    }

    /**
     * Saves a page's lines before the writer changes it, unless the checkpointer has. By the writer; waits only when
     * the pool is full, and until the capture's time is up.
     */
    void captureByWriter(final int page, final long entry, final long stamp) {
        // Also when the capture was given up: or the checkpointer might take the page with what is about to be written.
        if (!PageTable.compareAndSetStamp(entry, stamp, PageTable.stamp(epoch, PageTable.CAPTURED)) || overdue) {
            return;
        }
        final long mask = linesAtRisk(page, entry, stamp);
        final int length = LINES_OFFSET + Long.bitCount(mask) * PageDescriptor.LINE_LENGTH;
        long entryPointer = pool.claim(length);
        if (entryPointer == 0) {
            entryPointer = awaitRoom(length);
            if (entryPointer == 0) {
                return; // The capture was given up, by whomever: the lines are carried into the next.
            }
        }
        RawMemory.putInt(entryPointer + PAGE_FIELD_OFFSET, page);
        RawMemory.putLong(entryPointer + MASK_FIELD_OFFSET, mask);
        copyLines(memory.pointer(PageDescriptor.addressOfPage(page)), mask, entryPointer + LINES_OFFSET);
        pool.commit(length);
        writerCapturedPages = writerCapturedPages + 1; // single writer: no lost update, here and below
        writerCapturedLines = writerCapturedLines + Long.bitCount(mask);
    }

    private long awaitRoom(final int length) {
        final long start = System.nanoTime();
        idleStrategy.reset();
        long entryPointer = 0;
        while (active && (entryPointer = pool.claim(length)) == 0) {
            if (System.nanoTime() - beginNs >= timeoutNs) {
                overdue = true;
                break;
            }
            idleStrategy.idle();
        }
        stallNs = stallNs + (System.nanoTime() - start);
        stallCount = stallCount + 1;
        return entryPointer;
    }

    /**
     * Captures further pages in ascending order of page number and takes what the writer has captured meanwhile, which
     * comes in between in no order.
     *
     * @param limit pages to look at before returning
     * @param target takes each page once
     * @return pages looked at or accepted; 0 when nothing was there to do now (see {@link #complete()})
     */
    public int capture(final int limit, final CapturedPageConsumer target) {
        if (pages == null) {
            pages = sealed.sorted();
        }
        int work = drain(target);
        final long to = PageTable.stamp(epoch, PageTable.DONE);
        final int end = Math.min(pages.length, nextPage + limit);
        int claimed = 0;
        long lines = 0;
        while (nextPage < end) {
            final int page = pages[nextPage++];
            final long address = PageDescriptor.addressOfPage(page);
            final long entry = memory.pageTable().entry(address);
            work++;
            final long stamp = PageTable.stampAcquire(entry);
            if (unsaved(stamp)) {
                // The masks may be the next epoch's by now, in which case the compare-and-set fails.
                final long mask = linesAtRisk(page, entry, stamp);
                copyLines(memory.pointer(address), mask, scratch);
                if (PageTable.compareAndSetStamp(entry, stamp, to)) {
                    acceptedCount++;
                    claimed++;
                    lines += Long.bitCount(mask);
                    target.accept(page, mask, scratch);
                }
            }
        }
        checkpointerCapturedPages = checkpointerCapturedPages + claimed;
        checkpointerCapturedLines = checkpointerCapturedLines + lines;
        return work;
    }

    private int drain(final CapturedPageConsumer target) {
        poolUsedMax = Math.max(poolUsedMax, (int) pool.usedLength());
        return pool.read((page, mask, lines) -> {
            acceptedCount++;
            target.accept(page, mask, lines);
        });
    }

    static void copyLines(final long source, final long mask, final long target) {
        if (mask == -1L) {
            RawMemory.copy(source, target, PageDescriptor.PAGE_LENGTH);
            return;
        }
        long remaining = mask;
        long to = target;
        while (remaining != 0) {
            // One copy for each run of neighbouring lines.
            final int first = Long.numberOfTrailingZeros(remaining);
            final int count = Long.numberOfTrailingZeros(~(remaining >>> first));
            final long length = (long) count << PageDescriptor.LINE_SHIFT;
            RawMemory.copy(source + ((long) first << PageDescriptor.LINE_SHIFT), to, length);
            to += length;
            remaining = first + count == Long.SIZE ? 0 : remaining & (-1L << (first + count));
        }
    }

    /**
     * Ends the capture, complete or given up. By the checkpointer, once; a writer that waits for room goes on. When it
     * was given up the sealed pages are part of the next barrier's.
     */
    public void end() {
        active = false;
    }

    /**
     * Forgets the sealed pages, and what is still in the pool. By the writer, after {@link #end}.
     *
     * @return the pages of a capture that was given up, or null when what was sealed is durable
     */
    int[] takeUnfinished() {
        int[] unfinished = null;
        if (sealed != null) {
            if (discarded || !complete()) {
                unfinished = pages == null ? sealed.sorted() : pages;
                pool.clear();
            } else {
                durableEpoch = epoch;
            }
        }
        sealed = null;
        pages = null;
        return unfinished;
    }

    /**
     * Treats the capture as given up, even if its pages were all accepted, because what was made of them could not be
     * published. By the checkpointer, before it lets the writer take the next barrier. Needs no memory, which may be
     * why it is called.
     */
    public void discard() {
        discarded = true;
        if (pages == null && sealed != null) {
            try {
                pages = sealed.sorted(); // here and not at the next barrier
            } catch (final OutOfMemoryError e) {
                pages = null; // then at the next barrier, which is not taken without
            }
        }
    }

    @Override
    public void close() {
        RawMemory.free(scratch);
        pool.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.PageDescriptor.EXTENT_LENGTH;
import static io.quire.store.memory.PageDescriptor.PAGE_LENGTH;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFullException;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * The memory of a store: everything that must survive is bytes in its pages. Structures reach them through {@link
 * #forRead} and {@link #forWrite} only, which is where cold pages are hydrated, dirty lines are noted and the old lines
 * of a page that a checkpoint still needs are saved. None of that knows what the bytes mean.
 *
 * <p>A pointer is valid until the memory is closed, but is taken anew for each operation, because only taking it does
 * the bookkeeping. An object lies inside one window, so pointer arithmetic inside an object is sound.
 *
 * <p>Threading: single writer; {@link #forSharedRead}, {@link #forDoubtfulRead} and
 * {@link #hydrate} from any thread; {@link PageCapture} by
 * the checkpointer.
 */
public final class PagedMemory implements AutoCloseable {
    /** Slots of {@link #rootSlot}. */
    public static final int ROOT_SLOT_COUNT = WindowDescriptor.ROOT_SLOT_COUNT;
    /** Smallest window, log2 of bytes. */
    public static final int WINDOW_SHIFT_MIN = 20;
    /** Largest window and default, log2 of bytes. */
    public static final int WINDOW_SHIFT_MAX = 30;
    /** Default length of the capture pool, bytes. */
    public static final int CAPTURE_POOL_LENGTH_DEFAULT = 1024 * 1024;

    private static final int PAGE_MASK = PAGE_LENGTH - 1;

    /** Most bytes of a store: page numbers are ints, and so is their count. */
    public static final long LENGTH_MAX = (1L << 43) - EXTENT_LENGTH;

    private final LiveMemory live;
    private final int windowShift;
    private final long windowMask;
    private final long lengthMax;
    private final long hashSeed;
    private final PageTable pageTable = new PageTable();
    private final ExtentSequences sequences = new ExtentSequences();
    private final PageCapture capture;
    private final ExtentAllocator extents;
    private final BackedSpace space;
    private final SpaceGrower grower;
    private final PageHydration hydration;

    private long[] windowBases = new long[0];
    private volatile long[] publishedBases = windowBases; // the same, for threads other than the writer
    private boolean limitLifted;
    private boolean hydrating; // the writer's alone: false once it has seen that all is hydrated
    private volatile boolean hydrated;
    private long epoch = 1;
    private long dirtyStamp = PageTable.stamp(1, PageTable.DIRTY);
    private DirtyPages dirtyPages;
    private DirtyPages spareDirtyPages;

    private PagedMemory(final Builder settings, final PageSource source, final int recoveredPageCount) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ConfigurationException(
                    "only little-endian machines are supported: found=" + ByteOrder.nativeOrder());
        }
        live = settings.live;
        windowShift = live.windowShift();
        if (windowShift < WINDOW_SHIFT_MIN || windowShift > WINDOW_SHIFT_MAX) {
            throw new ConfigurationException("window shift out of range: found=" + windowShift + " expected="
                    + WINDOW_SHIFT_MIN + ".." + WINDOW_SHIFT_MAX);
        }
        windowMask = (1L << windowShift) - 1;
        lengthMax = Math.max(settings.lengthMax, PageDescriptor.addressOfPage(recoveredPageCount));
        hashSeed = settings.hashSeed;
        hydrating = recoveredPageCount > 0;
        hydrated = !hydrating;
        space = new BackedSpace(live, PageDescriptor.addressOfPage(recoveredPageCount), pageTable, sequences);
        hydration = new PageHydration(this, space, source, recoveredPageCount);
        dirtyPages = new DirtyPages(settings.pageListAllocation);
        dirtyPages.prepare();
        spareDirtyPages = new DirtyPages(settings.pageListAllocation);
        capture = new PageCapture(this, settings.capturePoolLength, settings.captureIdleStrategy);
        extents = new ExtentAllocator(this, windowShift);
        grower = settings.growerName == null ? null : new SpaceGrower(space, lengthMax, settings.growerName);
    }

    /**
     * Memory of a new, empty store.
     *
     * @param settings what backs it
     * @return the memory
     * @throws io.quire.store.errors.StoreFullException when not even the first extent can be had
     */
    public static PagedMemory create(final Builder settings) {
        final PagedMemory memory = new PagedMemory(settings, null, 0);
        try {
            memory.extents.format();
            memory.startGrower();
            return memory;
        } catch (final RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Memory of a recovered store: every page is cold and comes from a source on its first touch.
     *
     * @param settings what backs it; the window shift and the hash seed are those it was created with
     * @param source content of the pages
     * @param pageCount pages below this number may hold something
     * @return the memory
     * @throws io.quire.store.errors.CorruptStoreException when the first page is not that of a store
     */
    public static PagedMemory recover(final Builder settings, final PageSource source, final int pageCount) {
        final PagedMemory memory = new PagedMemory(settings, source, pageCount);
        try {
            final long limit = PageDescriptor.addressOfPage(pageCount);
            final int windows = (int) ((limit + memory.windowMask) >>> memory.windowShift);
            for (int window = 0; window < windows; window++) {
                memory.reserveWindow(window);
            }
            memory.extents.recover(windows);
            memory.startGrower();
            return memory;
        } catch (final RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Small anonymous memory without threads, for tests and throw-away stores.
     *
     * @param hashSeed seed of the tables' hashes
     * @return empty memory with windows of 64 MiB
     */
    public static PagedMemory anonymous(final long hashSeed) {
        return create(new Builder(new AnonymousMemory(26)).hashSeed(hashSeed));
    }

    private void startGrower() {
        if (grower != null) {
            grower.start(space.backedEnd());
        }
    }

    /**
     * Pointer for reading at an address.
     *
     * @param address byte position in the store
     * @return native pointer, readable to the end of the page
     */
    public long forRead(final long address) {
        if (hydrating) {
            hydrateForWriter(address, 1);
        }
        return windowBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Pointer for reading a range.
     *
     * @param address byte position in the store
     * @param length bytes, greater than 0; the range is inside one window
     * @return native pointer to the range
     */
    public long forRead(final long address, final int length) {
        if (hydrating) {
            hydrateForWriter(address, length);
        }
        return windowBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Pointer for reading a range from a thread that is not the writer.
     *
     * @param address byte position in the store, certain to be one
     * @param length bytes, greater than 0; the range is inside one window
     * @return native pointer to the range, loaded
     * @throws io.quire.store.errors.StateStoreException what loading a page throws
     */
    public long forSharedRead(final long address, final int length) {
        if (!hydrated) {
            hydration.touch(address, length);
        }
        return publishedBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Pointer for reading a range from a thread that is not the writer, at an address that may be anything because it
     * was read from memory that the writer is changing.
     *
     * @param address byte position in the store, or any other number
     * @param length bytes, greater than 0
     * @return native pointer to the range, loaded; 0 when there is no such range: the address cannot be believed
     * @throws io.quire.store.errors.StateStoreException what loading a page throws, also one that was asked for by
     *     mistake
     */
    public long forDoubtfulRead(final long address, final int length) {
        return address >>> windowShift < publishedBases.length
                        && (address & windowMask) + length <= windowMask + 1
                        && address + length <= space.backedEnd()
                ? forSharedRead(address, length)
                : 0;
    }

    /**
     * Pointer for writing a range, whose lines count as changed in this epoch. On a page already written in this epoch
     * this costs a few nanoseconds; the first write to a page in an epoch takes longer, once.
     *
     * @param address byte position in the store
     * @param length bytes, greater than 0; the range is inside one window
     * @return native pointer to the range
     */
    public long forWrite(final long address, final int length) {
        noteWrite(address, length);
        return windowBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Says that a range is about to be written, as {@link #forWrite} does, for who has a pointer to it already.
     *
     * @param address byte position in the store
     * @param length bytes, greater than 0; the range is inside one window
     */
    public void noteWrite(final long address, final int length) {
        final int offset = (int) address & PAGE_MASK;
        final long entry = pageTable.entry(address);
        if (PageTable.stamp(entry) == dirtyStamp && offset + length <= PAGE_LENGTH) {
            PageTable.mask(entry, PageTable.mask(entry) | PageDescriptor.lineMask(offset, length));
        } else {
            markDirty(address, length);
        }
    }

    /**
     * Says that eight aligned bytes are about to be overwritten, as {@link #forWrite} does, for who has a pointer to
     * them already. Costs less, because they lie in one line.
     *
     * @param address byte position in the store, a multiple of 8
     */
    public void forWriteOfLong(final long address) {
        assert (address & (Long.BYTES - 1)) == 0 : "address=" + address;
        final long entry = pageTable.entry(address);
        if (PageTable.stamp(entry) == dirtyStamp) {
            PageTable.mask(entry, PageTable.mask(entry) | PageDescriptor.lineBit(address));
        } else {
            markDirty(address, Long.BYTES);
        }
    }

    /**
     * Where {@link #forWrite} notes a change at an address, for who wants it to be near before it is needed.
     *
     * @param address byte position in the store
     * @return native pointer to 8 readable bytes, valid until the memory is closed
     */
    public long trackingPointer(final long address) {
        return pageTable.entry(address);
    }

    private void markDirty(final long address, final int length) {
        final long end = address + length;
        // All pages first: hydration may throw, and then no line may count as changed.
        if (hydrating) {
            hydrateForWriter(address, length);
        }
        for (long at = address; at < end; ) {
            final int offset = (int) at & PAGE_MASK;
            final int inPage = (int) Math.min(PAGE_LENGTH - offset, end - at);
            final long entry = pageTable.entryForUpdate(at);
            touch(at, entry);
            PageTable.mask(entry, PageTable.mask(entry) | PageDescriptor.lineMask(offset, inPage));
            at += inPage;
        }
    }

    private void touch(final long address, final long entry) {
        final long stamp = PageTable.stampAcquire(entry);
        if (stamp == dirtyStamp) {
            return;
        }
        final int page = PageDescriptor.pageOf(address);
        if (capture.pending(stamp)) {
            capture.captureByWriter(page, entry, stamp);
        }
        dirtyPages.add(page); // first, since it may find no memory: a page that counts as dirty is in the list
        pageTable.carried(address, capture.linesAtRisk(page, entry, stamp));
        PageTable.mask(entry, 0);
        PageTable.stampRelease(entry, dirtyStamp);
    }

    /** Native pointer of an address without bookkeeping, for a thread that may not be the writer. */
    long publishedPointer(final long address) {
        return publishedBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Native pointer of an address without bookkeeping.
     *
     * @param address byte position in a reserved window
     * @return native pointer
     */
    long pointer(final long address) {
        return windowBases[(int) (address >>> windowShift)] + (address & windowMask);
    }

    /**
     * Loads a page if it is cold; waits while another thread loads it.
     *
     * @param page page number below {@link #recoveredPageCount()}
     * @return whether this call loaded it
     * @throws io.quire.store.errors.StateStoreException what the source threw; the page stays cold
     */
    public boolean hydrate(final int page) {
        return hydration.hydrate(page);
    }

    /**
     * Loads those of neighbouring pages that are cold and that no other thread is loading; waits for none.
     *
     * @param firstPage number of the first
     * @param pageCount how many, 1..{@link PageSource#RUN_LENGTH_MAX}; all below {@link #recoveredPageCount()} and in
     *     one window
     * @return how many this call loaded
     * @throws io.quire.store.errors.StateStoreException what the source threw; those that were cold stay so
     */
    public int hydrateRun(final int firstPage, final int pageCount) {
        return hydration.hydrateRun(firstPage, pageCount);
    }

    /**
     * Sets how many neighbours a touch of a cold page loads together: few are quick, many are cheap.
     *
     * @param pages a power of two, 1..{@link PageSource#RUN_LENGTH_MAX}
     */
    public void hydrationRunLength(final int pages) {
        hydration.runLength(pages);
    }

    /** {@return pages that recovery found; those not yet touched or hydrated are cold} */
    public int recoveredPageCount() {
        return hydration.pageCount();
    }

    /** {@return pages loaded since recovery, by whomever} */
    public long hydratedPageCount() {
        return hydration.loadedPages();
    }

    /** {@return how often a touch met a cold page and had to load it} */
    public long coldTouchCount() {
        return hydration.coldTouches();
    }

    /** {@return whether some page may still be cold; by the writer} */
    public boolean hydrating() {
        return hydrating && !noticeHydrated();
    }

    /** {@return whether some page may still be cold; by any thread} */
    public boolean hydratingForOthers() {
        return !hydrated;
    }

    /** Loads what is cold of a range; by the writer. */
    private void hydrateForWriter(final long address, final int length) {
        if (!noticeHydrated()) {
            hydration.touch(address, length);
        }
    }

    /**
     * From here on the writer skips the checks that order it after those who load pages, so before it does, it reads
     * with acquire what says that all are loaded.
     */
    private boolean noticeHydrated() {
        final boolean noticed = hydrated;
        if (noticed) {
            hydrating = false;
        }
        return noticed;
    }

    /**
     * Says that every recovered page has been hydrated: the check for cold pages ends, and the source is not used any
     * more. Checked, O(pages).
     */
    public void hydrationComplete() {
        hydration.complete();
        hydrated = true;
    }

    /**
     * Takes an extent. Its content is undefined; initialise, through {@link #forWrite}, all that will be read.
     *
     * @param kind what for, not FREE, WINDOW or RUN_CONTINUED
     * @return its address, a multiple of 64 KiB
     * @throws io.quire.store.errors.StoreFullException when there is no space; nothing has changed
     */
    public long allocateExtent(final ExtentKind kind) {
        return allocateRun(kind, 1);
    }

    /**
     * Takes neighbouring extents inside one window. Content as for {@link #allocateExtent}.
     *
     * @param kind what for
     * @param extentCount 1 .. extents of a window - 1
     * @return address of the first
     * @throws io.quire.store.errors.StoreFullException when there is no such run or no space; nothing has changed
     */
    public long allocateRun(final ExtentKind kind, final int extentCount) {
        return extents.allocate(kind, extentCount);
    }

    /**
     * Gives back an extent or a run. Its lines changed in this epoch are dropped from the next checkpoint.
     *
     * @param address what allocate returned
     * @throws ConfigurationException when that is not so; nothing has changed
     */
    public void free(final long address) {
        extents.free(address);
    }

    /**
     * Makes sure that a number of single extents can be taken without failing.
     *
     * @param extentCount extents
     * @throws io.quire.store.errors.StoreFullException when not; what could be reserved stays reserved
     */
    public void ensureFree(final int extentCount) {
        extents.ensureFree(extentCount);
    }

    /** {@return what the extent at an address is used for, null when its code is unknown} */
    public ExtentKind kindOf(final long address) {
        return extents.kindOf(address);
    }

    /**
     * Tells what an extent was used for a moment ago; by any thread. Loads the page that says so if it is cold.
     *
     * @param address byte position in a reserved window
     * @return what for, null when its code is unknown
     * @throws io.quire.store.errors.StateStoreException what loading a page throws
     */
    public ExtentKind kindForOthers(final long address) {
        final long base = address & ~windowMask;
        final int extent = (int) ((address - base) >>> PageDescriptor.EXTENT_SHIFT);
        return ExtentKind.ofCode(RawMemory.getByte(forSharedRead(base + WindowDescriptor.kindOffset(extent), 1)));
    }

    /**
     * Reads a root slot, one of the few places at a fixed address.
     *
     * @param slot 0 .. {@link #ROOT_SLOT_COUNT} - 1
     * @return what was last put there; 0 in a new store
     */
    public long rootSlot(final int slot) {
        return extents.rootSlot(slot);
    }

    /**
     * Writes a root slot.
     *
     * @param slot 0 .. {@link #ROOT_SLOT_COUNT} - 1
     * @param value anything
     */
    public void rootSlot(final int slot, final long value) {
        extents.rootSlot(slot, value);
    }

    /**
     * The barrier: everything written so far belongs to the sealed epoch, everything after to the next. By the writer,
     * at an operation boundary, when no capture is active. O(1); the pages of a capture that was given up are part of
     * this one.
     *
     * @return the capture, ready for the checkpointer
     */
    public PageCapture seal() {
        return seal(Long.MAX_VALUE);
    }

    /**
     * The barrier, as {@link #seal()}, for a capture that must not keep the writer for ever.
     *
     * @param captureTimeoutNs nanoseconds from now on after which the writer waits for no room in the pool any more and
     *     gives the capture up, see {@link PageCapture#overdue()}
     * @return the capture, ready for the checkpointer
     */
    public PageCapture seal(final long captureTimeoutNs) {
        if (capture.active()) {
            throw new IllegalStateException("a capture is still active");
        }
        spareDirtyPages.prepare(); // here, where nothing has changed if there is no memory for it
        final int[] unfinished = capture.takeUnfinished();
        final DirtyPages sealed = dirtyPages;
        if (unfinished != null) {
            sealed.carry(unfinished);
        }
        final long sealedEpoch = epoch++;
        dirtyStamp = PageTable.stamp(epoch, PageTable.DIRTY);
        dirtyPages = spareDirtyPages;
        dirtyPages.clear();
        spareDirtyPages = sealed; // the checkpointer's until the next barrier
        capture.begin(sealedEpoch, sealed, captureTimeoutNs);
        return capture;
    }

    /** {@return the capture, for its counters} */
    public PageCapture capture() {
        return capture;
    }

    /** {@return pages written since the last barrier} */
    public int dirtyPageCount() {
        return dirtyPages.count();
    }

    /** {@return whether a barrier now would seal anything, pages of an abandoned capture included} */
    public boolean changed() {
        return dirtyPages.count() > 0 || capture.givenUp();
    }

    /** {@return pages below this number may hold something; the rest of the address space is unused} */
    public int pageLimit() {
        return extents.pageLimit();
    }

    /**
     * {@return extents given back since the memory was opened, those that were taken again since included; by the
     * writer}
     */
    public long freedExtentCount() {
        return extents.freedCount();
    }

    /**
     * Extents in use by kind, O(extents).
     *
     * @return counts, indexed by {@link ExtentKind#code()}
     */
    public long[] extentsByKind() {
        final long[] counts = new long[ExtentKind.values().length];
        extents.countByKind(counts);
        return counts;
    }

    /** {@return bytes that have space behind them} */
    public long backedLength() {
        return space.backedLength();
    }

    /** {@return seed of the tables' hashes, the same for the life of the store} */
    public long hashSeed() {
        return hashSeed;
    }

    /** {@return log2 of the window length in bytes} */
    public int windowShift() {
        return windowShift;
    }

    /** {@return what backs the windows, for people} */
    public String description() {
        return live.description();
    }

    /** {@return the counters by which readers notice changes} */
    public ExtentSequences sequences() {
        return sequences;
    }

    PageTable pageTable() {
        return pageTable;
    }

    void reserveWindow(final int window) {
        if (window < windowBases.length) {
            return; // reserved by an attempt that failed later on
        }
        if ((long) window << windowShift >= limit()) {
            throw full();
        }
        windowBases = space.reserveWindows(window + 1);
        publishedBases = windowBases;
    }

    void ensureBacked(final long address, final long length) {
        if (address + length > limit()) {
            throw full();
        }
        space.ensure(address, length);
        if (grower != null) {
            grower.used(address + length);
        }
    }

    private long limit() {
        return limitLifted ? LENGTH_MAX : lengthMax;
    }

    private StoreFullException full() {
        return new StoreFullException(
                "live memory has reached its limit: limit=" + limit() + " bytes; remove entries or raise the limit");
    }

    /**
     * Lets the memory grow beyond its limit, or no longer. By the writer, while it takes changes back: what they have
     * freed may be in use for something else by then.
     *
     * @param lifted whether the limit does not count
     */
    public void liftLimit(final boolean lifted) {
        limitLifted = lifted;
    }

    /** The content of a range no longer matters: its lines need not go into the next checkpoint. */
    void forget(final long address, final long length) {
        for (long at = address; at < address + length; at += PAGE_LENGTH) {
            final long entry = pageTable.entry(at);
            if (PageTable.stamp(entry) == dirtyStamp) {
                PageTable.mask(entry, 0);
                pageTable.carried(at, 0);
            }
        }
    }

    /**
     * Releases all memory. Every other thread has left it: readers, checkpointer, hydration.
     */
    @Override
    public void close() {
        if (grower != null) {
            grower.stop();
        }
        windowBases = new long[0];
        publishedBases = windowBases;
        live.close();
        capture.close();
        pageTable.close();
        sequences.close();
    }

    /**
     * Settings of a paged memory.
     *
     * <p>Threading: confined to one thread.
     */
    public static final class Builder {
        private final LiveMemory live;
        private long hashSeed;
        private long lengthMax = LENGTH_MAX;
        private int capturePoolLength = CAPTURE_POOL_LENGTH_DEFAULT;
        private IdleStrategy captureIdleStrategy = YieldingIdleStrategy.INSTANCE;
        private String growerName;
        private IntFunction<int[]> pageListAllocation = int[]::new;

        /**
         * Starts from a backing, which the memory closes.
         *
         * @param live what backs the windows
         */
        public Builder(final LiveMemory live) {
            this.live = live;
        }

        /**
         * Seed of the tables' hashes.
         *
         * @param seed any value, kept with the store
         * @return this
         */
        public Builder hashSeed(final long seed) {
            hashSeed = seed;
            return this;
        }

        /**
         * Most bytes of live memory. What is recovered fits in any case: the limit is on growth.
         *
         * @param bytes at most {@link #LENGTH_MAX}; more means that
         * @return this
         */
        public Builder lengthMax(final long bytes) {
            lengthMax = Math.min(bytes, LENGTH_MAX) & -EXTENT_LENGTH;
            return this;
        }

        /**
         * Room for lines that the writer captures before the checkpointer takes them.
         *
         * @param bytes a power of two, at least {@link PageCapture#POOL_LENGTH_MIN}
         * @return this
         */
        public Builder capturePoolLength(final int bytes) {
            if (Integer.bitCount(bytes) != 1 || bytes < PageCapture.POOL_LENGTH_MIN) {
                throw new ConfigurationException("capture pool length must be a power of two of at least "
                        + PageCapture.POOL_LENGTH_MIN + ": found=" + bytes);
            }
            capturePoolLength = bytes;
            return this;
        }

        /**
         * How the writer waits for room in the capture pool.
         *
         * @param strategy used by the writer only
         * @return this
         */
        public Builder captureIdleStrategy(final IdleStrategy strategy) {
            captureIdleStrategy = strategy;
            return this;
        }

        /** Gives lists of page numbers their memory; for tests in which there is none. */
        Builder pageListAllocation(final IntFunction<int[]> allocation) {
            pageListAllocation = allocation;
            return this;
        }

        /**
         * Grow ahead of need on a thread of this name.
         *
         * @param threadName name, or null for no thread
         * @return this
         */
        public Builder growAhead(final String threadName) {
            growerName = threadName;
            return this;
        }
    }
}

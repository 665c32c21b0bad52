/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static io.quire.store.memory.PageDescriptor.EXTENT_LENGTH;
import static io.quire.store.memory.PageDescriptor.EXTENT_SHIFT;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Hands out extents and runs of extents. All it knows stands in the extent maps of the windows, in pages, so it is
 * checkpointed and recovered like everything else. First fit, by window.
 *
 * <p>Invariants: no run of freed extents in a window is longer than {@link #longestFreed} says, and a window that is
 * not in {@link #roomy} has no extent to give. That stands on the heap and is only what spares looking: nothing is
 * known of a window after recovery, and anything is expected there.
 *
 * <p>Threading: confined to the store's writer; {@link #kindOf} from any thread.
 */
final class ExtentAllocator {
    private static final int UNKNOWN = -1;
    private static final int KINDS_AT_ONCE = Long.BYTES;
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private final PagedMemory memory;
    private final int windowShift;
    private final int extentsPerWindow;
    private int windowCount;
    private int pageLimit; // kept, because barriers ask for it and the memory it stands in is cold by then
    private long freedCount;
    private int[] longestFreed = new int[4]; // by window: upper bound of extents in a run; lowered by a vain search
    private final BitSet roomy = new BitSet(); // windows that may have an extent to give
    private long kindsRead;
    private long windowsRead;

    ExtentAllocator(final PagedMemory memory, final int windowShift) {
        this.memory = memory;
        this.windowShift = windowShift;
        extentsPerWindow = 1 << (windowShift - EXTENT_SHIFT);
    }

    /** Formats window 0 of a new store. */
    void format() {
        addWindow();
    }

    /** Takes over the windows of a recovered store. */
    void recover(final int recoveredWindowCount) {
        windowCount = recoveredWindowCount;
        longestFreed = new int[Math.max(longestFreed.length, recoveredWindowCount)];
        Arrays.fill(longestFreed, extentsPerWindow);
        roomy.set(0, recoveredWindowCount);
        final long magic = RawMemory.getLong(memory.forRead(WindowDescriptor.MAGIC_OFFSET));
        if (magic != WindowDescriptor.MAGIC) {
            throw new CorruptStoreException("the first page of the recovered state is not a window header: found=0x"
                    + Long.toHexString(magic) + " expected=0x" + Long.toHexString(WindowDescriptor.MAGIC));
        }
        pageLimit = UNKNOWN;
    }

    long rootSlot(final int slot) {
        return RawMemory.getLong(memory.forRead(WindowDescriptor.rootSlotOffset(slot)));
    }

    void rootSlot(final int slot, final long value) {
        RawMemory.putLong(memory.forWrite(WindowDescriptor.rootSlotOffset(slot), Long.BYTES), value);
    }

    /** Pages below this number may hold something. */
    int pageLimit() {
        if (pageLimit == UNKNOWN) {
            final int last = windowCount - 1;
            setPageLimit(last, field(last, WindowDescriptor.USED_COUNT_OFFSET));
        }
        return pageLimit;
    }

    private void setPageLimit(final int window, final int used) {
        if (window == windowCount - 1) {
            pageLimit = PageDescriptor.pageOf(windowAddress(window) + ((long) used << EXTENT_SHIFT));
        }
    }

    long allocate(final ExtentKind kind, final int count) {
        if (count < 1 || count >= extentsPerWindow) {
            throw new StoreFullException("no run of extents is that long: extents=" + count + " needed="
                    + ((long) count << EXTENT_SHIFT) + " most=" + ((long) (extentsPerWindow - 1) << EXTENT_SHIFT)
                    + " bytes in a window");
        }
        for (int window = nextRoomy(0); window < windowCount; window = nextRoomy(window + 1)) {
            final int extent = findIn(window, count);
            if (extent > 0) {
                return take(window, extent, count, kind);
            }
        }
        addWindow();
        return take(windowCount - 1, 1, count, kind);
    }

    /** First window from one on that may have an extent to give; the number of windows if none. */
    private int nextRoomy(final int from) {
        final int window = roomy.nextSetBit(from);
        return window < 0 ? windowCount : Math.min(window, windowCount);
    }

    /** First extent of a free run, or -1. A run may begin in freed extents and end in never used ones. */
    private int findIn(final int window, final int count) {
        windowsRead++;
        final int used = field(window, WindowDescriptor.USED_COUNT_OFFSET);
        final int free = field(window, WindowDescriptor.FREE_COUNT_OFFSET);
        if (free == 0 && used == extentsPerWindow) {
            roomy.clear(window);
            return -1;
        }
        if (free >= count && longestFreed[window] >= count) {
            final int found = findFreed(window, count, used);
            if (found > 0) {
                return found;
            }
            longestFreed[window] = count - 1;
        }
        return used + count <= extentsPerWindow ? used : -1;
    }

    private int findFreed(final int window, final int count, final int used) {
        final long base = windowAddress(window);
        final int start = field(window, WindowDescriptor.SEARCH_START_OFFSET);
        int run = 0;
        for (int first = start & -KINDS_AT_ONCE; first < used; first += KINDS_AT_ONCE) {
            final long kinds = kindCodes(base, first);
            if (!hasZeroByte(kinds)) {
                run = 0;
                continue;
            }
            final int end = Math.min(KINDS_AT_ONCE, used - first);
            for (int i = Math.max(0, start - first); i < end; i++) {
                if ((kinds >>> (i * Byte.SIZE) & 0xff) != 0) {
                    run = 0;
                } else if (++run == count) {
                    return first + i - count + 1;
                }
            }
        }
        return -1;
    }

    /** Kinds of the extents from a multiple of eight on, the first in the lowest byte. */
    private long kindCodes(final long base, final int first) {
        kindsRead += KINDS_AT_ONCE;
        return RawMemory.getLong(memory.forRead(base + WindowDescriptor.kindOffset(first)));
    }

    private static boolean hasZeroByte(final long bytes) {
        return (bytes - LOW_BITS & ~bytes & HIGH_BITS) != 0;
    }

    /** How often it was looked whether a window has an extent to give, since the memory was opened. */
    long windowsRead() {
        return windowsRead;
    }

    /** Extents whose kind was looked at in a search, since the memory was opened. */
    long kindsRead() {
        return kindsRead;
    }

    private long take(final int window, final int extent, final int count, final ExtentKind kind) {
        final long base = windowAddress(window);
        final long address = base + ((long) extent << EXTENT_SHIFT);
        memory.ensureBacked(address, (long) count << EXTENT_SHIFT); // may throw; nothing has changed yet
        memory.sequences().changedUse(address, count);
        final int used = field(window, WindowDescriptor.USED_COUNT_OFFSET);
        final int fresh = Math.max(0, extent + count - used);
        putKinds(base, extent, count, kind.code(), ExtentKind.RUN_CONTINUED.code());
        final int free = field(window, WindowDescriptor.FREE_COUNT_OFFSET);
        putField(window, WindowDescriptor.FREE_COUNT_OFFSET, free - (count - fresh));
        putField(window, WindowDescriptor.USED_COUNT_OFFSET, used + fresh);
        setPageLimit(window, used + fresh);
        if (count == 1 && extent < used) {
            putField(window, WindowDescriptor.SEARCH_START_OFFSET, extent + 1);
        }
        return address;
    }

    void free(final long address) {
        final int window = (int) (address >>> windowShift);
        final long base = windowAddress(window);
        final int extent = (int) ((address - base) >>> EXTENT_SHIFT);
        final ExtentKind kind = kindOf(address);
        if ((address & (EXTENT_LENGTH - 1)) != 0
                || kind == null
                || kind == ExtentKind.FREE
                || kind == ExtentKind.WINDOW
                || kind == ExtentKind.RUN_CONTINUED) {
            throw new ConfigurationException(
                    "not the start of an allocated extent: address=" + address + " kind=" + kind);
        }
        final int used = field(window, WindowDescriptor.USED_COUNT_OFFSET);
        int count = 1;
        while (extent + count < used && kindCode(base, extent + count) == ExtentKind.RUN_CONTINUED.code()) {
            count++;
        }
        expectFreed(window, extent, count, used);
        roomy.set(window);
        // What it held may be changed elsewhere from now on: records of a segment that was merged into its neighbour.
        memory.sequences().changedUse(address, count);
        putKinds(base, extent, count, ExtentKind.FREE.code(), ExtentKind.FREE.code());
        putField(window, WindowDescriptor.FREE_COUNT_OFFSET, field(window, WindowDescriptor.FREE_COUNT_OFFSET) + count);
        if (extent < field(window, WindowDescriptor.SEARCH_START_OFFSET)) {
            putField(window, WindowDescriptor.SEARCH_START_OFFSET, extent);
        }
        memory.forget(address, (long) count << EXTENT_SHIFT);
        freedCount += count;
    }

    /** Looks at the neighbours no further than it takes to know that the bound holds; when not, it is given up. */
    private void expectFreed(final int window, final int extent, final int count, final int used) {
        final long base = windowAddress(window);
        final int bound = longestFreed[window];
        if (bound >= extentsPerWindow) {
            return;
        }
        if (memory.hydrating()) { // the neighbours may be cold, and freeing must not fail
            longestFreed[window] = extentsPerWindow;
            return;
        }
        int run = count;
        for (int left = extent - 1; run <= bound && kindCode(base, left) == ExtentKind.FREE.code(); left--) {
            run++; // the window's own extent is never free
        }
        for (int right = extent + count;
                run <= bound && right < used && kindCode(base, right) == ExtentKind.FREE.code();
                right++) {
            run++;
        }
        if (run > bound) {
            longestFreed[window] = extentsPerWindow;
        }
    }

    /** Extents given back since the memory was opened, those that were taken again since included. */
    long freedCount() {
        return freedCount;
    }

    ExtentKind kindOf(final long address) {
        final long base = address & -(1L << windowShift);
        return ExtentKind.ofCode(kindCode(base, (int) ((address - base) >>> EXTENT_SHIFT)));
    }

    /** Backs the extents that the next single allocations would take. */
    void ensureFree(final int count) {
        int ready = 0;
        for (int window = nextRoomy(0); window < windowCount && ready < count; window = nextRoomy(window + 1)) {
            ready += backFreed(window, count - ready);
            final int used = field(window, WindowDescriptor.USED_COUNT_OFFSET);
            final int fresh = Math.min(count - ready, extentsPerWindow - used);
            if (fresh > 0) {
                memory.ensureBacked(
                        windowAddress(window) + ((long) used << EXTENT_SHIFT), (long) fresh << EXTENT_SHIFT);
                ready += fresh;
            }
        }
        if (ready < count) {
            addWindow();
            ensureFree(count);
        }
    }

    private int backFreed(final int window, final int most) {
        final int free = Math.min(most, field(window, WindowDescriptor.FREE_COUNT_OFFSET));
        final long base = windowAddress(window);
        int backed = 0;
        int extent = field(window, WindowDescriptor.SEARCH_START_OFFSET);
        while (backed < free) {
            if (extent % KINDS_AT_ONCE == 0 && !hasZeroByte(kindCodes(base, extent))) {
                extent += KINDS_AT_ONCE;
                continue;
            }
            if (kindCode(base, extent) == ExtentKind.FREE.code()) {
                memory.ensureBacked(base + ((long) extent << EXTENT_SHIFT), EXTENT_LENGTH);
                backed++;
            }
            extent++;
        }
        return backed;
    }

    void countByKind(final long[] extentsByKind) {
        for (int window = 0; window < windowCount; window++) {
            final long base = windowAddress(window);
            final int used = field(window, WindowDescriptor.USED_COUNT_OFFSET);
            byte runKind = 0;
            for (int extent = 0; extent < used; extent++) {
                final byte code = kindCode(base, extent);
                if (code != ExtentKind.RUN_CONTINUED.code()) {
                    runKind = code;
                }
                extentsByKind[runKind]++;
            }
        }
    }

    void addWindow() {
        final int window = windowCount;
        if (window == longestFreed.length) {
            longestFreed = Arrays.copyOf(longestFreed, 2 * window);
        }
        roomy.set(window);
        memory.reserveWindow(window);
        final long base = windowAddress(window);
        memory.ensureBacked(base, EXTENT_LENGTH);
        final long header = memory.forWrite(base, WindowDescriptor.HEADER_LENGTH);
        RawMemory.setMemory(header, WindowDescriptor.HEADER_LENGTH, (byte) 0);
        RawMemory.putLong(header + WindowDescriptor.MAGIC_OFFSET, WindowDescriptor.MAGIC);
        RawMemory.putInt(header + WindowDescriptor.WINDOW_INDEX_OFFSET, window);
        RawMemory.putInt(header + WindowDescriptor.USED_COUNT_OFFSET, 1);
        RawMemory.putInt(header + WindowDescriptor.SEARCH_START_OFFSET, 1);
        final long kinds = base + WindowDescriptor.KINDS_OFFSET;
        RawMemory.setMemory(memory.forWrite(kinds, extentsPerWindow), extentsPerWindow, (byte) 0);
        RawMemory.putByte(memory.forWrite(kinds, 1), ExtentKind.WINDOW.code());
        longestFreed[window] = 0;
        windowCount = window + 1;
        setPageLimit(window, 1);
    }

    private void putKinds(final long base, final int extent, final int count, final byte first, final byte others) {
        final long pointer = memory.forWrite(base + WindowDescriptor.kindOffset(extent), count);
        RawMemory.putByte(pointer, first);
        if (count > 1) {
            RawMemory.setMemory(pointer + 1, count - 1L, others);
        }
    }

    private byte kindCode(final long base, final int extent) {
        return RawMemory.getByte(memory.forRead(base + WindowDescriptor.kindOffset(extent)));
    }

    private long windowAddress(final int window) {
        return (long) window << windowShift;
    }

    private int field(final int window, final int offset) {
        return RawMemory.getInt(memory.forRead(windowAddress(window) + offset));
    }

    private void putField(final int window, final int offset, final int value) {
        RawMemory.putInt(memory.forWrite(windowAddress(window) + offset, Integer.BYTES), value);
    }
}

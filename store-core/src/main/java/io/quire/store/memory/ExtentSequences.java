/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.Arrays;

/**
 * One counter for each extent, by which readers on other threads notice that the writer has changed what they read (a
 * seqlock): odd while the writer changes the extent, and a larger even number afterwards. Not part of the pages, so
 * that counting makes no page dirty, and never stored.
 *
 * <p>All extents draw their numbers from one source, so that the writer only stores a counter and never has to wait for
 * one to be loaded.
 *
 * <p>The writer brackets a change with {@link #begin} and {@link #end}. A reader takes {@link #read}, gives up when it
 * is odd, reads what it wants, which may be anything, and believes it only when {@link #unchanged} says so. An extent
 * also gets a new number when it is handed out anew, so a reader that still follows an old reference notices too.
 * Counters never go back.
 *
 * <p>Neighbouring extents have their counters in different lines: they are allocated and changed together, and a reader
 * of the one should not pay for changes of the other.
 *
 * <p>Threading: begin, end and changedUse by the writer, reserve under the lock of the space; read and unchanged by any
 * thread.
 */
public final class ExtentSequences implements AutoCloseable {
    private static final int SECTION_SHIFT = 30;
    private static final int COUNTER_BITS = SECTION_SHIFT - PageDescriptor.EXTENT_SHIFT;
    private static final int COUNTER_COUNT = 1 << COUNTER_BITS;
    private static final int COUNTERS_PER_LINE_BITS = 3;
    private static final int COUNTERS_PER_LINE_MASK = (1 << COUNTERS_PER_LINE_BITS) - 1;
    private static final long SECTION_LENGTH = (long) COUNTER_COUNT * Long.BYTES;

    private final long lastMemory = RawMemory.allocate(3 * PageDescriptor.LINE_LENGTH);
    /** Pointer to the last number given, even; in a line of its own, since the writer changes it all the time. */
    private final long last = (lastMemory + PageDescriptor.LINE_LENGTH) & -PageDescriptor.LINE_LENGTH;

    private long[] sections = new long[0];

    ExtentSequences() {
        RawMemory.putLong(last, 0);
    }

    /** Makes counters for all addresses below a limit. Under the lock of the space, before any of them is known. */
    void reserve(final long addressLimit) {
        final int count = (int) ((addressLimit + (1L << SECTION_SHIFT) - 1) >>> SECTION_SHIFT);
        final int before = sections.length;
        if (count > before) {
            final long[] grown = Arrays.copyOf(sections, count);
            for (int i = before; i < count; i++) {
                grown[i] = RawMemory.allocate(SECTION_LENGTH);
                RawMemory.setMemory(grown[i], SECTION_LENGTH, (byte) 0);
            }
            RawMemory.storeFence(); // a reader that sees the array sees the zeros too
            sections = grown;
        }
    }

    /**
     * Finds a counter.
     *
     * @param address any address in a reserved window
     * @return pointer to the counter of its extent
     */
    public long counter(final long address) {
        final int extent = (int) (address >>> PageDescriptor.EXTENT_SHIFT) & (COUNTER_COUNT - 1);
        final int index = (extent & COUNTERS_PER_LINE_MASK) << (COUNTER_BITS - COUNTERS_PER_LINE_BITS)
                | extent >>> COUNTERS_PER_LINE_BITS;
        return sections[(int) (address >>> SECTION_SHIFT)] + (long) index * Long.BYTES;
    }

    /**
     * Finds a counter of an extent that may be none.
     *
     * @param address any number
     * @return pointer to the counter of its extent, or 0
     */
    public long counterOrZero(final long address) {
        return address >>> SECTION_SHIFT < sections.length ? counter(address) : 0;
    }

    /**
     * Says that an extent is about to change. By the writer, once all that may fail has been done.
     *
     * @param address any address in the extent
     * @return its counter, for {@link #end}
     */
    public long begin(final long address) {
        final long counter = counter(address);
        beginAt(counter);
        return counter;
    }

    /**
     * Says that an extent is about to change.
     *
     * @param counter its counter
     */
    public void beginAt(final long counter) {
        final long number = RawMemory.getLong(last) + 2;
        RawMemory.putLong(last, number);
        RawMemory.putLong(counter, number - 1);
        RawMemory.storeFence(); // no change is seen before the odd number
    }

    /**
     * Says that a change is complete.
     *
     * @param counter what {@link #begin} returned
     */
    public void end(final long counter) {
        RawMemory.putLongRelease(counter, RawMemory.getLong(last));
    }

    /** Says that extents have another use from now on, or none. */
    void changedUse(final long address, final int extentCount) {
        final long number = RawMemory.getLong(last) + 2;
        RawMemory.putLong(last, number);
        for (int i = 0; i < extentCount; i++) {
            RawMemory.putLong(counter(address + ((long) i << PageDescriptor.EXTENT_SHIFT)), number);
        }
        RawMemory.storeFence(); // nothing of the new use is seen before the new number
    }

    /**
     * Number of an extent before it is read.
     *
     * @param counter its counter
     * @return number; odd while the extent is being changed
     */
    public static long read(final long counter) {
        return RawMemory.getLongAcquire(counter);
    }

    /**
     * Tells whether a number means that the extent is being changed.
     *
     * @param sequence what {@link #read} returned
     * @return true when nothing read from it can be believed
     */
    public static boolean isChanging(final long sequence) {
        return (sequence & 1) != 0;
    }

    /**
     * Tells whether everything that was read from an extent can be believed.
     *
     * @param counter its counter
     * @param sequence its number before it was read, even
     * @return whether it has not changed since
     */
    public static boolean unchanged(final long counter, final long sequence) {
        RawMemory.loadFence(); // what was read before is not read again after
        return RawMemory.getLong(counter) == sequence;
    }

    @Override
    public void close() {
        for (final long section : sections) {
            RawMemory.free(section);
        }
        sections = new long[0];
        RawMemory.free(lastMemory);
    }
}

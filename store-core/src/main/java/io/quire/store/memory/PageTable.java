/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import java.util.Arrays;

/**
 * What is known of each page in this session: the lines written in the epoch of its stamp, the stamp, and, apart from
 * these two because it is needed once an epoch only, the lines carried over from earlier epochs. Not part of the pages
 * themselves and never stored.
 *
 * <pre>
 *  0                8                16         0                8
 *  +----------------+----------------+          +----------------+
 *  |  dirty lines   |     stamp      |          | carried lines  |      stamp = epoch &lt;&lt; 3 | state; 0 = untouched
 *  +----------------+----------------+          +----------------+
 * </pre>
 *
 * <p>Lines are carried when a page is written again before it is known whether the checkpoint with its earlier lines
 * will become durable: should that one fail, they go into the next.
 *
 * <p>Entries come in sections of 4,096 pages (16 MiB of store), first the pairs, then the carried lines. Until a page
 * of a section is touched, or backed beyond what was recovered, the section is one shared block of zeros, so that
 * opening a large store costs one array element for each 16 MiB.
 *
 * <p>Stamps change by compare-and-set where two threads may meet: {@code (e, DIRTY) -> (e, CAPTURED)} by the writer
 * against {@code (e, DIRTY) -> (e, DONE)} by the checkpointer, the same from any state of an earlier epoch whose
 * capture was given up, and {@code 0 -> LOADING -> HOT} between threads that hydrate. All other changes are the
 * writer's alone.
 *
 * <p>Threading: as above; sections are created under this object's lock.
 */
final class PageTable implements AutoCloseable {
    static final int SECTION_SHIFT = 24;
    private static final long SECTION_MASK = (1L << SECTION_SHIFT) - 1;
    static final int PAGES_PER_SECTION = 1 << (SECTION_SHIFT - PageDescriptor.PAGE_SHIFT);
    static final int ENTRY_SHIFT = 4;
    static final int STAMP_OFFSET = Long.BYTES;
    static final int CARRIED_SHIFT = 3;
    static final int CARRIED_OFFSET = PAGES_PER_SECTION << ENTRY_SHIFT;
    static final int SECTION_LENGTH = CARRIED_OFFSET + (PAGES_PER_SECTION << CARRIED_SHIFT);

    static final int STATE_BITS = 3;
    static final int STATE_MASK = (1 << STATE_BITS) - 1;
    static final int DIRTY = 1;
    static final int DONE = 2;
    static final int CAPTURED = 3;
    static final int LOADING = 4;
    static final int HOT = 5;
    static final long UNTOUCHED_STAMP = 0;

    private final long untouchedSection;
    private long[] sections = new long[0];

    PageTable() {
        untouchedSection = RawMemory.allocate(SECTION_LENGTH);
        RawMemory.setMemory(untouchedSection, SECTION_LENGTH, (byte) 0);
    }

    static long stamp(final long epoch, final int state) {
        return epoch << STATE_BITS | state;
    }

    /** {@return epoch of a stamp; 0 when the page was not written in this session} */
    static long epochOf(final long stamp) {
        return stamp >>> STATE_BITS;
    }

    /** Makes entries for all addresses below a limit; earlier ones keep their content. */
    synchronized void reserve(final long addressLimit) {
        final int count = (int) ((addressLimit + (1L << SECTION_SHIFT) - 1) >>> SECTION_SHIFT);
        final int before = sections.length;
        if (count > before) {
            final long[] grown = Arrays.copyOf(sections, count);
            Arrays.fill(grown, before, count, untouchedSection);
            RawMemory.storeFence(); // threads that hydrate see the elements with the array
            sections = grown;
        }
    }

    /** Pointer to the entry of the page an address lies in; for reading, and for writing once its stamp is not 0. */
    long entry(final long address) {
        return sections[(int) (address >>> SECTION_SHIFT)] + entryOffset(address);
    }

    /** Pointer to an entry that may be written. */
    long entryForUpdate(final long address) {
        final int section = (int) (address >>> SECTION_SHIFT);
        long pointer = sections[section];
        if (pointer == untouchedSection) {
            pointer = createSection(section);
        }
        return pointer + entryOffset(address);
    }

    /** Makes the sections of a range whose addresses have entries, as a first write to it would. By any thread. */
    void prepare(final long from, final long to) {
        for (long at = from; at < to; at = (at | SECTION_MASK) + 1) {
            createSection((int) (at >>> SECTION_SHIFT));
        }
    }

    private static long entryOffset(final long address) {
        return indexInSection(address) << ENTRY_SHIFT;
    }

    private static long indexInSection(final long address) {
        return (address >>> PageDescriptor.PAGE_SHIFT) & (PAGES_PER_SECTION - 1);
    }

    /** Lines carried over to the page an address lies in. */
    long carried(final long address) {
        return RawMemory.getLong(carriedPointer(address));
    }

    /** Sets the carried lines of a page whose stamp is not 0. */
    void carried(final long address, final long mask) {
        RawMemory.putLong(carriedPointer(address), mask);
    }

    private long carriedPointer(final long address) {
        return sections[(int) (address >>> SECTION_SHIFT)]
                + CARRIED_OFFSET
                + (indexInSection(address) << CARRIED_SHIFT);
    }

    private synchronized long createSection(final int section) {
        if (sections[section] == untouchedSection) {
            final long pointer = RawMemory.allocate(SECTION_LENGTH);
            RawMemory.setMemory(pointer, SECTION_LENGTH, (byte) 0);
            RawMemory.storeFence();
            sections[section] = pointer;
        }
        return sections[section];
    }

    static long mask(final long entry) {
        return RawMemory.getLong(entry);
    }

    static void mask(final long entry, final long mask) {
        RawMemory.putLong(entry, mask);
    }

    static long stamp(final long entry) {
        return RawMemory.getLong(entry + STAMP_OFFSET);
    }

    static long stampAcquire(final long entry) {
        return RawMemory.getLongAcquire(entry + STAMP_OFFSET);
    }

    static void stampRelease(final long entry, final long stamp) {
        RawMemory.putLongRelease(entry + STAMP_OFFSET, stamp);
    }

    static boolean compareAndSetStamp(final long entry, final long expected, final long stamp) {
        return RawMemory.compareAndSetLong(entry + STAMP_OFFSET, expected, stamp);
    }

    @Override
    public synchronized void close() {
        for (int i = 0; i < sections.length; i++) {
            if (sections[i] != untouchedSection) {
                RawMemory.free(sections[i]);
            }
        }
        sections = new long[0];
        RawMemory.free(untouchedSection);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.KeySpace;

/**
 * Keys for a benchmark: present ones in the order of a distribution, made before it runs; absent ones; and a window of
 * entries for remove and insert, in which the oldest goes when a new one comes. There are at least as many present keys
 * as entries, and absent ones do not come again, so that a table which is larger than a cache is not read from it.
 *
 * <p>Threading: confined to the benchmark's thread.
 */
final class KeySequence {
    /** Fewest present keys, so that a small table is not read in an order that a processor learns. */
    static final int COUNT_MIN = 1 << 20;
    /** Most present keys: 512 MiB of heap. */
    static final int COUNT_MAX = 1 << 26;

    private static final long ABSENT_MASK = (1L << 39) - 1;
    private static final int PERIOD_50 = 2;
    private static final int PERIOD_95 = 20;

    private final long[] present;
    private final int mask;
    private int presentIndex;
    private long absentNumber;
    private long oldestNumber;
    private long nextNumber;
    private int writeTurn;

    KeySequence(final int entryCount, final String distribution) {
        final int count = countFor(entryCount);
        present = new long[count];
        mask = count - 1;
        final KeyDistribution.Slots slots = KeyDistribution.parse(distribution).slots(entryCount, COUNT_MIN);
        for (int i = 0; i < count; i++) {
            present[i] = KeySpace.keyOf(slots.next());
        }
        nextNumber = entryCount;
    }

    /** Returns how many present keys there are for a table, a power of two and no fewer than entries up to the most. */
    static int countFor(final int entryCount) {
        final int wanted = Math.max(COUNT_MIN, Math.min(COUNT_MAX, entryCount));
        return Integer.highestOneBit(wanted - 1) << 1;
    }

    /** A key that is in the table, unless {@link #nextOldest} was used. */
    long nextPresent() {
        return present[presentIndex++ & mask];
    }

    /** A key that is never in the table; it comes again after 2^39 others. */
    long nextAbsent() {
        return KeySpace.absentKeyOf(absentNumber++ & ABSENT_MASK);
    }

    /** The entry that has been in the table for longest, to be removed. */
    long nextOldest() {
        return KeySpace.keyOf(oldestNumber++);
    }

    /** An entry that was never in the table, to be inserted. */
    long nextFresh() {
        return KeySpace.keyOf(nextNumber++);
    }

    /** Whether the next operation of a mix of half reads and half writes is a write. */
    boolean nextWrites50() {
        return writeTurn++ % PERIOD_50 == 0;
    }

    /** Whether the next operation of a mix with one write in twenty is a write. */
    boolean nextWrites95() {
        return writeTurn++ % PERIOD_95 == 0;
    }
}

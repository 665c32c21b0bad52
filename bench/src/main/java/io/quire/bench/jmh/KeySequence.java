/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.KeySpace;
import java.util.SplittableRandom;

/**
 * Keys made before the benchmark runs: present ones in the order of a distribution, absent ones, and a window of
 * entries for remove and insert, in which the oldest goes when a new one comes.
 *
 * <p>Threading: confined to the benchmark's thread.
 */
final class KeySequence {
    private static final int COUNT = 1 << 20;
    private static final int MASK = COUNT - 1;

    private final long[] present = new long[COUNT];
    private final long[] absent = new long[COUNT];
    private int presentIndex;
    private int absentIndex;
    private long oldestNumber;
    private long nextNumber;

    KeySequence(final int entryCount, final String distribution) {
        final KeyDistribution.Slots slots = KeyDistribution.parse(distribution).slots(entryCount, COUNT);
        final SplittableRandom random = new SplittableRandom(COUNT);
        for (int i = 0; i < COUNT; i++) {
            present[i] = KeySpace.keyOf(slots.next());
            absent[i] = KeySpace.absentKeyOf(random.nextLong(1L << 40));
        }
        nextNumber = entryCount;
    }

    /** A key that is in the table, unless {@link #nextOldest} was used. */
    long nextPresent() {
        return present[presentIndex++ & MASK];
    }

    /** A key that is never in the table. */
    long nextAbsent() {
        return absent[absentIndex++ & MASK];
    }

    /** The entry that has been in the table for longest, to be removed. */
    long nextOldest() {
        return KeySpace.keyOf(oldestNumber++);
    }

    /** An entry that was never in the table, to be inserted. */
    long nextFresh() {
        return KeySpace.keyOf(nextNumber++);
    }
}

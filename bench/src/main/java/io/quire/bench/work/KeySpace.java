/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

/**
 * Which keys are in a table. Entry numbers count from 0 in the order of first insertion, and a bijection turns each
 * into a key that looks random and is never 0. Slots {@code 0..entryCount-1} name the entries that are present;
 * removing one and inserting another gives its slot a new number.
 *
 * <p>Threading: confined to one thread.
 */
public final class KeySpace {
    /** Bytes of heap for each entry. */
    static final int SLOT_LENGTH = Integer.BYTES;

    private static final long ABSENT_NUMBER_BASE = 1L << 40;
    private static final long MULTIPLIER_A = 0xFF51_AFD7_ED55_8CCDL;
    private static final long MULTIPLIER_B = 0xC4CE_B9FE_1A85_EC53L;
    private static final int SHIFT = 33;

    private final int[] numberBySlot;
    private long nextNumber;

    /**
     * Makes the keys of a table that holds the entries numbered from 0.
     *
     * @param entryCount entries, below 2^31 - 8
     */
    public KeySpace(final int entryCount) {
        numberBySlot = new int[entryCount];
        for (int i = 0; i < entryCount; i++) {
            numberBySlot[i] = i;
        }
        nextNumber = entryCount;
    }

    /**
     * Turns an entry number into its key (the finalizer of MurmurHash3, a bijection that maps only 0 to 0).
     *
     * @param number from 0
     * @return the key, not 0
     */
    public static long keyOf(final long number) {
        long mixed = number + 1;
        mixed = (mixed ^ (mixed >>> SHIFT)) * MULTIPLIER_A;
        mixed = (mixed ^ (mixed >>> SHIFT)) * MULTIPLIER_B;
        return mixed ^ (mixed >>> SHIFT);
    }

    /**
     * Gives the key of an entry that is never present.
     *
     * @param number any from 0 below 2^40
     * @return the key
     */
    public static long absentKeyOf(final long number) {
        return keyOf(ABSENT_NUMBER_BASE + number);
    }

    /**
     * Counts the slots.
     *
     * @return entries that are present
     */
    public int entryCount() {
        return numberBySlot.length;
    }

    /**
     * Gives the key of a present entry.
     *
     * @param slot from 0 below {@link #entryCount}
     * @return the key
     */
    public long presentKey(final int slot) {
        return keyOf(numberBySlot[slot]);
    }

    /**
     * Gives the key of an entry that was never present and will not be given again.
     *
     * @return the key
     */
    public long freshKey() {
        return keyOf(takeNumber());
    }

    /**
     * Puts a fresh entry into a slot, in place of the one that was there.
     *
     * @param slot from 0 below {@link #entryCount}
     * @return key of the fresh entry
     */
    public long replace(final int slot) {
        final long number = takeNumber();
        numberBySlot[slot] = (int) number;
        return keyOf(number);
    }

    private long takeNumber() {
        if (nextNumber > Integer.MAX_VALUE) {
            throw new IllegalStateException("entry numbers used up: next=" + nextNumber);
        }
        return nextNumber++;
    }
}

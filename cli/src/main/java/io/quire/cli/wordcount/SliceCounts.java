/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.util.Arrays;

/**
 * Counts of words that are slices of one byte array. Nothing is allocated for a word; the arrays grow to what the
 * largest chunk needs and are reused.
 *
 * <p>Threading: confined to whoever holds the chunk.
 */
final class SliceCounts {
    private static final int INITIAL_CAPACITY = 1 << 12;
    /** Hash of no bytes. */
    static final int HASH_SEED = 0x2545F491;

    private static final int HASH_MULTIPLIER = 0x9E3779B1;

    private byte[] bytes = new byte[0];
    /** Hash in the upper half, index of the entry + 1 in the lower; 0 = empty. */
    private long[] slots = new long[INITIAL_CAPACITY * 2];

    private int[] offsets = new int[INITIAL_CAPACITY];
    private int[] lengths = new int[INITIAL_CAPACITY];
    private int[] counts = new int[INITIAL_CAPACITY];
    private int size;

    /**
     * Forgets everything.
     *
     * @param newBytes array that the slices added from now on are in
     */
    void reset(final byte[] newBytes) {
        if (size > 0) {
            Arrays.fill(slots, 0);
        }
        size = 0;
        bytes = newBytes;
    }

    /**
     * Adds to the count of one word.
     *
     * @param offset its first byte
     * @param length its bytes
     * @param delta what to add
     */
    void add(final int offset, final int length, final int delta) {
        int hash = HASH_SEED;
        for (int i = offset; i < offset + length; i++) {
            hash = hash(hash, bytes[i]);
        }
        add(offset, length, hash, delta);
    }

    /**
     * Hash of a word with one byte more.
     *
     * @param hash of the bytes before, {@link #HASH_SEED} at first
     * @param value next byte
     * @return hash with it
     */
    static int hash(final int hash, final byte value) {
        return (hash ^ value) * HASH_MULTIPLIER;
    }

    /**
     * Adds to the count of one word.
     *
     * @param offset its first byte
     * @param length its bytes
     * @param rawHash what {@link #hash} gave for all of them
     * @param delta what to add
     */
    void add(final int offset, final int length, final int rawHash, final int delta) {
        if (size == offsets.length) {
            grow();
        }
        final int hash = rawHash ^ (rawHash >>> 15);
        final int mask = slots.length - 1;
        int slot = hash & mask;
        long found = slots[slot];
        while (found != 0) {
            if ((int) (found >>> 32) == hash && isAt((int) found - 1, offset, length)) {
                counts[(int) found - 1] += delta;
                return;
            }
            slot = (slot + 1) & mask;
            found = slots[slot];
        }
        offsets[size] = offset;
        lengths[size] = length;
        counts[size] = delta;
        size++;
        slots[slot] = ((long) hash << 32) | size;
    }

    private boolean isAt(final int entry, final int offset, final int length) {
        final int at = offsets[entry];
        return lengths[entry] == length && Arrays.equals(bytes, at, at + length, bytes, offset, offset + length);
    }

    private void grow() {
        final int capacity = offsets.length * 2;
        offsets = Arrays.copyOf(offsets, capacity);
        lengths = Arrays.copyOf(lengths, capacity);
        counts = Arrays.copyOf(counts, capacity);
        final long[] old = slots;
        slots = new long[capacity * 2];
        final int mask = slots.length - 1;
        for (final long found : old) {
            if (found != 0) {
                int slot = (int) (found >>> 32) & mask;
                while (slots[slot] != 0) {
                    slot = (slot + 1) & mask;
                }
                slots[slot] = found;
            }
        }
    }

    /** {@return different words seen} */
    int size() {
        return size;
    }

    int offset(final int index) {
        return offsets[index];
    }

    int length(final int index) {
        return lengths[index];
    }

    int count(final int index) {
        return counts[index];
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.errors.ConfigurationException;

/**
 * Neighbouring key groups: a share of all possible keys, by the first bits of their hash. The hash is seeded, so the
 * groups of a key differ from store to store. A table keeps the entries of a range together, so that going over one
 * reads little else: a walk over all entries can be cut into parts.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param first first key group, 0 or more
 * @param last last key group, not before the first one, below {@link #GROUP_COUNT}
 */
public record KeyGroupRange(int first, int last) {
    private static final int GROUP_BITS = 15;

    /** Number of key groups. */
    public static final int GROUP_COUNT = 1 << GROUP_BITS;

    /** Every key. */
    public static final KeyGroupRange ALL = new KeyGroupRange(0, GROUP_COUNT - 1);

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when there are no such groups
     */
    public KeyGroupRange {
        if (first < 0 || last < first || last >= GROUP_COUNT) {
            throw new ConfigurationException(
                    "no range of key groups: first=" + first + " last=" + last + " groups=0.." + (GROUP_COUNT - 1));
        }
    }

    /**
     * One of several ranges of about the same size that cover all key groups together.
     *
     * @param index which of them, 0 .. count - 1
     * @param count how many, 1 .. {@link #GROUP_COUNT}
     * @return the range
     */
    public static KeyGroupRange part(final int index, final int count) {
        if (index < 0 || index >= count || count > GROUP_COUNT) {
            throw new ConfigurationException("no part of the key groups: index=" + index + " count=" + count);
        }
        return new KeyGroupRange(
                (int) ((long) index * GROUP_COUNT / count), (int) ((index + 1L) * GROUP_COUNT / count) - 1);
    }

    /**
     * Whether a key group is in the range.
     *
     * @param group 0 .. {@link #GROUP_COUNT} - 1
     * @return true when it is
     */
    public boolean contains(final int group) {
        return group >= first && group <= last;
    }

    static int groupOf(final long hash) {
        return (int) (hash >>> (Long.SIZE - GROUP_BITS));
    }

    /** First hash of the range. */
    long firstHash() {
        return (long) first << (Long.SIZE - GROUP_BITS);
    }

    /** First hash after the range, 0 = none. */
    long endHash() {
        return (last + 1L) << (Long.SIZE - GROUP_BITS);
    }

    boolean containsHash(final long hash) {
        return contains(groupOf(hash));
    }

    /** Whether the hashes that begin with a prefix of so many bits are all in the range. */
    boolean containsAll(final long prefix, final int depth) {
        final long lastHash = depth == 0 ? -1L : prefix | (DirectoryDescriptor.prefixBit(depth) - 1);
        return containsHash(prefix) && containsHash(lastHash);
    }

    /** Whether a walk over segments that has come to a hash is through with the range; 0 = through with all. */
    boolean endsBefore(final long position) {
        return position == 0 || groupOf(position) > last;
    }
}

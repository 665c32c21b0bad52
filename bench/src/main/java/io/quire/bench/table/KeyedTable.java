/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.table;

/**
 * What is measured: keyed entries behind one small interface. Keys are longs; an adapter of a contestant with byte keys
 * writes them with {@link KeyBytes}. Values are made from a seed, see {@link ValuePool}.
 *
 * <p>Each adapter takes its contestant's own recommended fast path and may keep buffers for it; nothing that an
 * operation is given or returns is boxed by this interface.
 *
 * <p>Threading: confined to the thread that calls {@link #put} first.
 */
public interface KeyedTable extends AutoCloseable {
    /** What {@link #get} returns for an absent key. */
    long MISSING = Long.MIN_VALUE;

    /**
     * Reads a value such that it stays usable after the next write, which for contestants with memory outside the heap
     * means copying it out, and reads at least one word of each of its lines.
     *
     * @param key any but 0
     * @return for a long value the value, for a byte value its {@link ValueDigest}, {@link #MISSING} when absent
     */
    long get(long key);

    /**
     * Adds or overwrites an entry.
     *
     * @param key any but 0
     * @param seed for a long value the value, for a byte value the seed of {@link ValuePool#offsetOf}
     */
    void put(long key, long seed);

    /**
     * Adds to the first eight bytes of a present entry's value, little-endian, and leaves the others.
     *
     * @param key of a present entry
     * @param delta what to add
     * @return the new first eight bytes
     */
    long addAndGet(long key, long delta);

    /**
     * Removes an entry; an absent key is ignored.
     *
     * @param key any but 0
     */
    void remove(long key);

    /**
     * Reads every entry, in the order that suits the contestant.
     *
     * @return the sum of what {@link #get} would return for each
     */
    long scan();

    /**
     * Counts entries.
     *
     * @return entries; may take as long as a scan
     */
    long size();

    /**
     * Tells what memory or files the entries take, with the contestant's own overhead.
     *
     * @return bytes, or -1 when it cannot be told
     */
    default long storedLength() {
        return -1;
    }

    /** Waits, for at most a minute, until background work that earlier operations caused has ended. */
    default void settle() {}

    /**
     * Looks whether all that the contestant's settings say was so while it worked.
     *
     * @throws IllegalStateException when it was not, and what was measured is not what it is called
     */
    default void checkSettings() {}

    @Override
    void close();
}

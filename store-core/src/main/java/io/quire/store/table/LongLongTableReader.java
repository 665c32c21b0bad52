/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * Reads a table of longs to longs on another thread while the writer changes it.
 *
 * <p>A read returns what the table held at one moment during the call. Methods throw what {@link ReadSession} says,
 * {@link IllegalStateException} after the table was dropped, and what loading a page after recovery throws.
 *
 * <p>Threading: confined to the reading thread.
 */
public interface LongLongTableReader {
    /**
     * Value of a key. Allocates nothing.
     *
     * @param key any key
     * @param missing what to return when the key is absent
     * @return its value or missing
     */
    long get(long key, long missing);

    /**
     * Checks that the caller may read, for what keeps keys or values for it, before they are touched.
     *
     * @throws io.quire.store.errors.StateStoreException when it is not the reader's thread, or the reader or the store
     *     is closed
     */
    void checkCaller();

    /**
     * Tells whether a key is present. Allocates nothing.
     *
     * @param key any key
     * @return whether it is
     */
    boolean containsKey(long key);

    /**
     * Values of several keys, in less time than one by one, because the cache misses overlap. Each is of one moment
     * during the call, not all of the same. Allocates nothing.
     *
     * @param keys any keys
     * @param from index of the first key; its value goes to the same index of values
     * @param count keys, at most {@link FixedTable#BATCH_COUNT_MAX}
     * @param values takes the values
     * @param missing what to put where a key is absent
     */
    void getAll(long[] keys, int from, int count, long[] values, long missing);

    /**
     * Passes every entry to a consumer while the writer changes the table. An entry that is present from the beginning
     * to the end is seen exactly once, and none is seen twice; one that is inserted or removed meanwhile may be seen or
     * not. Values are of a moment during the call, and entries of one segment (thousands) of the same moment, but for
     * values that are overwritten.
     *
     * <p>The consumer gets copies, and the thread is not inside the memory while it runs: it may take its time, and
     * read through this reader. Allocates 64 KiB.
     *
     * @param consumer takes each entry once
     */
    default void forEach(final LongLongConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Passes the entries of some key groups to a consumer, as {@link #forEach(LongLongConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    void forEach(KeyGroupRange range, LongLongConsumer consumer);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.FixedTable;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import java.util.Objects;

/**
 * Reads a {@link LongLongState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated
 * by reading a value.
 *
 * <p>Every method throws {@link io.quire.store.errors.StoreClosedException} after close, {@link
 * io.quire.store.errors.ConfigurationException} from another thread, {@link
 * io.quire.store.errors.ReaderStarvedException} when it did not get through, and after recovery what loading a damaged
 * page throws.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class LongLongStateReader {
    private final LongLongTableReader table;

    LongLongStateReader(final LongLongTableReader table) {
        this.table = table;
    }

    /**
     * The value of a key.
     *
     * @param key any long
     * @param missingValue returned when the key is absent
     * @return its value
     */
    public long get(final long key, final long missingValue) {
        return table.get(key, missingValue);
    }

    /**
     * The values of several keys, in less time than one by one, because the cache misses of up to 32 of them overlap.
     * Each value is of one moment during the call, not all of the same.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param values takes the value of each key, at the index of the key
     * @param missingValue put where a key is absent
     * @throws IndexOutOfBoundsException when an array is too short; nothing was written
     */
    public void getAll(
            final long[] keys, final int from, final int count, final long[] values, final long missingValue) {
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        for (int done = 0; done < count; done += FixedTable.BATCH_COUNT_MAX) {
            table.getAll(keys, from + done, Math.min(FixedTable.BATCH_COUNT_MAX, count - done), values, missingValue);
        }
    }

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean containsKey(final long key) {
        return table.containsKey(key);
    }

    /**
     * Visits all entries, in no order, while the writer goes on. An entry that is there from the beginning to the end
     * is seen exactly once, and none is seen twice; one that comes or goes meanwhile may be seen or not. Values are
     * copies and the consumer runs outside of the store's memory: it may take its time and use this reader.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongLongConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongLongConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        table.forEach(range, consumer::accept);
    }
}

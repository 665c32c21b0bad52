/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.FixedTableReader;

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
    private final FixedTableReader table;

    LongLongStateReader(final FixedTableReader table) {
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
        table.forEach(consumer::accept);
    }
}

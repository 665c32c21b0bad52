/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.KeyGroupRange;

/**
 * Reads a {@link LongSetState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated by
 * looking for a key.
 *
 * <p>Every method throws what {@link LongLongStateReader} says.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class LongSetStateReader {
    private final FixedBytesTableReader table;
    private final byte[] keyBytes = new byte[Long.BYTES];

    LongSetStateReader(final FixedBytesTableReader table) {
        this.table = table;
    }

    /**
     * Whether a key is in the set.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean contains(final long key) {
        table.checkCaller(); // before the key of a read under way is overwritten
        RawMemory.putLong(keyBytes, RawMemory.ARRAY_OFFSET, key);
        return table.containsKey(keyBytes, RawMemory.ARRAY_OFFSET);
    }

    /**
     * Visits all keys, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each key once
     */
    public void forEach(final LongKeyConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the keys of some key groups, as {@link #forEach(LongKeyConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each key once
     */
    public void forEach(final KeyGroupRange range, final LongKeyConsumer consumer) {
        table.forEach(
                range, (key, values, valueOffset) -> consumer.accept(RawMemory.getLong(key, RawMemory.ARRAY_OFFSET)));
    }
}

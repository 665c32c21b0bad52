/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongConsumer;
import io.quire.store.table.LongLongTableReader;

/**
 * Reads the table of a {@link TimestampedLongLongState}, from longs to what begins with a long.
 *
 * <p>Threading: confined to the reading thread.
 */
final class TimestampedLongLongReader implements LongLongTableReader {
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final FixedBytesTableReader table; // which leaves out timestamps and what has expired
    private final byte[] keyBytes = new byte[Long.BYTES];
    private final byte[] valueBytes = new byte[Long.BYTES];
    private final byte[] batchKeys = new byte[FixedBytesTable.BATCH_COUNT_MAX * Long.BYTES];

    TimestampedLongLongReader(final FixedBytesTableReader table) {
        this.table = table;
    }

    @Override
    public void checkCaller() {
        table.checkCaller(); // before the key of a read under way is overwritten
    }

    @Override
    public long get(final long key, final long missing) {
        checkCaller();
        RawMemory.putLong(keyBytes, AT, key);
        return get(keyBytes, AT, missing);
    }

    private long get(final byte[] key, final long keyAt, final long missing) {
        return table.get(key, keyAt, valueBytes, AT) ? RawMemory.getLong(valueBytes, AT) : missing;
    }

    @Override
    public boolean containsKey(final long key) {
        checkCaller();
        RawMemory.putLong(keyBytes, AT, key);
        return table.containsKey(keyBytes, AT);
    }

    @Override
    public void getAll(final long[] keys, final int from, final int count, final long[] values, final long missing) {
        checkCaller();
        for (int i = 0; i < count; i++) {
            RawMemory.putLong(batchKeys, AT + (long) i * Long.BYTES, keys[from + i]);
        }
        table.touchAll(batchKeys, AT, count);
        for (int i = 0; i < count; i++) {
            values[from + i] = get(batchKeys, AT + (long) i * Long.BYTES, missing);
        }
    }

    @Override
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        table.forEach(
                range,
                (key, values, valueOffset) ->
                        consumer.accept(RawMemory.getLong(key, AT), RawMemory.getLong(values, AT + valueOffset)));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.FixedTable;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.LongLongTableReader;
import java.util.Objects;

/**
 * Reads a {@link LongDoubleState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated
 * by reading values.
 *
 * <p>Every method throws what {@link LongLongStateReader} says.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class LongDoubleStateReader {
    private final LongLongTableReader table;
    private final long[] batchKeys = new long[FixedTable.BATCH_COUNT_MAX];
    private final long[] batchValues = new long[FixedTable.BATCH_COUNT_MAX];

    LongDoubleStateReader(final LongLongTableReader table) {
        this.table = table;
    }

    /**
     * The value of a key.
     *
     * @param key any long
     * @param missingValue returned when the key is absent
     * @return its value
     */
    public double get(final long key, final double missingValue) {
        return Double.longBitsToDouble(table.get(key, Double.doubleToRawLongBits(missingValue)));
    }

    /**
     * The values of several keys; see {@link LongLongStateReader#getAll}.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param values takes the value of each key, at the index of the key
     * @param missingValue put where a key is absent
     * @throws IndexOutOfBoundsException when an array is too short; nothing was written
     */
    public void getAll(
            final long[] keys, final int from, final int count, final double[] values, final double missingValue) {
        Objects.checkFromIndexSize(from, count, Math.min(keys.length, values.length));
        table.checkCaller(); // before the keys of a read under way are overwritten
        final long missing = Double.doubleToRawLongBits(missingValue);
        for (int done = 0; done < count; done += FixedTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(FixedTable.BATCH_COUNT_MAX, count - done);
            System.arraycopy(keys, from + done, batchKeys, 0, batch);
            table.getAll(batchKeys, 0, batch, batchValues, missing);
            for (int i = 0; i < batch; i++) {
                values[from + done + i] = Double.longBitsToDouble(batchValues[i]);
            }
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
     * Visits all entries, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongDoubleConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongDoubleConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongDoubleConsumer consumer) {
        table.forEach(range, (key, value) -> consumer.accept(key, Double.longBitsToDouble(value)));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.KeyGroupRange;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads a {@link FixedBytesState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated
 * by reading a value, unless an expandable buffer has to grow.
 *
 * <p>Every method throws what {@link LongLongStateReader} says. A range outside a buffer is an {@link
 * IndexOutOfBoundsException}.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class FixedBytesStateReader {
    private final FixedBytesTableReader table;
    private final int keyLength;
    private final int valueLength;
    private final UnsafeBuffer batchValue;
    private boolean batchOpen;

    FixedBytesStateReader(final FixedBytesTableReader table, final int keyLength, final int valueLength) {
        this.table = table;
        this.keyLength = keyLength;
        this.valueLength = valueLength;
        batchValue = new UnsafeBuffer(new byte[valueLength]);
    }

    /** {@return bytes of every key} */
    public int keyLength() {
        return keyLength;
    }

    /** {@return bytes of every value} */
    public int valueLength() {
        return valueLength;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param value takes the value; what it holds when the key is absent, or after an exception, is undefined
     * @param valueOffset where its first byte goes
     * @return whether the key is present
     */
    public boolean get(
            final DirectBuffer key, final int keyOffset, final MutableDirectBuffer value, final int valueOffset) {
        key.boundsCheck(keyOffset, keyLength);
        if (value.isExpandable()) {
            value.checkLimit(valueOffset + valueLength);
        }
        value.boundsCheck(valueOffset, valueLength);
        return table.get(
                key.byteArray(),
                key.addressOffset() + keyOffset,
                value.byteArray(),
                value.addressOffset() + valueOffset);
    }

    /**
     * Passes the values of several keys to a consumer, in less time than one by one, because the cache misses of up to
     * 32 of them overlap. Each value is of one moment during the call, not all of the same. The consumer runs outside
     * of the store's memory: it may take its time and use this reader, but not for another batch.
     *
     * @param keys holds the keys, one behind the other
     * @param keysOffset first byte of the first key
     * @param count keys
     * @param consumer takes copies of the values of those that are present, with their index from 0
     * @return how many are present
     * @throws IllegalStateException from inside another batch of this reader
     */
    public int getAll(final DirectBuffer keys, final int keysOffset, final int count, final BatchConsumer consumer) {
        keys.boundsCheck(keysOffset, FixedBytesState.batchLength(count, keyLength));
        table.checkCaller();
        if (batchOpen) {
            throw new IllegalStateException("a batch of reads inside another of the same reader");
        }
        batchOpen = true;
        try {
            int found = 0;
            for (int i = 0; i < count; i++) {
                final long keyAt = keys.addressOffset() + keysOffset + (long) i * keyLength;
                if (i % FixedBytesTable.BATCH_COUNT_MAX == 0) {
                    final int batch = Math.min(FixedBytesTable.BATCH_COUNT_MAX, count - i);
                    table.touchAll(keys.byteArray(), keyAt, batch);
                }
                if (table.get(keys.byteArray(), keyAt, batchValue.byteArray(), batchValue.addressOffset())) {
                    consumer.accept(i, batchValue);
                    found++;
                }
            }
            return found;
        } finally {
            batchOpen = false;
        }
    }

    /**
     * Whether a key is present.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @return true when it is
     */
    public boolean containsKey(final DirectBuffer key, final int keyOffset) {
        key.boundsCheck(keyOffset, keyLength);
        return table.containsKey(key.byteArray(), key.addressOffset() + keyOffset);
    }

    /**
     * Visits all entries, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each entry once; its buffers are copies, valid during the call
     */
    public void forEach(final BytesConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(BytesConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final BytesConsumer consumer) {
        final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);
        final UnsafeBuffer valueView = new UnsafeBuffer(0, 0);
        table.forEach(range, (key, values, valueOffset) -> {
            keyView.wrap(key);
            valueView.wrap(values, valueOffset, valueLength);
            consumer.accept(keyView, valueView);
        });
    }
}

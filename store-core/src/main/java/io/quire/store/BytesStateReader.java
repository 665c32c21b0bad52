/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableReader;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads a {@link BytesState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated by
 * reading a value, unless an expandable buffer has to grow.
 *
 * <p>Every method throws what {@link LongLongStateReader} says. A range outside a buffer is an {@link
 * IndexOutOfBoundsException}.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class BytesStateReader {
    /** Returned for an absent key. */
    public static final int NOT_FOUND = BytesState.NOT_FOUND;

    private static final int BATCH_VALUE_LENGTH = 256;

    private final RecordTableReader table;
    private final ExpandableArrayBuffer batchValue = new ExpandableArrayBuffer(BATCH_VALUE_LENGTH);
    private final UnsafeBuffer batchView = new UnsafeBuffer(0, 0);
    private boolean batchOpen;

    BytesStateReader(final RecordTableReader table) {
        this.table = table;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @param value takes the value; what it holds after {@link #NOT_FOUND} or an exception is undefined
     * @param valueOffset where its first byte goes
     * @return bytes of the value, or {@link #NOT_FOUND}
     * @throws IllegalArgumentException when the value does not fit
     */
    public int get(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final MutableDirectBuffer value,
            final int valueOffset) {
        key.boundsCheck(keyOffset, keyLength);
        return table.get(key.byteArray(), key.addressOffset() + keyOffset, keyLength, value, valueOffset);
    }

    /**
     * Passes the values of several keys to a consumer, in less time than one by one, because the cache misses of up to
     * 32 of them overlap. Each value is of one moment during the call, not all of the same. The consumer runs outside
     * of the store's memory: it may take its time and use this reader, but not for another batch. The reader keeps a
     * buffer as long as the longest value read like this.
     *
     * @param keys holds the keys
     * @param keyOffsets key i begins at offset i and ends before offset i + 1, so there is one offset more than keys
     * @param from index of the first key
     * @param count keys
     * @param consumer takes copies of the values of those that are present, with their index from 0
     * @return how many are present
     * @throws IllegalStateException from inside another batch of this reader
     */
    public int getAll(
            final DirectBuffer keys,
            final int[] keyOffsets,
            final int from,
            final int count,
            final BatchConsumer consumer) {
        Objects.checkFromIndexSize(from, count, keyOffsets.length - 1);
        for (int i = from; i < from + count; i++) {
            keys.boundsCheck(keyOffsets[i], keyOffsets[i + 1] - keyOffsets[i]);
        }
        int found = 0;
        for (int done = 0; done < count; done += RecordTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(RecordTable.BATCH_COUNT_MAX, count - done);
            found += getBatch(keys, keyOffsets, from + done, batch, done, consumer);
        }
        return found;
    }

    /** A part of {@link #getAll}, at most {@link RecordTable#BATCH_COUNT_MAX} keys, of which the first has an index. */
    int getBatch(
            final DirectBuffer keys,
            final int[] keyOffsets,
            final int from,
            final int count,
            final int firstIndex,
            final BatchConsumer consumer) {
        table.checkCaller();
        checkNoBatch();
        batchOpen = true;
        try {
            table.touchAll(keys.byteArray(), keys.addressOffset(), keyOffsets, from, count);
            int found = 0;
            for (int i = 0; i < count; i++) {
                final int start = keyOffsets[from + i];
                final int length = table.get(
                        keys.byteArray(),
                        keys.addressOffset() + start,
                        keyOffsets[from + i + 1] - start,
                        batchValue,
                        0);
                if (length != NOT_FOUND) {
                    batchView.wrap(batchValue, 0, length);
                    consumer.accept(firstIndex + i, batchView);
                    found++;
                }
            }
            return found;
        } finally {
            batchOpen = false;
        }
    }

    /** Throws when the caller must not read; before anything is touched that is kept between reads. */
    void checkCaller() {
        table.checkCaller();
    }

    void checkNoBatch() {
        if (batchOpen) {
            throw new IllegalStateException("a batch of reads inside another of the same reader");
        }
    }

    /**
     * Length of the value of a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return bytes, or {@link #NOT_FOUND}
     */
    public int valueLength(final DirectBuffer key, final int keyOffset, final int keyLength) {
        key.boundsCheck(keyOffset, keyLength);
        return table.valueLength(key.byteArray(), key.addressOffset() + keyOffset, keyLength);
    }

    /**
     * Whether a key is present.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param keyLength its bytes
     * @return true when it is
     */
    public boolean containsKey(final DirectBuffer key, final int keyOffset, final int keyLength) {
        return valueLength(key, keyOffset, keyLength) != NOT_FOUND;
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
        final UnsafeBuffer key = new UnsafeBuffer(0, 0);
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        table.forEach(range, (bytes, keyOffset, keyLength, valueOffset, valueLength) -> {
            key.wrap(bytes, keyOffset, keyLength);
            value.wrap(bytes, valueOffset, valueLength);
            consumer.accept(key, value);
        });
    }
}

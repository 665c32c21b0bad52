/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableReader;
import java.util.Objects;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads a {@link LongBytesState} beside its writer; see {@link StoreReader} for what a read sees. Nothing is allocated
 * by reading a value, unless an expandable buffer has to grow.
 *
 * <p>Every method throws what {@link LongLongStateReader} says.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 */
public final class LongBytesStateReader {
    /** Returned for an absent key. */
    public static final int NOT_FOUND = LongBytesState.NOT_FOUND;

    private final BytesStateReader bytes; // the same state with keys of eight bytes
    private final RecordTableReader table;
    private final UnsafeBuffer keyBuffer = new UnsafeBuffer(new byte[Long.BYTES]);
    private final int[] batchOffsets = new int[RecordTable.BATCH_COUNT_MAX + 1];
    private final UnsafeBuffer batchKeys = new UnsafeBuffer(new byte[RecordTable.BATCH_COUNT_MAX * Long.BYTES]);

    LongBytesStateReader(final RecordTableReader table) {
        this.table = table;
        bytes = new BytesStateReader(table);
        for (int i = 0; i < batchOffsets.length; i++) {
            batchOffsets[i] = i * Long.BYTES;
        }
    }

    private UnsafeBuffer keyOf(final long key) {
        table.checkCaller(); // before the key of a read under way is overwritten
        keyBuffer.putLong(0, key);
        return keyBuffer;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key any long
     * @param value takes the value; what it holds after {@link #NOT_FOUND} or an exception is undefined
     * @param valueOffset where its first byte goes
     * @return bytes of the value, or {@link #NOT_FOUND}
     * @throws IllegalArgumentException when the value does not fit
     */
    public int get(final long key, final MutableDirectBuffer value, final int valueOffset) {
        return bytes.get(keyOf(key), 0, Long.BYTES, value, valueOffset);
    }

    /**
     * Passes the values of several keys to a consumer; see {@link BytesStateReader#getAll}.
     *
     * @param keys any longs
     * @param from index of the first key
     * @param count keys
     * @param consumer takes the values of those that are present, with their index from 0
     * @return how many are present
     * @throws IndexOutOfBoundsException when the array is too short; the consumer was not called
     * @throws IllegalStateException from inside another batch of this reader
     */
    public int getAll(final long[] keys, final int from, final int count, final BatchConsumer consumer) {
        Objects.checkFromIndexSize(from, count, keys.length);
        table.checkCaller();
        bytes.checkNoBatch(); // before its keys are overwritten
        int found = 0;
        for (int done = 0; done < count; done += RecordTable.BATCH_COUNT_MAX) {
            final int batch = Math.min(RecordTable.BATCH_COUNT_MAX, count - done);
            for (int i = 0; i < batch; i++) {
                batchKeys.putLong(i * Long.BYTES, keys[from + done + i]);
            }
            found += bytes.getBatch(batchKeys, batchOffsets, 0, batch, done, consumer);
        }
        return found;
    }

    /**
     * Length of the value of a key.
     *
     * @param key any long
     * @return bytes, or {@link #NOT_FOUND}
     */
    public int valueLength(final long key) {
        return bytes.valueLength(keyOf(key), 0, Long.BYTES);
    }

    /**
     * Whether a key is present.
     *
     * @param key any long
     * @return true when it is
     */
    public boolean containsKey(final long key) {
        return valueLength(key) != NOT_FOUND;
    }

    /**
     * Visits all entries, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each entry once; its buffer is a copy, valid during the call
     */
    public void forEach(final LongBytesConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(LongBytesConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongBytesConsumer consumer) {
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        table.forEach(range, (entry, keyOffset, keyLength, valueOffset, valueLength) -> {
            value.wrap(entry, valueOffset, valueLength);
            consumer.accept(RawMemory.getLong(entry, RawMemory.ARRAY_OFFSET + keyOffset), value);
        });
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.RecordTableReader;
import org.agrona.DirectBuffer;
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

    private final RecordTableReader table;

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
        final UnsafeBuffer key = new UnsafeBuffer(0, 0);
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        table.forEach((bytes, keyOffset, keyLength, valueOffset, valueLength) -> {
            key.wrap(bytes, keyOffset, keyLength);
            value.wrap(bytes, valueOffset, valueLength);
            consumer.accept(key, value);
        });
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.KeyGroupRange;
import java.util.function.BiConsumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads a {@link ValueState} beside its writer; see {@link StoreReader} for what a read sees. What a codec allocates
 * for its objects is all that is allocated, once the reader's buffers have their size. Values that have expired are
 * not returned; reading never makes one live longer.
 *
 * <p>Methods throw what {@link LongLongStateReader} says, and what a codec throws.
 *
 * <p>Threading: confined to the reader's thread, which is checked.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class ValueStateReader<K, V> {
    private final BytesStateReader bytes;
    private final Codec<K> keyCodec;
    private final StoredCodec<V> valueCodec;
    private final ExpandableArrayBuffer keyBuffer = new ExpandableArrayBuffer(64);
    private final ExpandableArrayBuffer valueBuffer = new ExpandableArrayBuffer(64);

    ValueStateReader(final BytesStateReader bytes, final Codec<K> keyCodec, final StoredCodec<V> valueCodec) {
        this.bytes = bytes;
        this.keyCodec = keyCodec;
        this.valueCodec = valueCodec;
    }

    /**
     * The value of a key.
     *
     * @param key not null
     * @return its value, or null when the key is absent
     */
    public V get(final K key) {
        bytes.checkCaller(); // before the key of a read under way is overwritten
        return get(keyBuffer, 0, keyCodec.encode(key, keyBuffer, 0), valueBuffer);
    }

    private V get(final DirectBuffer key, final int keyOffset, final int keyLength, final MutableDirectBuffer value) {
        final int length = getLive(key, keyOffset, keyLength, value);
        return length == BytesStateReader.NOT_FOUND ? null : valueCodec.decode(value, 0, length);
    }

    /**
     * Copies a value that has not expired. One that has by the clock, which is asked after the copy was made, counts as
     * absent only if it is still there with the same timestamp: the writer may have started its time anew in between.
     */
    private int getLive(
            final DirectBuffer key, final int keyOffset, final int keyLength, final MutableDirectBuffer value) {
        int length = bytes.get(key, keyOffset, keyLength, value, 0);
        while (length != BytesStateReader.NOT_FOUND && valueCodec.isExpired(value, 0, length)) {
            final long timestampMs = valueCodec.timestampOf(value, 0, length);
            length = bytes.get(key, keyOffset, keyLength, value, 0);
            if (length != BytesStateReader.NOT_FOUND && valueCodec.timestampOf(value, 0, length) == timestampMs) {
                return BytesStateReader.NOT_FOUND;
            }
        }
        return length;
    }

    /**
     * Whether a key is present.
     *
     * @param key not null
     * @return true when it is
     */
    public boolean containsKey(final K key) {
        bytes.checkCaller();
        final int keyLength = keyCodec.encode(key, keyBuffer, 0);
        return valueCodec.expiring()
                ? getLive(keyBuffer, 0, keyLength, valueBuffer) != BytesStateReader.NOT_FOUND
                : bytes.containsKey(keyBuffer, 0, keyLength);
    }

    /**
     * Visits all entries, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BiConsumer<? super K, ? super V> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(BiConsumer)} does. {@link KeyGroupRange#part}
     * cuts a walk into parts for several threads, each with a reader of its own.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final BiConsumer<? super K, ? super V> consumer) {
        final ExpandableArrayBuffer newer = new ExpandableArrayBuffer(64);
        bytes.forEach(range, (key, value) -> {
            V live = valueCodec.live(value, 0, value.capacity());
            if (live == null) { // or written since the copy was made, while the consumer took its time
                live = get(key, 0, key.capacity(), newer);
            }
            if (live != null) {
                consumer.accept(keyCodec.decode(key, 0, key.capacity()), live);
            }
        });
    }
}

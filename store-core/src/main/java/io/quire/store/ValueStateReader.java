/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import java.util.function.BiConsumer;
import org.agrona.ExpandableArrayBuffer;

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
        final int keyLength = keyCodec.encode(key, keyBuffer, 0);
        final int length = bytes.get(keyBuffer, 0, keyLength, valueBuffer, 0);
        return length == BytesStateReader.NOT_FOUND ? null : valueCodec.live(valueBuffer, 0, length);
    }

    /**
     * Whether a key is present.
     *
     * @param key not null
     * @return true when it is
     */
    public boolean containsKey(final K key) {
        final int keyLength = keyCodec.encode(key, keyBuffer, 0);
        if (!valueCodec.expiring()) {
            return bytes.containsKey(keyBuffer, 0, keyLength);
        }
        final int length = bytes.get(keyBuffer, 0, keyLength, valueBuffer, 0);
        return length != BytesStateReader.NOT_FOUND && !valueCodec.isExpired(valueBuffer, 0, length);
    }

    /**
     * Visits all entries, in no order, while the writer goes on; what is seen is said at {@link
     * LongLongStateReader#forEach}.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BiConsumer<? super K, ? super V> consumer) {
        bytes.forEach((key, value) -> {
            final V live = valueCodec.live(value, 0, value.capacity());
            if (live != null) {
                consumer.accept(keyCodec.decode(key, 0, key.capacity()), live);
            }
        });
    }
}

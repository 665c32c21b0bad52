/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.TableStatistics;
import java.util.function.BiConsumer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Typed keys to typed values through codecs. Encoding uses buffers that the state keeps; what a codec allocates for its
 * objects is all that is allocated.
 *
 * <p>Writes throw what {@link BytesState} says, and what a codec throws, in which case the operation had no effect.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#valueState}.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class ValueState<K, V> {
    private final BytesState bytes;
    private final Codec<K> keyCodec;
    private final StoredCodec<V> valueCodec;
    private final ExpandableArrayBuffer keyBuffer = new ExpandableArrayBuffer(64);
    private final ExpandableArrayBuffer valueBuffer = new ExpandableArrayBuffer(64);
    private final UnsafeBuffer view = new UnsafeBuffer(new byte[0]);

    ValueState(final BytesState bytes, final Codec<K> keyCodec, final StoredCodec<V> valueCodec) {
        this.bytes = bytes;
        this.keyCodec = keyCodec;
        this.valueCodec = valueCodec;
    }

    /** {@return the name the state was created with} */
    public String name() {
        return bytes.name();
    }

    /**
     * The value of a key.
     *
     * @param key not null
     * @return its value, or null when the key is absent
     */
    public V get(final K key) {
        final int keyLength = keyCodec.encode(key, keyBuffer, 0);
        return bytes.wrap(keyBuffer, 0, keyLength, view) ? valueCodec.decode(view, 0, view.capacity()) : null;
    }

    /**
     * Whether a key is present.
     *
     * @param key not null
     * @return true when it is
     */
    public boolean containsKey(final K key) {
        return bytes.containsKey(keyBuffer, 0, keyCodec.encode(key, keyBuffer, 0));
    }

    /**
     * Sets the value of a key.
     *
     * @param key not null
     * @param value not null; use {@link #remove} to remove
     */
    public void put(final K key, final V value) {
        final int keyLength = keyCodec.encode(key, keyBuffer, 0);
        final int valueLength = valueCodec.encode(value, valueBuffer, 0);
        bytes.put(keyBuffer, 0, keyLength, valueBuffer, 0, valueLength);
    }

    /**
     * Removes a key.
     *
     * @param key not null
     * @return whether it was present
     */
    public boolean remove(final K key) {
        return bytes.remove(keyBuffer, 0, keyCodec.encode(key, keyBuffer, 0));
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BiConsumer<? super K, ? super V> consumer) {
        bytes.forEach((key, value) -> consumer.accept(
                keyCodec.decode(key, 0, key.capacity()), valueCodec.decode(value, 0, value.capacity())));
    }

    /** {@return number of entries, O(1)} */
    public long size() {
        return bytes.size();
    }

    /** Removes all entries; not inside a batch. */
    public void clear() {
        bytes.clear();
    }

    /** {@return what the state's table takes} */
    public TableStatistics statistics() {
        return bytes.statistics();
    }
}

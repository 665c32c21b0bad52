/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.KeyGroupRange;
import java.util.Objects;
import java.util.function.BiConsumer;

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
public final class ValueState<K, V> extends SingleState<K, V> {
    private final boolean namespaced;
    private final CurrentValueState<V> current = new CurrentValueState<>(this);

    ValueState(
            final BytesState bytes,
            final Codec<K> keyCodec,
            final boolean namespaced,
            final StoredCodec<V> valueCodec) {
        super(bytes, keyCodec, namespaced, valueCodec);
        this.namespaced = namespaced;
    }

    /** {@return the value of the store's current key, the same object each time} */
    public CurrentValueState<V> current() {
        return current;
    }

    /**
     * The value of a key.
     *
     * @param key not null
     * @return its value, or null when the key is absent
     */
    public V get(final K key) {
        return read(Objects.requireNonNull(key, "key"));
    }

    /**
     * Whether a key is present.
     *
     * @param key not null
     * @return true when it is
     */
    public boolean containsKey(final K key) {
        return isPresent(Objects.requireNonNull(key, "key"));
    }

    /**
     * Sets the value of a key.
     *
     * @param key not null
     * @param value not null; use {@link #remove} to remove
     */
    public void put(final K key, final V value) {
        write(Objects.requireNonNull(key, "key"), value);
    }

    /**
     * Visits all entries, in a state with namespaces those of the selected one; in no order. The consumer must not
     * write to this state.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BiConsumer<? super K, ? super V> consumer) {
        if (namespaced) {
            forEachKept(KeyGroupRange.ALL, consumer);
            return;
        }
        bytes.forEach((key, value) -> {
            final V live = valueCodec().live(value, 0, value.capacity());
            if (live != null) {
                consumer.accept(decodeKey(key, key.capacity()), live);
            }
        });
    }

    /**
     * Visits the entries of some key groups, in a state with namespaces those of the selected one; in no order. The
     * consumer may write to any state: an entry that is there from the beginning to the end is visited once, one that
     * is added or removed meanwhile may be.
     *
     * @param range which, by {@link #keyGroupOf}
     * @param consumer takes each entry
     */
    public void forEach(final KeyGroupRange range, final BiConsumer<? super K, ? super V> consumer) {
        forEachKept(range, consumer);
    }

    @Override
    void merge(final byte[] target, final byte[][] sources) {
        throw new UnsupportedOperationException("values cannot be merged: state=" + name());
    }

    @Override
    V merged(final V first, final V second) {
        throw new UnsupportedOperationException("values cannot be merged: state=" + name());
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.KeyGroupRange;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;

/**
 * Typed keys to one typed value each, into which every value that is added is reduced. The log holds results, so
 * recovery does not call the function. Where the codec's values have a fixed length the value is overwritten in place.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class ReducingState<K, V> extends SingleState<K, V> {
    private final BinaryOperator<V> function;
    private final Adder<V, V> adder = (before, value) -> before == null ? value : merged(before, value);
    private final CurrentReducingState<V> current = new CurrentReducingState<>(this);

    ReducingState(
            final BytesState bytes,
            final Codec<K> keyCodec,
            final boolean namespaced,
            final StoredCodec<V> codec,
            final BinaryOperator<V> function) {
        super(bytes, keyCodec, namespaced, codec);
        this.function = function;
    }

    /** {@return the value of the store's current key, the same object each time} */
    public CurrentReducingState<V> current() {
        return current;
    }

    /**
     * The reduced value of a key.
     *
     * @param key not null
     * @return the value, or null when none was added
     */
    public V get(final K key) {
        return read(Objects.requireNonNull(key, "key"));
    }

    /**
     * Reduces a value into that of a key; the first one is kept as it is.
     *
     * @param key not null
     * @param value not null
     */
    public void add(final K key, final V value) {
        addAt(Objects.requireNonNull(key, "key"), value);
    }

    void addAt(final K key, final V value) {
        addTo(key, value, adder);
    }

    /**
     * Visits the values of all keys, in a state with namespaces those of the selected one; in no order. The consumer
     * may write to any state: a value that is there from the beginning to the end is visited once, one that is added or
     * removed meanwhile may be.
     *
     * @param consumer takes each key with its value
     */
    public void forEach(final BiConsumer<? super K, ? super V> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the values of some key groups, as {@link #forEach(BiConsumer)} does.
     *
     * @param range which, by {@link #keyGroupOf}
     * @param consumer takes each key with its value
     */
    public void forEach(final KeyGroupRange range, final BiConsumer<? super K, ? super V> consumer) {
        forEachKept(range, consumer);
    }

    @Override
    V merged(final V first, final V second) {
        return Objects.requireNonNull(function.apply(first, second), "reduced value");
    }
}

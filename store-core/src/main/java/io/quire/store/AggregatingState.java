/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import java.util.Objects;

/**
 * Typed keys to one accumulator each, to which values of another type are added. The log holds accumulators, so
 * recovery does not call the function. Where the codec's accumulators have a fixed length they are overwritten in
 * place.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <T> type of what is added
 * @param <A> type of the accumulators
 * @param <R> type of the results
 */
public final class AggregatingState<K, T, A, R> extends SingleState<K, A> {
    private final AggregateFunction<T, A, R> function;
    private final CurrentAggregatingState<T, R> current = new CurrentAggregatingState<>(this);

    AggregatingState(
            final BytesState bytes,
            final Codec<K> keyCodec,
            final boolean namespaced,
            final StoredCodec<A> codec,
            final AggregateFunction<T, A, R> function) {
        super(bytes, keyCodec, namespaced, codec);
        this.function = function;
    }

    /** {@return the accumulator of the store's current key, the same object each time} */
    public CurrentAggregatingState<T, R> current() {
        return current;
    }

    /**
     * The result for a key.
     *
     * @param key not null
     * @return the result, or null when nothing was added
     */
    public R get(final K key) {
        return getAt(Objects.requireNonNull(key, "key"));
    }

    R getAt(final K key) {
        final A accumulator = read(key);
        return accumulator == null ? null : function.getResult(accumulator);
    }

    /**
     * Adds a value.
     *
     * @param key not null
     * @param value not null
     */
    public void add(final K key, final T value) {
        addAt(Objects.requireNonNull(key, "key"), value);
    }

    void addAt(final K key, final T value) {
        Objects.requireNonNull(value, "value");
        store.beforeWrite();
        final A before = peek(key);
        if (before == null) {
            write(key, function.add(value, function.createAccumulator()));
        } else {
            final long beforeMs = peekedTimestampMs();
            writeOn(key, function.add(value, before), beforeMs);
        }
    }

    @Override
    A merged(final A first, final A second) {
        return function.merge(first, second);
    }
}

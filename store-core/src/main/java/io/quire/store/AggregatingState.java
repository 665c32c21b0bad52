/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.table.KeyGroupRange;
import java.util.Objects;
import java.util.function.BiConsumer;

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
    private final Adder<A, T> adder = this::added;
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
        addTo(key, value, adder);
    }

    private A added(final A before, final T value) {
        return function.add(value, before == null ? function.createAccumulator() : before);
    }

    /**
     * Visits the results of all keys, in a state with namespaces those of the selected one; in no order. The consumer
     * may write to any state: a key that is there from the beginning to the end is visited once, one that is added or
     * removed meanwhile may be.
     *
     * @param consumer takes each key with its result
     */
    public void forEach(final BiConsumer<? super K, ? super R> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the results of some key groups, as {@link #forEach(BiConsumer)} does.
     *
     * @param range which, by {@link #keyGroupOf}
     * @param consumer takes each key with its result
     */
    public void forEach(final KeyGroupRange range, final BiConsumer<? super K, ? super R> consumer) {
        forEachKept(range, (key, accumulator) -> consumer.accept(key, function.getResult(accumulator)));
    }

    @Override
    A merged(final A first, final A second) {
        return function.merge(first, second);
    }
}

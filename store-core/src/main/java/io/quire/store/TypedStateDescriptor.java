/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateKind;
import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import java.util.Objects;
import java.util.Set;
import java.util.function.BinaryOperator;

/**
 * Says which state is wanted: its name, its kind, and how keys and values become bytes. {@link StateStore#state} opens
 * it or creates it.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <K> type of the keys
 * @param <S> the state
 */
public final class TypedStateDescriptor<K, S extends TypedState<K>> {
    private static final Set<StateKind> EXPIRING =
            Set.of(StateKind.VALUE, StateKind.LIST, StateKind.MAP, StateKind.REDUCING, StateKind.AGGREGATING);

    private final String name;
    private final StateKind kind;
    private final StateCodecs codecs;
    private final View<S> view;

    /** Makes the typed view of a state. */
    private interface View<S> {
        S of(KeyedState state, boolean namespaced);
    }

    private TypedStateDescriptor(
            final String name, final StateKind kind, final StateCodecs codecs, final View<S> view) {
        this.name = name;
        this.kind = kind;
        this.codecs = codecs;
        this.view = view;
    }

    /**
     * The same state with a time to live: new ones get it, and one that exists is given it when it is opened, or has it
     * changed or, with {@link TimeToLive#OFF}, switched off; a descriptor without a time to live leaves a state the one
     * it has. Opening it so writes one entry of the catalog, whatever the size of the state, and not inside a batch.
     *
     * <p>The age of a value counts from the write that the update type names, whatever the time to live was then. A
     * value written before the state first had a time to live counts as written when it got that.
     *
     * <p>A state whose values are arrays of bytes, {@link io.quire.store.codec.Codecs#BYTES}, cannot tell those values
     * from others: opening it with its first time to live copies all of its entries, O(entries), as {@link
     * StateStore#longLongState(String, TimeToLive)} does and under its conditions; objects of the state, and readers of
     * it, that were there before throw {@link IllegalStateException} from then on.
     *
     * @param timeToLive for each value, each element of a list, each entry of a map
     * @return a descriptor with it
     * @throws ConfigurationException when entries of the kind have no time to live
     */
    public TypedStateDescriptor<K, S> withTimeToLive(final TimeToLive timeToLive) {
        Objects.requireNonNull(timeToLive, "time to live");
        if (!EXPIRING.contains(kind)) {
            throw new ConfigurationException("kind has no time to live: state=" + name + " kind=" + kind);
        }
        return new TypedStateDescriptor<>(name, kind, codecs.with(timeToLive), view);
    }

    private static StateCodecs codecs(final Codec<?> keyCodec, final Codec<?> valueCodec) {
        return StateCodecs.NONE
                .with(CodecRole.KEY, Objects.requireNonNull(keyCodec, "key codec"))
                .with(CodecRole.VALUE, Objects.requireNonNull(valueCodec, "value codec"));
    }

    /**
     * A value for each key.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param valueCodec how values become bytes
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return its descriptor
     */
    public static <K, V> TypedStateDescriptor<K, ValueState<K, V>> value(
            final String name, final Codec<K> keyCodec, final Codec<V> valueCodec) {
        return new TypedStateDescriptor<>(
                name,
                StateKind.VALUE,
                codecs(keyCodec, valueCodec),
                (state, namespaced) ->
                        new ValueState<>((BytesState) state, keyCodec, namespaced, StoredCodec.of(state, valueCodec)));
    }

    /**
     * A list for each key.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param elementCodec how elements become bytes
     * @param <K> type of the keys
     * @param <E> type of the elements
     * @return its descriptor
     */
    public static <K, E> TypedStateDescriptor<K, ListState<K, E>> list(
            final String name, final Codec<K> keyCodec, final Codec<E> elementCodec) {
        return new TypedStateDescriptor<>(
                name,
                StateKind.LIST,
                codecs(keyCodec, elementCodec),
                (state, namespaced) -> new ListState<>(
                        (BytesListState) state, keyCodec, namespaced, StoredCodec.of(state, elementCodec)));
    }

    /**
     * A map for each key.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param insideCodec how keys inside a map become bytes
     * @param valueCodec how values become bytes
     * @param <K> type of the keys
     * @param <I> type of the keys inside a map
     * @param <V> type of the values
     * @return its descriptor
     */
    public static <K, I, V> TypedStateDescriptor<K, MapState<K, I, V>> map(
            final String name, final Codec<K> keyCodec, final Codec<I> insideCodec, final Codec<V> valueCodec) {
        return new TypedStateDescriptor<>(
                name,
                StateKind.MAP,
                codecs(keyCodec, valueCodec)
                        .with(CodecRole.MAP_KEY, Objects.requireNonNull(insideCodec, "codec of keys inside a map")),
                (state, namespaced) -> new MapState<>(
                        (BytesMapState) state, keyCodec, namespaced, insideCodec, StoredCodec.of(state, valueCodec)));
    }

    /**
     * A value for each key into which others are reduced.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param valueCodec how values become bytes
     * @param function makes one value of two; is not kept in the store, so give the same one each time
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return its descriptor
     */
    public static <K, V> TypedStateDescriptor<K, ReducingState<K, V>> reducing(
            final String name, final Codec<K> keyCodec, final Codec<V> valueCodec, final BinaryOperator<V> function) {
        Objects.requireNonNull(function, "function");
        return new TypedStateDescriptor<>(
                name,
                StateKind.REDUCING,
                codecs(keyCodec, valueCodec),
                (state, namespaced) -> new ReducingState<>(
                        (BytesState) state, keyCodec, namespaced, StoredCodec.of(state, valueCodec), function));
    }

    /**
     * An accumulator for each key.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param accumulatorCodec how accumulators become bytes
     * @param function adds values to accumulators; is not kept in the store, so give the same one each time
     * @param <K> type of the keys
     * @param <T> type of what is added
     * @param <A> type of the accumulators
     * @param <R> type of the results
     * @return its descriptor
     */
    public static <K, T, A, R> TypedStateDescriptor<K, AggregatingState<K, T, A, R>> aggregating(
            final String name,
            final Codec<K> keyCodec,
            final Codec<A> accumulatorCodec,
            final AggregateFunction<T, A, R> function) {
        Objects.requireNonNull(function, "function");
        return new TypedStateDescriptor<>(
                name,
                StateKind.AGGREGATING,
                codecs(keyCodec, accumulatorCodec),
                (state, namespaced) -> new AggregatingState<>(
                        (BytesState) state, keyCodec, namespaced, StoredCodec.of(state, accumulatorCodec), function));
    }

    /**
     * Timers of each key.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param timeDomain which time makes them due; as in the state that is there, if there is one
     * @param <K> type of the keys
     * @return its descriptor
     */
    public static <K> TypedStateDescriptor<K, TimerState<K>> timers(
            final String name, final Codec<K> keyCodec, final TimeDomain timeDomain) {
        return new TypedStateDescriptor<>(
                name,
                Objects.requireNonNull(timeDomain, "time domain").kind(),
                StateCodecs.NONE.with(CodecRole.KEY, Objects.requireNonNull(keyCodec, "key codec")),
                (state, namespaced) -> new TimerState<>((BytesTimerState) state, keyCodec, namespaced));
    }

    S open(final StateStore store) {
        return view.of(store.state(name, kind, codecs), false);
    }

    <N> NamespacedState<K, N, S> open(final StateStore store, final Codec<N> namespaceCodec) {
        Objects.requireNonNull(namespaceCodec, "namespace codec");
        final KeyedState state = store.state(name, kind, codecs.with(CodecRole.NAMESPACE, namespaceCodec));
        return new NamespacedState<>(view.of(state, true), namespaceCodec);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.TableStatistics;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A state whose keys have something in each of several namespaces, for instance windows: {@code
 * windows.in(start).add(user, click)}. The namespace is a part of the key: selecting one costs its encoding and nothing
 * else.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 * @param <S> the state
 */
public final class NamespacedState<K, N, S extends TypedState<K>> {
    private final S state;
    private final Codec<N> namespaceCodec;

    NamespacedState(final S state, final Codec<N> namespaceCodec) {
        this.state = state;
        this.namespaceCodec = namespaceCodec;
    }

    /**
     * Selects a namespace.
     *
     * @param namespace not null
     * @return the state in it; the same object each time, in the namespace that was selected last, so use it at once
     */
    public S in(final N namespace) {
        state.select(namespaceCodec, namespace);
        return state;
    }

    /**
     * Moves what a key has in other namespaces to one, where it is merged with what the key has there: the elements of
     * lists are appended, in the order of the sources, values are reduced, accumulators merged. All or nothing. Selects
     * the target.
     *
     * @param key not null
     * @param target not null
     * @param sources none of them null; the target among them is left out
     * @throws UnsupportedOperationException when states of the kind cannot be merged: values and maps
     * @throws ConfigurationException when two or more would have to be reduced or merged that are kept with a {@link
     *     io.quire.store.codec.FlyweightCodec}; nothing was changed
     */
    public void merge(final K key, final N target, final Collection<? extends N> sources) {
        Objects.requireNonNull(key, "key");
        final Map<ByteBuffer, byte[]> keys = new LinkedHashMap<>();
        for (final N source : sources) {
            final byte[] bytes = in(source).copyOfKey(key);
            keys.put(ByteBuffer.wrap(bytes), bytes);
        }
        final byte[] targetKey = in(target).copyOfKey(key);
        keys.remove(ByteBuffer.wrap(targetKey));
        state.merge(targetKey, keys.values().toArray(new byte[0][]));
    }

    /**
     * Visits all keys with each namespace in which they have something; in no order. The consumer may write to any
     * state: what is there from the beginning to the end is visited once, what is added or removed meanwhile may be.
     *
     * @param consumer takes each pair
     */
    public void forEachKey(final BiConsumer<? super K, ? super N> consumer) {
        forEachKey(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the keys of some key groups with each namespace in which they have something, as {@link
     * #forEachKey(BiConsumer)} does. The namespace is a part of what a key group is made of, see {@link
     * TypedState#keyGroupOf}.
     *
     * @param range which
     * @param consumer takes each pair
     */
    public void forEachKey(final KeyGroupRange range, final BiConsumer<? super K, ? super N> consumer) {
        state.forEachKey(range, namespaceCodec, consumer);
    }

    /**
     * Visits all keys with each namespace in which they have something, as {@link #forEachKey(BiConsumer)} does, and
     * selects that namespace: {@code windows.forEach((user, start, clicks) -> clicks.get(user) ...)}. What the consumer
     * gets from the state is looked up by the key, and counts as a read where reading makes entries live longer. The
     * namespace visited last stays selected.
     *
     * @param consumer takes each key, its namespace, and the state in it
     */
    public void forEach(final NamespacedStateConsumer<? super K, ? super N, ? super S> consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the keys of some key groups, as {@link #forEach(NamespacedStateConsumer)} does.
     *
     * @param range which, see {@link #forEachKey(KeyGroupRange, BiConsumer)}
     * @param consumer takes each key, its namespace, and the state in it
     */
    public void forEach(
            final KeyGroupRange range, final NamespacedStateConsumer<? super K, ? super N, ? super S> consumer) {
        Objects.requireNonNull(consumer, "consumer");
        forEachKey(range, (key, namespace) -> consumer.accept(key, namespace, in(namespace)));
    }

    /**
     * Visits the namespaces in which a key has something, in no order. Keys are spread with their namespaces, so this
     * looks at all of them: O(keys in all namespaces).
     *
     * @param key not null
     * @param consumer takes each namespace; may write to any state
     */
    public void forEachNamespace(final K key, final Consumer<? super N> consumer) {
        Objects.requireNonNull(key, "key");
        state.forEachNamespace(key, namespaceCodec, consumer);
    }

    /**
     * Keys that have something in a namespace; without those whose last entry has expired. Looks at all keys: O(keys in
     * all namespaces). Selects the namespace.
     *
     * @param namespace not null
     * @return their number
     */
    public long keyCount(final N namespace) {
        final long[] count = new long[1];
        in(namespace).forEachKey(key -> count[0]++);
        return count[0];
    }

    /**
     * Removes what all keys have in a namespace; O(keys in all namespaces), and what removing them costs. Each key is
     * removed by itself, so after a crash some may be left, unless a batch is around it. Selects the namespace.
     *
     * @param namespace not null
     * @return keys that had something there that has not expired; the rest is removed, too
     */
    public long removeNamespace(final N namespace) {
        return in(namespace).removeSelected();
    }

    /**
     * Removes what a key has in all namespaces; O(keys in all namespaces), and what removing it costs. Each namespace
     * is removed by itself, so after a crash some may be left, unless a batch is around it. The selected
     * namespace stays what it is.
     *
     * @param key not null
     * @return namespaces in which it had something that has not expired; the rest is removed, too
     */
    public long removeKey(final K key) {
        return state.removeInAllNamespaces(Objects.requireNonNull(key, "key"));
    }

    /**
     * Begins to rewrite the values that older codecs have written, see {@link TypedState#rewriteValues}.
     *
     * @return the rewriting
     * @throws io.quire.store.errors.ConfigurationException when the codec of values is a flyweight
     * @throws io.quire.store.errors.StateMismatchException when the state was opened with another codec since
     */
    public ValueRewrite rewriteValues() {
        return state.rewriteValues();
    }

    /**
     * Delivers all timers that are due, whatever their namespaces, as {@link TimerState#pollDue(long, TimerConsumer)}
     * does. The selected namespace stays what it is.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param consumer takes each timer; must not poll timers of the store
     * @return how many it has taken
     * @throws UnsupportedOperationException when the state is no {@link TimerState}
     * @throws ConfigurationException when the consumer of a poll calls this, of whichever timers of the store
     */
    public long pollDue(final long now, final NamespacedTimerConsumer<? super K, ? super N> consumer) {
        return pollDue(now, Long.MAX_VALUE, consumer);
    }

    /**
     * Delivers some of the timers that are due, whatever their namespaces, as {@link TimerState#pollDue(long, long,
     * TimerConsumer)} does. The selected namespace stays what it is.
     *
     * @param now event time: the watermark; processing time: the clock; milliseconds
     * @param limit most timers to deliver, 0 or more
     * @param consumer takes each timer; must not poll timers of the store
     * @return how many it has taken
     * @throws UnsupportedOperationException when the state is no {@link TimerState}
     * @throws IllegalArgumentException when the limit is negative
     * @throws ConfigurationException when the consumer of a poll calls this, of whichever timers of the store
     */
    public long pollDue(
            final long now, final long limit, final NamespacedTimerConsumer<? super K, ? super N> consumer) {
        return state.pollDue(namespaceCodec, now, limit, consumer);
    }

    /**
     * Visits all timers, whatever their namespaces, in the order in which they would be delivered, as {@link
     * TimerState#forEachTimer(TimerConsumer)} does. The selected namespace stays what it is.
     *
     * @param visitor takes each timer
     * @throws UnsupportedOperationException when the state is no {@link TimerState}
     */
    public void forEachTimer(final NamespacedTimerConsumer<? super K, ? super N> visitor) {
        state.forEachTimer(namespaceCodec, Objects.requireNonNull(visitor, "visitor"));
    }

    /**
     * When the next timer is due, over all keys and namespaces, see {@link TimerState#nextTimestamp}.
     *
     * @return its timestamp, milliseconds; {@link Long#MAX_VALUE} when there is none
     * @throws UnsupportedOperationException when the state is no {@link TimerState}
     */
    public long nextTimestamp() {
        return state.nextDue();
    }

    /** {@return how long entries live, {@link TimeToLive#OFF} when they do not expire} */
    public TimeToLive timeToLive() {
        return state.timeToLive();
    }

    /** {@return what the state's tables take} */
    public TableStatistics statistics() {
        return state.statistics();
    }

    /** {@return the name the state was created with} */
    public String name() {
        return state.name();
    }

    /** {@return entries of all keys and namespaces, O(1)} */
    public long size() {
        return state.size();
    }

    /** {@return keys that have something, counted in each namespace, O(1)} */
    public long keyCount() {
        return state.keyCount();
    }

    /** Removes everything from the state; not inside a batch. */
    public void clear() {
        state.clear();
    }
}

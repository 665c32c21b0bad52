/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.Iterator;
import java.util.Map;

/**
 * The map of the store's current key, see {@link StateStore#setCurrentKey}; methods and their meaning are those of
 * Flink's {@code MapState}.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <I> type of the keys inside the map
 * @param <V> type of the values
 */
public final class CurrentMapState<I, V> {
    private final MapState<?, I, V> state;

    CurrentMapState(final MapState<?, I, V> state) {
        this.state = state;
    }

    /**
     * A value.
     *
     * @param inside key inside the map, not null
     * @return its value, or null when there is none
     */
    public V get(final I inside) {
        return state.getAt(null, inside);
    }

    /**
     * Sets a value.
     *
     * @param inside key inside the map, not null
     * @param value not null
     */
    public void put(final I inside, final V value) {
        state.putAt(null, inside, value);
    }

    /**
     * Sets several values, all of them or none.
     *
     * @param entries no key and no value of them null
     */
    public void putAll(final Map<? extends I, ? extends V> entries) {
        state.putAllAt(null, entries);
    }

    /**
     * Removes an entry.
     *
     * @param inside key inside the map, not null
     */
    public void remove(final I inside) {
        state.removeAt(null, inside);
    }

    /**
     * Whether the map has a key.
     *
     * @param inside key inside the map, not null
     * @return true when it has
     */
    public boolean contains(final I inside) {
        return state.containsAt(null, inside);
    }

    /** {@return the entries, see {@link MapState#entries}} */
    public Iterable<Map.Entry<I, V>> entries() {
        return state.entriesAt(null);
    }

    /** {@return the keys inside the map} */
    public Iterable<I> keys() {
        return state.keysAt(null);
    }

    /** {@return the values} */
    public Iterable<V> values() {
        return state.valuesAt(null);
    }

    /** {@return an iterator over the entries, which can also remove} */
    public Iterator<Map.Entry<I, V>> iterator() {
        return entries().iterator();
    }

    /** {@return number of entries, O(1)} */
    public long size() {
        return state.sizeAt(null);
    }

    /** {@return whether there are no entries} */
    public boolean isEmpty() {
        return state.isEmptyAt(null);
    }

    /** Removes all entries. */
    public void clear() {
        state.removeAt(null);
    }
}

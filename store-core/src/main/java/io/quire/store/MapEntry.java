/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.Map;
import java.util.Objects;

/**
 * An entry that a walk over a map has returned. It keeps key and value; {@link #setValue} works while the walk is at
 * it.
 *
 * <p>Threading: confined to the store's writer.
 *
 * @param <I> type of the key
 * @param <V> type of the value
 */
final class MapEntry<I, V> implements Map.Entry<I, V> {
    private final MapWalk<I, V, Map.Entry<I, V>> walk;
    private final long step;
    private final I key;
    private V value;

    MapEntry(final MapWalk<I, V, Map.Entry<I, V>> walk, final I key, final V value) {
        this.walk = walk;
        this.key = key;
        this.value = value;
        step = walk.step();
    }

    @Override
    public I getKey() {
        return key;
    }

    @Override
    public V getValue() {
        return value;
    }

    @Override
    public V setValue(final V newValue) {
        if (step != walk.step()) {
            throw new IllegalStateException("the walk has gone on from this entry");
        }
        walk.setValue(newValue);
        final V old = value;
        value = newValue;
        return old;
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Map.Entry<?, ?> entry
                && Objects.equals(key, entry.getKey())
                && Objects.equals(value, entry.getValue());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(key) ^ Objects.hashCode(value);
    }

    @Override
    public String toString() {
        return key + "=" + value;
    }
}

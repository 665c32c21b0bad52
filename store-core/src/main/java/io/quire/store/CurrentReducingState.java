/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * The reduced value of the store's current key, see {@link StateStore#setCurrentKey}; methods and their meaning are
 * those of Flink's {@code ReducingState}, except that adding null throws.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <V> type of the values
 */
public final class CurrentReducingState<V> {
    private final ReducingState<?, V> state;

    CurrentReducingState(final ReducingState<?, V> state) {
        this.state = state;
    }

    /** {@return the value, or null when none was added} */
    public V get() {
        return state.read(null);
    }

    /**
     * Reduces a value into the one there is.
     *
     * @param value not null
     */
    public void add(final V value) {
        state.addAt(null, value);
    }

    /** Removes the value. */
    public void clear() {
        state.removeAt(null);
    }
}

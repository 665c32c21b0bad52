/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * The value of the store's current key, see {@link StateStore#setCurrentKey}; methods and their meaning are those of
 * Flink's {@code ValueState}.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <V> type of the values
 */
public final class CurrentValueState<V> {
    private final ValueState<?, V> state;

    CurrentValueState(final ValueState<?, V> state) {
        this.state = state;
    }

    /** {@return the value, or null when there is none} */
    public V value() {
        return state.read(null);
    }

    /**
     * Sets the value.
     *
     * @param value null removes it
     */
    public void update(final V value) {
        if (value == null) {
            state.removeAt(null);
        } else {
            state.write(null, value);
        }
    }

    /** Removes the value. */
    public void clear() {
        state.removeAt(null);
    }
}

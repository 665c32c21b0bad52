/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * The accumulator of the store's current key, see {@link StateStore#setCurrentKey}; methods and their meaning are those
 * of Flink's {@code AggregatingState}, except that adding null throws.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <T> type of what is added
 * @param <R> type of the results
 */
public final class CurrentAggregatingState<T, R> {
    private final AggregatingState<?, T, ?, R> state;

    CurrentAggregatingState(final AggregatingState<?, T, ?, R> state) {
        this.state = state;
    }

    /** {@return the result, or null when nothing was added} */
    public R get() {
        return state.getAt(null);
    }

    /**
     * Adds a value.
     *
     * @param value not null
     */
    public void add(final T value) {
        state.addAt(null, value);
    }

    /** Removes the accumulator. */
    public void clear() {
        state.removeAt(null);
    }
}

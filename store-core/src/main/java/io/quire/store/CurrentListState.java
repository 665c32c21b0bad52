/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.List;

/**
 * The list of the store's current key, see {@link StateStore#setCurrentKey}; methods and their meaning are those of
 * Flink's {@code ListState}.
 *
 * <p>Threading: single writer, which also reads.
 *
 * @param <E> type of the elements
 */
public final class CurrentListState<E> {
    private final ListState<?, E> state;

    CurrentListState(final ListState<?, E> state) {
        this.state = state;
    }

    /** {@return the elements, see {@link ListState#get}; empty when there are none} */
    public Iterable<E> get() {
        return state.getAt(null);
    }

    /** {@return number of elements, O(1)} */
    public long size() {
        return state.sizeAt(null);
    }

    /**
     * Appends an element.
     *
     * @param element not null
     */
    public void add(final E element) {
        state.addAt(null, element);
    }

    /**
     * Appends elements, all of them or none.
     *
     * @param elements none of them null
     */
    public void addAll(final List<? extends E> elements) {
        state.addAllAt(null, elements);
    }

    /**
     * Replaces the elements.
     *
     * @param elements none of them null; no elements, or null, remove the list
     */
    public void update(final List<? extends E> elements) {
        state.updateAt(null, elements);
    }

    /** Removes the elements. */
    public void clear() {
        state.removeAt(null);
    }
}

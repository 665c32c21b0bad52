/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * How values are added to an accumulator and what comes out of it. An accumulator that is passed in was just read and
 * may be changed and returned. A method that throws leaves the state as it was.
 *
 * <p>Threading: called by the store's writer.
 *
 * @param <T> type of what is added
 * @param <A> type of the accumulators
 * @param <R> type of the results
 */
public interface AggregateFunction<T, A, R> {
    /**
     * An accumulator to which nothing was added.
     *
     * @return not null
     */
    A createAccumulator();

    /**
     * Adds a value.
     *
     * @param value not null
     * @param accumulator may be changed
     * @return the accumulator or another one, not null
     */
    A add(T value, A accumulator);

    /**
     * The result of what was added.
     *
     * @param accumulator not to be changed
     * @return the result
     */
    R getResult(A accumulator);

    /**
     * Brings two accumulators together, when namespaces are merged. Not called for flyweights, which cannot be merged.
     *
     * @param first may be changed
     * @param second may be changed
     * @return one of them or another one, not null
     */
    A merge(A first, A second);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregateFunction;

/** Keeps the last digits of what was added, so that order and number of additions show. */
final class LastDigits implements AggregateFunction<Long, String, Integer> {
    private static final int LENGTH_MAX = 12;

    @Override
    public String createAccumulator() {
        return "";
    }

    @Override
    public String add(final Long value, final String accumulator) {
        return last(accumulator + value % 10);
    }

    @Override
    public Integer getResult(final String accumulator) {
        return accumulator.hashCode();
    }

    @Override
    public String merge(final String first, final String second) {
        return last(first + second);
    }

    private static String last(final String digits) {
        return digits.substring(Math.max(0, digits.length() - LENGTH_MAX));
    }
}

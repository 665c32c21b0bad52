/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes entries of a {@link LongDoubleState}.
 *
 * <p>Threading: called by the thread that iterates.
 */
@FunctionalInterface
public interface LongDoubleConsumer {
    /**
     * Accepts one entry.
     *
     * @param key its key
     * @param value its value
     */
    void accept(long key, double value);
}

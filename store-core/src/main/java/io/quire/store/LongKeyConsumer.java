/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes keys of a {@link LongSetState}.
 *
 * <p>Threading: called by the thread that iterates.
 */
@FunctionalInterface
public interface LongKeyConsumer {
    /**
     * Accepts one key.
     *
     * @param key it
     */
    void accept(long key);
}

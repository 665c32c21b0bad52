/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/**
 * Takes entries of a {@link FixedTable}.
 *
 * <p>Threading: called on the thread that scans.
 */
@FunctionalInterface
public interface LongLongConsumer {
    /**
     * Accepts one entry.
     *
     * @param key its key
     * @param value its value
     */
    void accept(long key, long value);
}

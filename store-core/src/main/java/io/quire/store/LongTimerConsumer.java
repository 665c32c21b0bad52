/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes timers of longs, see {@link LongTimerState}.
 *
 * <p>Threading: called on the store's writer.
 */
@FunctionalInterface
public interface LongTimerConsumer {
    /**
     * Takes one timer.
     *
     * @param key its key
     * @param timestamp when it is due, milliseconds
     */
    void accept(long key, long timestamp);
}

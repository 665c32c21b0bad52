/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes timers, see {@link TimerState}.
 *
 * <p>Threading: called on the store's writer.
 *
 * @param <K> type of the keys
 */
@FunctionalInterface
public interface TimerConsumer<K> {
    /**
     * Takes one timer.
     *
     * @param key its key
     * @param timestamp when it is due, milliseconds
     */
    void accept(K key, long timestamp);
}

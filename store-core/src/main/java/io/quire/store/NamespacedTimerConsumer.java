/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes timers that have namespaces, see {@link NamespacedState#pollDue(long, NamespacedTimerConsumer)}.
 *
 * <p>Threading: called on the store's writer.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 */
@FunctionalInterface
public interface NamespacedTimerConsumer<K, N> {
    /**
     * Takes one timer.
     *
     * @param key its key
     * @param namespace its namespace
     * @param timestamp when it is due, milliseconds
     */
    void accept(K key, N namespace, long timestamp);
}

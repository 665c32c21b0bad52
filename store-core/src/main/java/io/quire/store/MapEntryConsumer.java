/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes the entries of maps under typed keys.
 *
 * <p>Threading: called by the thread that walks over the entries.
 *
 * @param <K> type of the keys
 * @param <I> type of the keys inside a map
 * @param <V> type of the values
 */
@FunctionalInterface
public interface MapEntryConsumer<K, I, V> {
    /**
     * Accepts one entry.
     *
     * @param key key of the map
     * @param inside key inside the map
     * @param value its value
     */
    void accept(K key, I inside, V value);
}

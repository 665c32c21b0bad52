/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Takes keys with each namespace in which they have something, see {@link
 * NamespacedState#forEach(NamespacedStateConsumer)}.
 *
 * <p>Threading: called on the store's writer.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 * @param <S> the state
 */
@FunctionalInterface
public interface NamespacedStateConsumer<K, N, S> {
    /**
     * Takes one key in one namespace.
     *
     * @param key the key
     * @param namespace the namespace
     * @param state the state in that namespace, until another one is selected
     */
    void accept(K key, N namespace, S state);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Waits until a logged write survives power loss.
 *
 * <p>Threading: called by the store's writer.
 */
@FunctionalInterface
public interface WriteAcknowledger {
    /**
     * Waits until everything before a position does.
     *
     * @param position log position just after the write
     * @throws io.quire.store.errors.StoreFailedException when it can no longer become so
     */
    void await(long position);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Decides when a logged write may return.
 *
 * <p>Threading: called by the store's writer.
 */
@FunctionalInterface
public interface WriteAcknowledger {
    /**
     * Waits until the log is as durable as the store promises.
     *
     * @param position log position just after the write
     * @throws io.quire.store.errors.StoreFailedException when it can no longer become so
     */
    void await(long position);
}

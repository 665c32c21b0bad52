/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import org.agrona.DirectBuffer;

/**
 * Takes the values that a batch of keys was found to have.
 *
 * <p>Threading: called by the thread that reads.
 */
@FunctionalInterface
public interface BatchConsumer {
    /**
     * Accepts the value of one key; not called for a key that is absent. The buffer is a view of the store's memory,
     * from a reader beside the writer one of a copy; the same object each time, valid during the call only.
     *
     * @param index which key of the batch, from 0; in ascending order
     * @param value its value, from index 0 to capacity
     */
    void accept(int index, DirectBuffer value);
}

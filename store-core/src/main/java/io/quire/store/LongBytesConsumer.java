/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import org.agrona.DirectBuffer;

/**
 * Takes entries of a {@link LongBytesState}.
 *
 * <p>Threading: called by the thread that iterates.
 */
@FunctionalInterface
public interface LongBytesConsumer {
    /**
     * Accepts one entry. The buffer is a view of the store's memory, the same object each time, valid during the call
     * only.
     *
     * @param key its key
     * @param value its value, from index 0 to capacity
     */
    void accept(long key, DirectBuffer value);
}

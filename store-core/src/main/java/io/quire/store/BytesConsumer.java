/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import org.agrona.DirectBuffer;

/**
 * Takes entries of a {@link BytesState}.
 *
 * <p>Threading: called by the thread that iterates.
 */
@FunctionalInterface
public interface BytesConsumer {
    /**
     * Accepts one entry. The buffers are views of the store's memory, the same two objects each time, valid during the
     * call only.
     *
     * @param key its key, from index 0 to capacity
     * @param value its value, from index 0 to capacity
     */
    void accept(DirectBuffer key, DirectBuffer value);
}

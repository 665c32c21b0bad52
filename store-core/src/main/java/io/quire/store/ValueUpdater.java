/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import org.agrona.MutableDirectBuffer;

/**
 * Changes the value of a key.
 *
 * <p>Threading: called by the writer.
 */
@FunctionalInterface
public interface ValueUpdater {
    /**
     * Changes a value, usually through a flyweight wrapped around it. When it throws, nothing has changed. It must not
     * update another value of the same state.
     *
     * @param value the value, from index 0 to capacity, valid during the call only; what it holds at the end is the new
     *     value
     */
    void update(MutableDirectBuffer value);
}

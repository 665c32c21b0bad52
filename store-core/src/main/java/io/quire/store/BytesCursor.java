/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import org.agrona.DirectBuffer;

/**
 * Walk over the entries of a state of bytes, see {@link BytesState#cursor}. Close it when it is not walked to its end.
 *
 * <p>Threading: confined to the store's writer.
 */
public abstract class BytesCursor implements AutoCloseable {
    BytesCursor() {}

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     * @throws IllegalStateException when the state was dropped, or got its first time to live, since the cursor was
     *     made, unless the cursor was closed
     */
    public abstract boolean next();

    /** {@return key of the current entry; the same view each time, valid until the next write to the store} */
    public abstract DirectBuffer key();

    /** {@return value of the current entry; the same view each time, valid until the next write to the store} */
    public abstract DirectBuffer value();

    /** Ends the walk. Closing again does nothing. */
    @Override
    public abstract void close();
}

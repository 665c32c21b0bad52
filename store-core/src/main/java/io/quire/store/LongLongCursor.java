/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Walk over the entries of a {@link LongLongState}, see {@link LongLongState#cursor}.
 *
 * <p>Threading: confined to the store's writer.
 */
public abstract class LongLongCursor {
    LongLongCursor() {}

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     */
    public abstract boolean next();

    /** {@return key of the current entry} */
    public abstract long key();

    /** {@return value that the current entry had at the last step} */
    public abstract long value();
}

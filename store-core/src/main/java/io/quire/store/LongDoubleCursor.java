/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

/**
 * Walk over the entries of a {@link LongDoubleState}, see {@link LongLongState#cursor}.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class LongDoubleCursor {
    private final LongLongCursor cursor;

    LongDoubleCursor(final LongLongCursor cursor) {
        this.cursor = cursor;
    }

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     */
    public boolean next() {
        return cursor.next();
    }

    /** {@return key of the current entry} */
    public long key() {
        return cursor.key();
    }

    /** {@return value that the current entry had at the last step} */
    public double value() {
        return Double.longBitsToDouble(cursor.value());
    }
}

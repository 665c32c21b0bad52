/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.FixedTableCursor;

/**
 * Walk over the entries of a {@link LongLongState}, see {@link LongLongState#cursor}.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class LongLongCursor {
    private final StateStore store;
    private final FixedTableCursor cursor;

    LongLongCursor(final StateStore store, final FixedTableCursor cursor) {
        this.store = store;
        this.cursor = cursor;
    }

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     */
    public boolean next() {
        store.beforeRead();
        return cursor.next();
    }

    /** {@return key of the current entry} */
    public long key() {
        return cursor.key();
    }

    /** {@return value that the current entry had at the last step} */
    public long value() {
        return cursor.value();
    }
}

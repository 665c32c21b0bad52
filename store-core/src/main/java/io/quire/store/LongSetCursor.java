/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesCursor;

/**
 * Walk over the keys of a {@link LongSetState}, see {@link LongSetState#cursor}.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class LongSetCursor {
    private final LongSetState state;
    private final StateStore store;
    private final FixedBytesCursor cursor;
    private final byte[] keyBytes = new byte[Long.BYTES];

    LongSetCursor(final LongSetState state, final StateStore store) {
        this.state = state;
        this.store = store;
        cursor = state.table.cursor();
    }

    /**
     * Goes to the next key.
     *
     * @return false when there is none
     */
    public boolean next() {
        store.beforeRead();
        do {
            if (!cursor.next()) {
                return false;
            }
        } while (!state.isLive(cursor.entry()));
        state.table.copyKey(cursor.entry(), keyBytes, RawMemory.ARRAY_OFFSET);
        return true;
    }

    /** {@return the current key} */
    public long key() {
        return RawMemory.getLong(keyBytes, RawMemory.ARRAY_OFFSET);
    }
}

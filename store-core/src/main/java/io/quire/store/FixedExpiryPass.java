/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.StateStoreException;
import io.quire.store.table.FixedBytesCursor;
import io.quire.store.table.FixedBytesTable;

/**
 * Removes entries that have expired from a table of fixed widths.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FixedExpiryPass extends ExpiryPass {
    private final FixedBytesTable table;
    private final FixedBytesCursor entries;

    FixedExpiryPass(final KeyedState state, final FixedBytesTable table) {
        super(state);
        this.table = table;
        entries = table.cursor(state.store.expiryCleaner().keys(table.cursorLength()));
    }

    @Override
    boolean step() {
        if (!entries.next()) {
            return false;
        }
        final long entry = entries.entry();
        if (isExpired(table.valuePointer(entry), table.valueLength())) {
            table.copyKey(entry, key, AT);
            state.store.beforeWrite();
            try {
                table.remove(key, AT);
            } catch (final StateStoreException | Error e) {
                throw state.store.changeFailed(e);
            }
            state.log.remove(state.id, key, AT, table.keyLength());
            removed(1);
        }
        return true;
    }

    @Override
    void close() {
        // The cursor keeps nothing.
    }
}

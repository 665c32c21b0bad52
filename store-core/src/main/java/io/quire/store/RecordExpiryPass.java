/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Removes values that have expired.
 *
 * <p>Threading: confined to the store's writer.
 */
final class RecordExpiryPass extends ExpiryPass {
    private final BytesState bytes;
    private final RecordTable table;
    private final RecordTableCursor records;
    private final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);

    /** Of a state as the store knows it, and its bytes, which may be the same. */
    RecordExpiryPass(final KeyedState state, final BytesState bytes) {
        super(state);
        this.bytes = bytes;
        table = bytes.table();
        records = table.cursor(KeyGroupRange.ALL, state.store.expiryCleaner().slots());
    }

    @Override
    boolean step() {
        if (!records.next()) {
            return false;
        }
        final long record = records.record();
        if (isExpired(table.valuePointer(record), table.valueLength(record))) {
            final int keyLength = table.keyLength(record);
            copyKey(table.keyPointer(record), keyLength);
            keyView.wrap(key, 0, keyLength);
            bytes.remove(keyView, 0, keyLength);
            removed(1);
        }
        return true;
    }

    @Override
    void close() {
        records.close();
    }
}

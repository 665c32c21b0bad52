/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.MapDescriptor;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;

/**
 * Removes entries of maps that have expired, but for those of a map that a walk is under way over.
 *
 * <p>Threading: confined to the store's writer.
 */
final class MapExpiryPass extends ExpiryPass {
    private final BytesMapState bytes;
    private final MapTable table;
    private final RecordTable entries;
    private final RecordTableCursor records;

    MapExpiryPass(final BytesMapState bytes) {
        super(bytes);
        this.bytes = bytes;
        table = bytes.table();
        entries = table.entries();
        records = entries.cursor(KeyGroupRange.ALL, bytes.store.expiryCleaner().slots());
    }

    @Override
    boolean step() {
        if (!records.next()) {
            return false;
        }
        final long entry = records.record();
        if (isExpired(table.valuePointer(entry), table.valueLength(entry))) {
            final int length = entries.keyLength(entry);
            copyKey(entries.keyPointer(entry), length);
            if (bytes.expiry.isWalkedOver(key, MapDescriptor.mapKeyLength(key, AT, length))) {
                leave();
            } else {
                bytes.remove(key, AT, length);
                removed(1);
            }
        }
        return true;
    }

    @Override
    void close() {
        records.close();
    }
}

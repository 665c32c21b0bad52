/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ListCursor;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;

/**
 * Removes elements that have expired from the front of lists, where the oldest ones are, but for lists that a walk is
 * under way over. One that stands behind a younger one, because lists were merged, is removed after that.
 *
 * <p>Threading: confined to the store's writer.
 */
final class ListExpiryPass extends ExpiryPass {
    /** Elements that one step removes at most. */
    static final int STEP_ELEMENTS = 256;

    private final BytesListState bytes;
    private final RecordTable heads;
    private final RecordTableCursor records;
    private int keyLength;
    private boolean inList;

    ListExpiryPass(final BytesListState bytes) {
        super(bytes);
        this.bytes = bytes;
        heads = bytes.table().heads();
        records = heads.cursor(KeyGroupRange.ALL, bytes.store.expiryCleaner().slots());
    }

    @Override
    boolean step() {
        if (!inList) {
            if (!records.next()) {
                return false;
            }
            keyLength = heads.keyLength(records.record());
            copyKey(heads.keyPointer(records.record()), keyLength);
        }
        final int expired = countExpired();
        inList = expired == STEP_ELEMENTS; // there may be more
        if (expired > 0 && bytes.expiry.isWalkedOver(key, keyLength)) {
            leave();
            inList = false;
        } else if (expired > 0) {
            bytes.removeFirst(key, AT, keyLength, expired);
            removed(expired);
        }
        return true;
    }

    private int countExpired() {
        final ListCursor cursor = bytes.table().scan(key, AT, keyLength);
        int expired = 0;
        while (expired < STEP_ELEMENTS && cursor.next() && isExpired(cursor.elementPointer(), cursor.elementLength())) {
            expired++;
        }
        return expired;
    }

    @Override
    void close() {
        records.close();
    }
}

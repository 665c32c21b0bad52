/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.RawMemory;

/**
 * Iteration over a {@link FixedBytesTable} that tolerates any writes between its steps, with the guarantees of {@link
 * FixedTableCursor}: an entry that stays is seen exactly once, none twice, one that is removed before its turn not at
 * all.
 *
 * <p>It goes by ranges of hashes: entering a range it copies the keys that a segment holds at that moment and goes on
 * after the range, whatever has become of the segment by then.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class FixedBytesCursor {
    private final FixedBytesTable table;
    private final int keyLength;
    private final byte[] keys;
    private int index;
    private int count;
    private long position;
    private boolean atEnd;
    private long entry;

    FixedBytesCursor(final FixedBytesTable table, final int keyLength, final byte[] keys) {
        this.table = table;
        this.keyLength = keyLength;
        this.keys = keys;
    }

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     */
    public boolean next() {
        while (true) {
            while (index < count) {
                final long found = table.find(keys, RawMemory.ARRAY_OFFSET + (long) index * keyLength);
                index++;
                if (found != FixedBytesTable.NOT_FOUND) {
                    entry = found;
                    return true;
                }
            }
            if (atEnd) {
                return false;
            }
            index = 0;
            count = 0; // nothing is seen twice even if the next line throws
            count = table.copyKeys(position, keys);
            position = table.nextPosition(position);
            atEnd = position == 0;
        }
    }

    /** {@return address of the current entry; valid until the next insert or remove} */
    public long entry() {
        return entry;
    }
}

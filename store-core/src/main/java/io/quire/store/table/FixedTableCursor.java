/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedSlotDescriptor.SLOT_COUNT;

/**
 * Iteration over a {@link FixedTable} that tolerates any writes between its steps, also those that split and merge
 * segments.
 *
 * <p>An entry that is present from the first step to the last is seen exactly once. None is seen twice, not even one
 * that is removed and inserted again. One that is removed before the cursor gets to it is not seen; one that is
 * inserted meanwhile may be. The value is that of the moment of the step. After {@link FixedTable#clear} the
 * iteration ends with the keys that it has not seen and that have come back.
 *
 * <p>It goes by ranges of hashes: entering a range it copies the hashes that a segment holds at that moment and goes on
 * after the range, whatever has become of the segment by then.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class FixedTableCursor {
    private final FixedTable table;
    private final long[] hashes = new long[SLOT_COUNT + 1];
    private int index;
    private int count;
    private long position;
    private boolean atEnd;
    private long key;
    private long value;

    FixedTableCursor(final FixedTable table) {
        this.table = table;
    }

    /**
     * Goes to the next entry.
     *
     * @return false when there is none
     */
    public boolean next() {
        while (true) {
            while (index < count) {
                final long hash = hashes[index++];
                if (table.containsHash(hash)) {
                    key = table.keyOf(hash);
                    value = table.valueOf(hash);
                    return true;
                }
            }
            if (atEnd) {
                return false;
            }
            index = 0;
            count = 0; // nothing is seen twice even if the next line throws
            count = table.copyHashes(position, hashes);
            position = table.nextPosition(position);
            atEnd = position == 0;
        }
    }

    /** {@return key of the current entry} */
    public long key() {
        return key;
    }

    /** {@return value that the current entry had at the last step} */
    public long value() {
        return value;
    }
}

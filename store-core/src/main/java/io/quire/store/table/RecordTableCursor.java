/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordSlotDescriptor.SLOT_COUNT;

/**
 * Iteration over a {@link RecordTable} that tolerates any writes between its steps, also those that split and merge
 * segments.
 *
 * <p>An entry that is present from the first step to the last is seen exactly once, with the record it has at the
 * moment of the step. None is seen twice, not even one that is removed and inserted again. One that is removed before
 * the cursor gets to it is not seen; one that is inserted meanwhile may be. {@link RecordTable#clear} ends the
 * iteration; after {@link RecordTable#drop} it cannot go on.
 *
 * <p>An iteration over some key groups does the same with their entries only.
 *
 * <p>It goes by ranges of hashes: entering a range it copies the slots of a segment at that moment and goes on after
 * the range, whatever has become of the segment by then. The table tells it which of the records it holds have gone.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class RecordTableCursor implements AutoCloseable {
    /** Slots that a cursor keeps, those of a segment. */
    public static final int SLOTS = SLOT_COUNT;

    private static final long REMOVED = -1; // no slot: its record address would be out of range

    private final RecordTable table;
    private final KeyGroupRange range;
    private final long[] slots;
    private int index = SLOT_COUNT;
    private long rangeStart;
    private long position; // where the next range begins, 0 = past the last hash
    private boolean atEnd;
    private boolean closed;
    private long record;
    private RecordTableCursor nextOpen;

    RecordTableCursor(
            final RecordTable table, final KeyGroupRange range, final long[] slots, final RecordTableCursor nextOpen) {
        this.table = table;
        this.range = range;
        this.slots = slots;
        this.nextOpen = nextOpen;
        position = range.firstHash();
    }

    RecordTableCursor nextOpen() {
        return nextOpen;
    }

    void nextOpen(final RecordTableCursor cursor) {
        nextOpen = cursor;
    }

    /**
     * Goes to the next entry; closes the cursor when there is none.
     *
     * @return false when there is none
     * @throws IllegalStateException when the table has been dropped, unless the cursor was closed
     */
    public boolean next() {
        if (closed) {
            return false;
        }
        while (true) {
            while (index < SLOT_COUNT) {
                final long slot = slots[index++];
                if (slot != 0 && slot != REMOVED) {
                    record = RecordSlotDescriptor.record(slot);
                    return true;
                }
            }
            if (atEnd) {
                close();
                return false;
            }
            enterNextRange();
        }
    }

    private void enterNextRange() {
        final long start = position;
        table.copySlots(start, slots);
        if (table.beginsBefore(start) || !table.isWithin(start, range)) {
            leaveOutOthers(start);
        }
        rangeStart = start;
        position = table.nextPosition(start);
        atEnd = range.endsBefore(position);
        index = 0;
    }

    /**
     * A segment may begin before the range that comes next, after a merge, and reach out of the key groups wanted at
     * both their ends. Rare; reads the records.
     */
    private void leaveOutOthers(final long start) {
        for (int i = 0; i < SLOT_COUNT; i++) {
            if (slots[i] != 0) {
                final long hash = table.hashOf(RecordSlotDescriptor.record(slots[i]));
                if (Long.compareUnsigned(hash, start) < 0 || !range.containsHash(hash)) {
                    slots[i] = REMOVED;
                }
            }
        }
    }

    /** Notes that the record of a hash has another address, or none ({@link RecordTable#NOT_FOUND}). */
    void recordMoved(final long hash, final long oldRecord, final long newRecord) {
        if (index == SLOT_COUNT
                || Long.compareUnsigned(hash, rangeStart) < 0
                || (position != 0 && Long.compareUnsigned(hash, position) >= 0)) {
            return;
        }
        // The copy is probed like the segment it was made from; what was removed keeps its place.
        int i = RecordSlotDescriptor.homeIndex(hash);
        while (slots[i] != 0 && (slots[i] == REMOVED || RecordSlotDescriptor.record(slots[i]) != oldRecord)) {
            i = i + 1 == SLOT_COUNT ? 0 : i + 1;
        }
        if (slots[i] != 0) {
            slots[i] = newRecord == RecordTable.NOT_FOUND
                    ? REMOVED
                    : RecordSlotDescriptor.slot(slots[i] & ~RecordSlotDescriptor.RECORD_MASK, newRecord);
        }
    }

    /** Makes the next step go to the directory, which says that the table has been dropped. */
    void tableDropped() {
        index = SLOT_COUNT;
        atEnd = false;
    }

    /** {@return address of the current record; valid until it is removed or replaced} */
    public long record() {
        return record;
    }

    /** Ends the iteration. Closing again does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            table.closed(this);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordDescriptor.HEADER_LENGTH;
import static io.quire.store.table.RecordDescriptor.KEY_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.KEY_OFFSET;
import static io.quire.store.table.RecordDescriptor.VALUE_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.valueOffset;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_LENGTH;

import io.quire.store.memory.ExtentSequences;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads a {@link RecordTable} on another thread while the writer changes it. Nothing is locked and nothing written: a
 * value is copied out and believed when neither slot nor record have changed meanwhile, and copied again otherwise.
 *
 * <p>A record is covered by the number of the segment that its slot is in, because it is changed, freed or given to
 * another key only together with that slot or after it; a long one by the number of its own first extent.
 *
 * <p>A read returns what the table held at one moment during the call. Methods throw what {@link ReadSession} says,
 * {@link IllegalStateException} after the table was dropped, and what loading a page after recovery throws.
 *
 * <p>Threading: confined to the reading thread.
 */
public class RecordTableReader extends TableReader {
    /** What {@link #get} returns for an absent key. */
    public static final int NOT_FOUND = -1;

    static final int CHANGED = -2;

    private final Directory directory;
    private final long[] touchedSlots = new long[RecordTable.BATCH_COUNT_MAX];

    // What findRecord has found: the record, and who tells when its value changes.
    private long foundRecord;
    private boolean foundLong;
    private long foundCounter;
    private long foundSequence;

    RecordTableReader(
            final PagedMemory memory, final Directory directory, final KeyHash keyHash, final ReadSession session) {
        super(memory, directory, keyHash, session);
        this.directory = directory;
    }

    /**
     * Copies the value of a key to a buffer. Allocates nothing, unless an expandable buffer has to grow.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param value takes the value; after {@link #NOT_FOUND} or an exception its content is undefined
     * @param valueOffset where its first byte goes
     * @return bytes of the value, or {@link #NOT_FOUND}
     * @throws IllegalArgumentException when the value does not fit
     */
    public int get(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final MutableDirectBuffer value,
            final int valueOffset) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        session.enter();
        try {
            int failures = 0;
            while (true) {
                final int length = findContent(hash, keyBase, keyOffset, keyLength);
                if (length == NOT_FOUND) {
                    return NOT_FOUND;
                }
                if (length != CHANGED) {
                    makeRoom(value, valueOffset, length);
                    if (copyValue(keyLength, length, value.byteArray(), value.addressOffset() + valueOffset)) {
                        return length;
                    }
                }
                session.failed(++failures);
            }
        } finally {
            session.leave();
        }
    }

    /**
     * Length of the value of a key. Allocates nothing.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return bytes of the value, or {@link #NOT_FOUND}
     */
    public int valueLength(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        session.enter();
        try {
            int failures = 0;
            while (true) {
                final int length = findContent(hash, keyBase, keyOffset, keyLength);
                if (length != CHANGED) {
                    return length;
                }
                session.failed(++failures);
            }
        } finally {
            session.leave();
        }
    }

    /**
     * Brings what reading several keys will need into the caches, so that the misses overlap. Nothing else is the
     * result. Allocates nothing.
     *
     * @param keyBase byte array or null that holds the keys
     * @param keyOffset offset in the array or native pointer of where key offsets count from
     * @param keyOffsets key i begins at offset i and ends at offset i + 1
     * @param from index of the first key
     * @param count keys, at most {@link RecordTable#BATCH_COUNT_MAX}
     */
    public void touchAll(
            final byte[] keyBase, final long keyOffset, final int[] keyOffsets, final int from, final int count) {
        session.enter();
        try {
            for (int i = 0; i < count; i++) {
                final int start = keyOffsets[from + i];
                final long hash = keyHash.ofBytes(keyBase, keyOffset + start, keyOffsets[from + i + 1] - start);
                touchedSlots[i] = touch(hash, RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.homeIndex(hash)));
            }
            long all = 0;
            for (int i = 0; i < count; i++) {
                if (touchedSlots[i] != 0) {
                    all ^= touchRecord(RecordSlotDescriptor.record(touchedSlots[i]));
                }
            }
            touched = all;
        } finally {
            session.leave();
        }
    }

    private static void makeRoom(final MutableDirectBuffer value, final int valueOffset, final int length) {
        if (value.isExpandable() && valueOffset >= 0) {
            value.checkLimit(valueOffset + length);
        } else if (valueOffset < 0 || length > value.capacity() - valueOffset) {
            throw doesNotFit(value, valueOffset, length);
        }
    }

    private static IllegalArgumentException doesNotFit(
            final DirectBuffer value, final int valueOffset, final int length) {
        return new IllegalArgumentException("value does not fit into the buffer: valueLength=" + length + " capacity="
                + value.capacity() + " offset=" + valueOffset);
    }

    /**
     * Looks for a key and keeps its record.
     *
     * @return bytes of the value that are to be seen, which can be believed; {@link #NOT_FOUND}, which can be too; or
     *     {@link #CHANGED}
     */
    int findContent(final long hash, final byte[] keyBase, final long keyOffset, final int keyLength) {
        return locate(hash) ? findRecord(hash, keyBase, keyOffset, keyLength) : CHANGED;
    }

    /**
     * Looks for a key in the segment last located and keeps its record.
     *
     * @return bytes of the value, which can be believed; {@link #NOT_FOUND}, which can be too; or {@link #CHANGED}
     */
    final int findRecord(final long hash, final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long header = RecordSlotDescriptor.header(hash, depth());
        int offset = RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.home(header));
        long page = pageOf(offset);
        for (int count = 0; count < SLOT_COUNT; count++) {
            final long slot = RawMemory.getLong(page + offset);
            if (slot == 0) {
                return unchanged() ? NOT_FOUND : CHANGED;
            }
            if (RecordSlotDescriptor.matches(slot, header)) {
                RawMemory.loadFence(); // a new slot is seen only with its whole record
                final long record = RecordSlotDescriptor.record(slot);
                if (hasKey(record, keyBase, keyOffset, keyLength)) {
                    return keepRecord(record, keyLength);
                }
            }
            offset += SLOT_LENGTH;
            if (Segments.isPageStart(offset)) {
                offset = Segments.wrap(offset);
                page = pageOf(offset);
            }
        }
        if (unchanged()) {
            throw Segments.noEmptySlot(segment());
        }
        return CHANGED;
    }

    private boolean hasKey(final long record, final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long pointer = pointer(record, HEADER_LENGTH + keyLength);
        return pointer != 0
                && RawMemory.getInt(pointer + KEY_LENGTH_OFFSET) == keyLength
                && RawMemory.equal(keyBase, keyOffset, pointer + KEY_OFFSET, keyLength);
    }

    private int keepRecord(final long record, final int keyLength) {
        int length = valueLength(record);
        foundRecord = record;
        foundLong = isLong(keyLength, length);
        if (foundLong) {
            foundCounter = memory.sequences().counter(record);
            foundSequence = ExtentSequences.read(foundCounter);
            length = valueLength(record); // once more, now that a change of it would be noticed
            if (ExtentSequences.isChanging(foundSequence) || !ExtentSequences.unchanged(foundCounter, foundSequence)) {
                return CHANGED;
            }
        }
        return unchanged() && length >= 0 && length <= RecordTable.MAX_VALUE_LENGTH ? length : CHANGED;
    }

    private int valueLength(final long record) {
        return RawMemory.getInt(memory.forSharedRead(record, HEADER_LENGTH) + VALUE_LENGTH_OFFSET);
    }

    /** Whether a record has extents of its own. */
    static boolean isLong(final int keyLength, final int valueLength) {
        return (long) valueOffset(keyLength) + valueLength > SizeClasses.BLOCK_LENGTH_MAX;
    }

    /** Copies the value of the record last found; false when it has changed. */
    private boolean copyValue(final int keyLength, final int length, final byte[] targetBase, final long targetOffset) {
        if (length > 0) {
            final long pointer = pointer(foundRecord + valueOffset(keyLength), length);
            if (pointer == 0) {
                return false;
            }
            if (length == Long.BYTES) { // which the writer may overwrite without notice, in one store
                RawMemory.putLong(targetBase, targetOffset, RawMemory.getLong(pointer));
            } else {
                RawMemory.copy(null, pointer, targetBase, targetOffset, length);
            }
        }
        return recordUnchanged();
    }

    /** Whether what was read of the record last found can be believed. */
    final boolean recordUnchanged() {
        return foundLong ? ExtentSequences.unchanged(foundCounter, foundSequence) : unchanged();
    }

    /** Address of the record last found. */
    final long foundRecord() {
        return foundRecord;
    }

    /**
     * Passes every entry to a consumer while the writer changes the table. An entry that is present from the beginning
     * to the end is seen exactly once, also when its value is replaced, and none is seen twice; one that is inserted or
     * removed meanwhile may be seen or not. Each value is of a moment during the call.
     *
     * <p>The consumer gets copies, and the thread is not inside the memory while it runs: it may take its time, and
     * read through this reader. Allocates 128 KiB, and more when records are longer.
     *
     * @param consumer takes each entry once
     */
    public final void forEach(final EntryConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Passes the entries of some key groups to a consumer, as {@link #forEach(EntryConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final EntryConsumer consumer) {
        new RecordTableScan(memory, directory, keyHash, session, consumer).run(range);
    }

    /** Takes copies of entries. */
    @FunctionalInterface
    public interface EntryConsumer {
        /**
         * Takes an entry.
         *
         * @param bytes holds key and value during the call
         * @param keyOffset index of the first byte of the key
         * @param keyLength its bytes
         * @param valueOffset index of the first byte of the value
         * @param valueLength its bytes
         */
        void accept(byte[] bytes, int keyOffset, int keyLength, int valueOffset, int valueLength);
    }
}

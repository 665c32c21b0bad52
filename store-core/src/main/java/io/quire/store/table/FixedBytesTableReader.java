/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedBytesShape.HASH_OFFSET;
import static io.quire.store.table.FixedBytesShape.ZERO_SLOT_OFFSET;
import static io.quire.store.table.SegmentDescriptor.FLAGS_OFFSET;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Reads a {@link FixedBytesTable} on another thread while the writer changes it. Nothing is locked and nothing written:
 * what was copied is believed when the segment has not changed meanwhile, and copied again otherwise.
 *
 * <p>A read returns what the table held at one moment during the call, all of a value of the same moment. Methods throw
 * what {@link ReadSession} says, {@link IllegalStateException} after the table was dropped, and what loading a page
 * after recovery throws.
 *
 * <p>Threading: confined to the reading thread.
 */
public class FixedBytesTableReader extends TableReader {
    static final int ABSENT = 0;

    final FixedBytesShape shape;

    FixedBytesTableReader(
            final PagedMemory memory,
            final Directory directory,
            final KeyHash keyHash,
            final ReadSession session,
            final FixedBytesShape shape) {
        super(memory, directory, keyHash, session);
        this.shape = shape;
    }

    /**
     * Copies the value of a key. Allocates nothing.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param valueBase byte array or null
     * @param valueOffset offset in the array or native pointer of room for the value; what it holds when the key is
     *     absent, and after an exception, is undefined
     * @return whether the key is present
     */
    public boolean get(final byte[] keyBase, final long keyOffset, final byte[] valueBase, final long valueOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        session.enter();
        try {
            int failures = 0;
            while (true) {
                if (locate(hash)) {
                    final int slot = findInSegment(hash, keyBase, keyOffset);
                    if (slot != ABSENT) {
                        copyValue(slot, valueBase, valueOffset);
                    }
                    if (unchanged()) {
                        return slot != ABSENT;
                    }
                }
                session.failed(++failures);
            }
        } finally {
            session.leave();
        }
    }

    /**
     * Tells whether a key is present. Allocates nothing.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @return whether it is
     */
    public boolean containsKey(final byte[] keyBase, final long keyOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        session.enter();
        try {
            int failures = 0;
            while (true) {
                if (locate(hash)) {
                    final int slot = findInSegment(hash, keyBase, keyOffset);
                    if (unchanged()) {
                        return slot != ABSENT;
                    }
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
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer of the first key, which the others follow without a gap
     * @param count keys, at most {@link FixedBytesTable#BATCH_COUNT_MAX} for what the processor can do at once
     */
    public void touchAll(final byte[] keyBase, final long keyOffset, final int count) {
        session.enter();
        try {
            long all = 0;
            for (int i = 0; i < count; i++) {
                final long hash = keyHash.ofFixed(keyBase, keyOffset + (long) i * shape.keyLength, shape.keyLength);
                all ^= touch(hash, shape.homeOffset(hash));
            }
            touched = all;
        } finally {
            session.leave();
        }
    }

    /**
     * Looks for a key in the segment last located; to be believed when that is unchanged.
     *
     * @return offset of its slot, all of which is loaded, or {@link #ABSENT}
     */
    final int findInSegment(final long hash, final byte[] keyBase, final long keyOffset) {
        if (shape.isZeroKey(hash, keyBase, keyOffset)) {
            final long header = memory.forSharedRead(segment(), ZERO_SLOT_OFFSET + shape.slotLength);
            return FixedBytesSegments.hasZero(header) ? ZERO_SLOT_OFFSET : ABSENT;
        }
        int offset = shape.homeOffset(hash);
        int loadedEnd = 0;
        long pointer = 0; // to the segment
        for (int count = 0; count < shape.slotCount; count++) {
            if (offset + shape.slotLength > loadedEnd) {
                pointer = memory.forSharedRead(segment() + offset, shape.slotLength) - offset;
                loadedEnd = pageEnd(offset + shape.slotLength);
            }
            final long found = RawMemory.getLong(pointer + offset + HASH_OFFSET);
            if (found == hash && shape.hasRest(pointer + offset, keyBase, keyOffset)) {
                return offset;
            }
            if (found == 0 && shape.isRestZero(pointer + offset)) {
                return ABSENT;
            }
            offset += shape.slotLength;
            if (offset == shape.endOffset) {
                offset = shape.firstSlotOffset;
                loadedEnd = 0;
            }
        }
        if (unchanged()) {
            throw Segments.noEmptySlot(segment());
        }
        return ABSENT;
    }

    private static int pageEnd(final int offset) {
        return (offset + PageDescriptor.PAGE_LENGTH - 1) & -PageDescriptor.PAGE_LENGTH;
    }

    private void copyValue(final int slot, final byte[] valueBase, final long valueOffset) {
        final int length = shape.valueLength;
        if (length == 0) {
            return;
        }
        final long pointer = memory.forSharedRead(segment() + slot, shape.slotLength) + shape.valueOffset;
        if (length == Long.BYTES) { // which the writer may overwrite without notice, in one store
            RawMemory.putLong(valueBase, valueOffset, RawMemory.getLong(pointer));
        } else {
            RawMemory.copy(null, pointer, valueBase, valueOffset, length);
        }
    }

    /**
     * Passes every entry to a consumer while the writer changes the table. An entry that is present from the beginning
     * to the end is seen exactly once, and none is seen twice; one that is inserted or removed meanwhile may be seen or
     * not. Values are of a moment during the call, and entries of one segment (hundreds or thousands) of the same
     * moment, but for values of eight bytes that are overwritten.
     *
     * <p>The consumer gets copies, and the thread is not inside the memory while it runs: it may take its time, and
     * read through this reader. Allocates 64 KiB and a key.
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
        final byte[] copy = new byte[SEGMENT_LENGTH];
        final byte[] key = new byte[shape.keyLength];
        long position = range.firstHash();
        do {
            final long next = copySegmentOf(position, copy);
            if (position == 0 && RawMemory.getInt(copy, RawMemory.ARRAY_OFFSET + FLAGS_OFFSET) != 0) {
                accept(copy, ZERO_SLOT_OFFSET, key, consumer);
            }
            for (int offset = shape.firstSlotOffset; offset < shape.endOffset; offset += shape.slotLength) {
                final long slot = RawMemory.ARRAY_OFFSET + offset;
                final long hash = RawMemory.getLong(copy, slot + HASH_OFFSET);
                if (Long.compareUnsigned(hash, position) >= 0
                        && range.containsHash(hash)
                        && !shape.isEmpty(copy, slot)) {
                    accept(copy, offset, key, consumer);
                }
            }
            position = next;
        } while (!range.endsBefore(position));
    }

    private void accept(final byte[] copy, final int offset, final byte[] key, final EntryConsumer consumer) {
        shape.copyKey(keyHash, copy, RawMemory.ARRAY_OFFSET + offset, key, RawMemory.ARRAY_OFFSET);
        consumer.accept(key, copy, offset + shape.valueOffset);
    }

    /** Takes copies of entries. */
    @FunctionalInterface
    public interface EntryConsumer {
        /**
         * Takes an entry. The arrays are the same each time and hold it during the call.
         *
         * @param key the key
         * @param values holds the value
         * @param valueOffset index of its first byte
         */
        void accept(byte[] key, byte[] values, int valueOffset);
    }
}

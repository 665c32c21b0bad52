/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedSlotDescriptor.HASH_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.FixedSlotDescriptor.VALUE_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.homeIndex;
import static io.quire.store.table.FixedSlotDescriptor.slotOffset;
import static io.quire.store.table.SegmentDescriptor.HEADER_LENGTH;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;
import static io.quire.store.table.SegmentDescriptor.ZERO_VALUE_OFFSET;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Reads a {@link FixedTable} on another thread while the writer changes it. Nothing is locked and nothing written: what
 * was read is believed when the segment has not changed meanwhile, and read again otherwise.
 *
 * <p>A read returns what the table held at one moment during the call. A value that is overwritten needs no check at
 * all, since it is eight aligned bytes. Methods throw what {@link ReadSession} says, {@link IllegalStateException}
 * after the table was dropped, and what loading a page after recovery throws.
 *
 * <p>Threading: confined to the reading thread.
 */
public final class FixedTableReader extends TableReader implements LongLongTableReader {
    private long foundValue;

    FixedTableReader(
            final PagedMemory memory, final Directory directory, final KeyHash keyHash, final ReadSession session) {
        super(memory, directory, keyHash, session);
    }

    @Override
    public long get(final long key, final long missing) {
        return find(key) ? foundValue : missing;
    }

    @Override
    public boolean containsKey(final long key) {
        return find(key);
    }

    @Override
    public void getAll(final long[] keys, final int from, final int count, final long[] values, final long missing) {
        session.enter();
        try {
            long all = 0;
            for (int i = from; i < from + count; i++) {
                final long hash = keyHash.ofLong(keys[i]);
                all ^= touch(hash, slotOffset(homeIndex(hash)));
            }
            touched = all;
            for (int i = from; i < from + count; i++) {
                values[i] = findInside(keyHash.ofLong(keys[i])) ? foundValue : missing;
            }
        } finally {
            session.leave();
        }
    }

    private boolean find(final long key) {
        final long hash = keyHash.ofLong(key);
        session.enter();
        try {
            return findInside(hash);
        } finally {
            session.leave();
        }
    }

    private boolean findInside(final long hash) {
        int failures = 0;
        while (true) {
            if (locate(hash)) {
                final boolean found = findInSegment(hash);
                if (unchanged()) {
                    return found;
                }
            }
            session.failed(++failures);
        }
    }

    /** Looks for a hash in the segment last located; keeps its value. To be believed when that is unchanged. */
    private boolean findInSegment(final long hash) {
        if (hash == 0) {
            final long header = pageOf(0);
            foundValue = RawMemory.getLong(header + ZERO_VALUE_OFFSET);
            return FixedSegments.hasZero(header);
        }
        int offset = slotOffset(homeIndex(hash));
        long page = pageOf(offset);
        for (int count = 0; count < SLOT_COUNT; count++) {
            final long found = RawMemory.getLong(page + offset + HASH_OFFSET);
            if (found == hash) {
                foundValue = RawMemory.getLong(page + offset + VALUE_OFFSET);
                return true;
            }
            if (found == 0) {
                return false;
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
        return false;
    }

    @Override
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        final byte[] copy = new byte[SEGMENT_LENGTH];
        long position = range.firstHash();
        do {
            final long next = copySegmentOf(position, copy);
            if (position == 0 && RawMemory.getInt(copy, at(SegmentDescriptor.FLAGS_OFFSET)) != 0) {
                consumer.accept(keyHash.keyOf(0), RawMemory.getLong(copy, at(ZERO_VALUE_OFFSET)));
            }
            for (int offset = HEADER_LENGTH; offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
                final long hash = RawMemory.getLong(copy, at(offset + HASH_OFFSET));
                if (hash != 0 && Long.compareUnsigned(hash, position) >= 0 && range.containsHash(hash)) {
                    consumer.accept(keyHash.keyOf(hash), RawMemory.getLong(copy, at(offset + VALUE_OFFSET)));
                }
            }
            position = next;
        } while (!range.endsBefore(position));
    }

    private static long at(final int offset) {
        return RawMemory.ARRAY_OFFSET + offset;
    }
}

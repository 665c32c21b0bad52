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
public final class FixedTableReader extends TableReader {
    private long foundValue;

    FixedTableReader(
            final PagedMemory memory, final Directory directory, final KeyHash keyHash, final ReadSession session) {
        super(memory, directory, keyHash, session);
    }

    /**
     * Value of a key. Allocates nothing.
     *
     * @param key any key
     * @param missing what to return when the key is absent
     * @return its value or missing
     */
    public long get(final long key, final long missing) {
        return find(key) ? foundValue : missing;
    }

    /**
     * Tells whether a key is present. Allocates nothing.
     *
     * @param key any key
     * @return whether it is
     */
    public boolean containsKey(final long key) {
        return find(key);
    }

    /**
     * Values of several keys, in less time than one by one, because the cache misses overlap. Each is of one moment
     * during the call, not all of the same. Allocates nothing.
     *
     * @param keys any keys
     * @param from index of the first key; its value goes to the same index of values
     * @param count keys, at most {@link FixedTable#BATCH_COUNT_MAX} for what the processor can do at once
     * @param values takes the values
     * @param missing what to put where a key is absent
     */
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

    /**
     * Passes every entry to a consumer while the writer changes the table. An entry that is present from the beginning
     * to the end is seen exactly once, and none is seen twice; one that is inserted or removed meanwhile may be seen or
     * not. Values are of a moment during the call, and entries of one segment (thousands) of the same moment, but for
     * values that are overwritten.
     *
     * <p>The consumer gets copies, and the thread is not inside the memory while it runs: it may take its time, and
     * read through this reader. Allocates 64 KiB.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongLongConsumer consumer) {
        final byte[] copy = new byte[SEGMENT_LENGTH];
        long position = 0;
        do {
            final long next = copySegmentOf(position, copy);
            if (position == 0 && RawMemory.getInt(copy, at(SegmentDescriptor.FLAGS_OFFSET)) != 0) {
                consumer.accept(keyHash.keyOf(0), RawMemory.getLong(copy, at(ZERO_VALUE_OFFSET)));
            }
            for (int offset = HEADER_LENGTH; offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
                final long hash = RawMemory.getLong(copy, at(offset + HASH_OFFSET));
                if (hash != 0 && Long.compareUnsigned(hash, position) >= 0) {
                    consumer.accept(keyHash.keyOf(hash), RawMemory.getLong(copy, at(offset + VALUE_OFFSET)));
                }
            }
            position = next;
        } while (position != 0);
    }

    private static long at(final int offset) {
        return RawMemory.ARRAY_OFFSET + offset;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.lang.invoke.VarHandle;
import java.util.function.LongPredicate;

/**
 * Reads a {@link FixedBytesTable} whose values end with a timestamp, which is not shown: entries that are not to be
 * seen by it count as absent. Value and timestamp are of the same moment.
 *
 * <p>Threading: confined to the reading thread.
 */
final class TimestampedFixedBytesReader extends FixedBytesTableReader {
    private final LongPredicate live;
    private final int contentLength;

    TimestampedFixedBytesReader(
            final PagedMemory memory,
            final Directory directory,
            final KeyHash keyHash,
            final ReadSession session,
            final FixedBytesShape shape,
            final LongPredicate live) {
        super(memory, directory, keyHash, session, shape);
        this.live = live;
        contentLength = shape.valueLength - Long.BYTES;
    }

    @Override
    public boolean get(final byte[] keyBase, final long keyOffset, final byte[] valueBase, final long valueOffset) {
        return find(keyBase, keyOffset, contentLength, valueBase, valueOffset);
    }

    @Override
    public boolean containsKey(final byte[] keyBase, final long keyOffset) {
        return find(keyBase, keyOffset, 0, null, 0);
    }

    private boolean find(
            final byte[] keyBase,
            final long keyOffset,
            final int length,
            final byte[] valueBase,
            final long valueOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        session.enter();
        try {
            int failures = 0;
            while (true) {
                if (locate(hash)) {
                    final int slot = findInSegment(hash, keyBase, keyOffset);
                    final boolean found = slot != ABSENT && copyIfLive(slot, length, valueBase, valueOffset);
                    if (unchanged()) {
                        return found;
                    }
                }
                session.failed(++failures);
            }
        } finally {
            session.leave();
        }
    }

    /** Copies content of a slot; to be believed, and so is what is returned, when the segment is unchanged. */
    private boolean copyIfLive(final int slot, final int length, final byte[] valueBase, final long valueOffset) {
        final long pointer = memory.forSharedRead(segment() + slot, shape.slotLength) + shape.valueOffset;
        if (length > 0) {
            RawMemory.copy(null, pointer, valueBase, valueOffset, length);
        }
        return isLive(live, pointer + contentLength);
    }

    /**
     * Judges a timestamp that the writer may set anew at any moment, in one store that no number counts: what has
     * expired by the clock must still be there after the clock was asked.
     */
    static boolean isLive(final LongPredicate live, final long pointer) {
        long timestampMs = RawMemory.getLong(pointer);
        while (!live.test(timestampMs)) {
            VarHandle.loadLoadFence();
            final long again = RawMemory.getLong(pointer);
            if (again == timestampMs) {
                return false;
            }
            timestampMs = again;
        }
        return true;
    }

    @Override
    public void forEach(final KeyGroupRange range, final EntryConsumer consumer) {
        final byte[] newer = new byte[contentLength];
        super.forEach(range, (key, values, valueOffset) -> {
            if (live.test(RawMemory.getLong(values, RawMemory.ARRAY_OFFSET + valueOffset + contentLength))) {
                consumer.accept(key, values, valueOffset);
            } else if (get(key, RawMemory.ARRAY_OFFSET, newer, RawMemory.ARRAY_OFFSET)) {
                consumer.accept(key, newer, 0); // written since the copy was made, while the consumer took its time
            }
        });
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordDescriptor.valueOffset;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.function.LongPredicate;
import org.agrona.ExpandableArrayBuffer;

/**
 * Reads a {@link RecordTable} whose values end with a timestamp, which is not shown: entries that are not to be seen by
 * it count as absent. Value and timestamp are of the same moment.
 *
 * <p>Threading: confined to the reading thread.
 */
final class TimestampedRecordReader extends RecordTableReader {
    private final LongPredicate live;

    TimestampedRecordReader(
            final PagedMemory memory,
            final Directory directory,
            final KeyHash keyHash,
            final ReadSession session,
            final LongPredicate live) {
        super(memory, directory, keyHash, session);
        this.live = live;
    }

    /** Leaves out the timestamp, and what is not to be seen by it. */
    @Override
    int findContent(final long hash, final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (!locate(hash)) {
            return CHANGED;
        }
        final int length = findRecord(hash, keyBase, keyOffset, keyLength);
        if (length < 0) {
            return length;
        }
        checkTimestamped(length);
        final int contentLength = length - Long.BYTES;
        final long pointer = pointer(foundRecord() + valueOffset(keyLength) + contentLength, Long.BYTES);
        if (pointer == 0) {
            return CHANGED;
        }
        final boolean isLive = TimestampedFixedBytesReader.isLive(live, pointer);
        if (!recordUnchanged()) {
            return CHANGED;
        }
        return isLive ? contentLength : NOT_FOUND;
    }

    private static void checkTimestamped(final int valueLength) {
        if (valueLength < Long.BYTES) {
            throw new CorruptStoreException(
                    "value has no timestamp: valueLength=" + valueLength + "; run 'quire verify'");
        }
    }

    @Override
    public void forEach(final KeyGroupRange range, final EntryConsumer consumer) {
        final ExpandableArrayBuffer newer = new ExpandableArrayBuffer(64);
        super.forEach(range, (bytes, keyOffset, keyLength, valueOffset, valueLength) -> {
            checkTimestamped(valueLength);
            final int contentLength = valueLength - Long.BYTES;
            if (live.test(RawMemory.getLong(bytes, RawMemory.ARRAY_OFFSET + valueOffset + contentLength))) {
                consumer.accept(bytes, keyOffset, keyLength, valueOffset, contentLength);
                return;
            }
            // Or written since the copy was made, while the consumer took its time.
            newer.putBytes(0, bytes, keyOffset, keyLength);
            final int newerLength = get(bytes, RawMemory.ARRAY_OFFSET + keyOffset, keyLength, newer, keyLength);
            if (newerLength != NOT_FOUND) {
                consumer.accept(newer.byteArray(), 0, keyLength, keyLength, newerLength);
            }
        });
    }
}

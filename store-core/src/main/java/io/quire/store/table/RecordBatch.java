/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordDescriptor.KEY_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.KEY_OFFSET;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Finds the records of several keys at once. It goes over all keys step by step (hash, slot, head of the record, key)
 * instead of over the steps key by key, so that within a step no load depends on another and the processor awaits the
 * cache misses of all keys together.
 *
 * <p>Threading: confined to the store's writer.
 */
final class RecordBatch {
    private static final long SEARCH = -1; // what is found at its own pace, in the last step

    private final PagedMemory memory;
    private final Directory directory;
    private final KeyHash keyHash;
    private final long[] hashes = new long[RecordTable.BATCH_COUNT_MAX];
    private final long[] slots = new long[RecordTable.BATCH_COUNT_MAX];
    private final long[] heads = new long[RecordTable.BATCH_COUNT_MAX];

    RecordBatch(final PagedMemory memory, final Directory directory, final KeyHash keyHash) {
        this.memory = memory;
        this.directory = directory;
        this.keyHash = keyHash;
    }

    void findAll(
            final RecordTable table,
            final byte[] keyBase,
            final long keyOffset,
            final int[] keyOffsets,
            final int from,
            final int count,
            final long[] records) {
        for (int i = 0; i < count; i++) {
            final int start = keyOffsets[from + i];
            hashes[i] = keyHash.ofBytes(keyBase, keyOffset + start, keyOffsets[from + i + 1] - start);
        }
        if (memory.hydrating()) {
            for (int i = 0; i < count; i++) {
                records[i] = SEARCH;
            }
        } else {
            loadHomes(count);
            for (int i = 0; i < count; i++) {
                records[i] = candidate(hashes[i], slots[i]);
            }
            loadHeads(records, count);
        }
        for (int i = 0; i < count; i++) {
            final int start = keyOffsets[from + i];
            final int length = keyOffsets[from + i + 1] - start;
            final long record = records[i];
            if (record == SEARCH
                    || (record != RecordTable.NOT_FOUND
                            && !isOf(record, heads[i], keyBase, keyOffset + start, length))) {
                records[i] = table.find(keyBase, keyOffset + start, length);
            }
        }
    }

    private void loadHomes(final int count) {
        for (int i = 0; i < count; i++) {
            final long home = directory.pointer(hashes[i])
                    + RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.homeIndex(hashes[i]));
            slots[i] = RawMemory.getLong(home);
        }
    }

    /** Record that is most likely the one of a hash; its key is not looked at. */
    private long candidate(final long hash, final long homeSlot) {
        final long reference = directory.reference(hash);
        final long header = RecordSlotDescriptor.header(hash, DirectoryDescriptor.depth(reference));
        final long pointer = directory.pointer(hash);
        int offset = RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.home(header));
        long slot = homeSlot;
        while (slot != 0) {
            if (RecordSlotDescriptor.matches(slot, header)) {
                return RecordSlotDescriptor.record(slot);
            }
            offset += SLOT_LENGTH;
            if (offset == SEGMENT_LENGTH) {
                return SEARCH;
            }
            slot = RawMemory.getLong(pointer + offset);
        }
        return RecordTable.NOT_FOUND;
    }

    private void loadHeads(final long[] records, final int count) {
        for (int i = 0; i < count; i++) {
            final long record = records[i];
            heads[i] = record > 0 ? RawMemory.getLong(memory.forRead(record)) : 0;
        }
    }

    private boolean isOf(
            final long record, final long head, final byte[] keyBase, final long keyOffset, final int keyLength) {
        return (int) (head >>> (KEY_LENGTH_OFFSET * Byte.SIZE)) == keyLength
                && RawMemory.equal(keyBase, keyOffset, memory.forRead(record) + KEY_OFFSET, keyLength);
    }
}

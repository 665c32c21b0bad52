/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.RecordSlotDescriptor.slotOffset;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Walks all of a {@link RecordTable}, records included, and compares it with its invariants.
 *
 * <p>Threading: confined to the store's writer.
 */
class RecordTableChecker extends TableChecker {
    private final KeyHash keyHash;
    private long payload;

    RecordTableChecker(
            final PagedMemory memory, final TableRoot root, final Directory directory, final KeyHash keyHash) {
        super(memory, root, directory, ExtentKind.RECORD_SEGMENT, SegmentDescriptor.RECORD_MAGIC);
        this.keyHash = keyHash;
    }

    @Override
    long checkSegment(final long segment, final long pointer, final long prefix, final int depth) {
        int count = 0;
        for (int index = 0; index < SLOT_COUNT; index++) {
            final long slot = RawMemory.getLong(pointer + slotOffset(index));
            if (slot == 0) {
                continue;
            }
            count++;
            final long hash = checkRecord(slot);
            require(DirectoryDescriptor.prefix(hash, depth) == prefix, segment, "entry of another segment");
            requireEqual(segment, "home", RecordSlotDescriptor.home(slot), RecordSlotDescriptor.homeIndex(hash));
            require(RecordSlotDescriptor.tag(slot) != 0, segment, "slot without a tag");
            require(
                    RecordSlotDescriptor.matches(slot, RecordSlotDescriptor.header(hash, depth)),
                    segment,
                    "tag of another hash");
            checkReachable(segment, pointer, slot, index);
        }
        requireEqual(segment, "count", Segments.count(pointer), count);
        require(count < SLOT_COUNT, segment, "no empty slot");
        return count;
    }

    /** Checks the record of a slot; returns its hash. */
    private long checkRecord(final long slot) {
        final long record = RecordSlotDescriptor.record(slot);
        requireInside(record, RecordDescriptor.HEADER_LENGTH);
        final long pointer = memory.forRead(record);
        final int keyLength = RawMemory.getInt(pointer + RecordDescriptor.KEY_LENGTH_OFFSET);
        final int valueLength = RawMemory.getInt(pointer + RecordDescriptor.VALUE_LENGTH_OFFSET);
        require(keyLength >= 0 && keyLength <= RecordTable.MAX_KEY_LENGTH, record, "key length out of range");
        require(valueLength >= 0 && valueLength <= RecordTable.MAX_VALUE_LENGTH, record, "value length out of range");
        final int length = RecordDescriptor.length(keyLength, valueLength);
        requireInside(record, length);
        refer(record, SizeClasses.ofLength(length));
        payload += (long) keyLength + valueLength;
        final int head = RecordDescriptor.valueOffset(keyLength);
        final long key = memory.forRead(record, head) + RecordDescriptor.KEY_OFFSET;
        for (int i = keyLength; i < head - RecordDescriptor.KEY_OFFSET; i++) {
            require(RawMemory.getByte(key + i) == 0, record, "byte between key and value is not zero");
        }
        checkValue(record, keyLength, valueLength);
        return keyHash.ofBytes(null, key, keyLength);
    }

    /** Checks what a value means to what is built on the table. */
    void checkValue(final long record, final int keyLength, final int valueLength) {}

    /** Counts bytes that a value leads to. */
    final void addPayload(final long length) {
        payload += length;
    }

    /** Checks that a search from the slot's home gets there, and that none with the same key comes before. */
    private void checkReachable(final long segment, final long pointer, final long slot, final int index) {
        for (int i = RecordSlotDescriptor.home(slot); i != index; i = i + 1 == SLOT_COUNT ? 0 : i + 1) {
            final long other = RawMemory.getLong(pointer + slotOffset(i));
            require(other != 0, segment, "entry behind an empty slot");
            require(
                    RecordSlotDescriptor.home(other) != RecordSlotDescriptor.home(slot) || !sameKey(other, slot),
                    segment,
                    "key twice");
        }
    }

    private boolean sameKey(final long slot, final long otherSlot) {
        final long record = RecordSlotDescriptor.record(slot);
        final long other = RecordSlotDescriptor.record(otherSlot);
        final int length = RawMemory.getInt(memory.forRead(record) + RecordDescriptor.KEY_LENGTH_OFFSET);
        if (length != RawMemory.getInt(memory.forRead(other) + RecordDescriptor.KEY_LENGTH_OFFSET)) {
            return false;
        }
        return RawMemory.equal(
                null,
                memory.forRead(record, RecordDescriptor.HEADER_LENGTH + length) + RecordDescriptor.KEY_OFFSET,
                memory.forRead(other, RecordDescriptor.HEADER_LENGTH + length) + RecordDescriptor.KEY_OFFSET,
                length);
    }

    @Override
    void checkRecords() {
        requireEqual(root.address(), "payload length", root.payload(), payload);
    }
}

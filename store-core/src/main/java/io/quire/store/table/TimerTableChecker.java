/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Walks the entries of a {@link TimerTable} and its queue and compares them with their invariants.
 *
 * <p>Threading: confined to the store's writer.
 */
final class TimerTableChecker extends RecordTableChecker {
    private final RecordTable entries;
    private long elementCount;
    private long previousTimestamp = Long.MIN_VALUE;
    private long previousSequence; // before the first one that can be

    TimerTableChecker(final PagedMemory memory, final RecordTable entries) {
        super(memory, entries.root, entries.directory, entries.keyHash);
        this.entries = entries;
    }

    @Override
    void checkValue(final long record, final int keyLength, final int valueLength) {
        final long key = memory.forRead(record + RecordDescriptor.KEY_OFFSET, Math.max(1, keyLength));
        require(TimerDescriptor.isEntryKey(null, key, keyLength), record, "key of a timer");
        requireEqual(record, "length of a timer's value", valueLength, TimerDescriptor.VALUE_LENGTH);
    }

    @Override
    void checkRecords() {
        super.checkRecords();
        final long top = root.ownerField(TimerDescriptor.TOP_FIELD);
        if (top != 0) {
            final long pointer = node(top);
            final int level = RawMemory.getInt(pointer + TimerDescriptor.LEVEL_OFFSET);
            require(level >= 0 && level <= TimerDescriptor.LEVEL_MAX, top, "level of a queue's top");
            require(level == 0 || count(pointer) > 1, top, "top of a queue with nothing to choose from");
            checkNode(top, level);
        }
        requireEqual(root.address(), "timers in the queue", elementCount, root.entries());
    }

    private long node(final long node) {
        requireInside(node, TimerDescriptor.NODE_LENGTH);
        return memory.forRead(node, TimerDescriptor.NODE_LENGTH);
    }

    private static int count(final long node) {
        return RawMemory.getInt(node + TimerDescriptor.COUNT_OFFSET);
    }

    /** Checks a node and what is under it, all of which comes behind what was checked before. */
    private void checkNode(final long node, final int level) {
        final long pointer = node(node);
        refer(node, SizeClasses.ofLength(TimerDescriptor.NODE_LENGTH));
        requireEqual(
                node,
                "magic of a queue's node",
                RawMemory.getInt(pointer + TimerDescriptor.MAGIC_OFFSET),
                TimerDescriptor.NODE_MAGIC);
        requireEqual(node, "level", RawMemory.getInt(pointer + TimerDescriptor.LEVEL_OFFSET), level);
        final int start = RawMemory.getInt(pointer + TimerDescriptor.START_OFFSET);
        final int count = count(pointer);
        require(start >= 0 && count >= 1 && count <= TimerDescriptor.COUNT_MAX - start, node, "elements of a node");
        for (int index = 0; index < count; index++) {
            final long element = pointer + TimerDescriptor.placeOffset(start + index);
            final long timestamp = RawMemory.getLong(element + TimerDescriptor.TIMESTAMP_OFFSET);
            final long sequence = RawMemory.getLong(element + TimerDescriptor.SEQUENCE_OFFSET);
            final long address = RawMemory.getLong(element + TimerDescriptor.ADDRESS_OFFSET);
            if (level == 0) {
                require(isAfterPrevious(timestamp, sequence), node, "order of the queue");
                previousTimestamp = timestamp;
                previousSequence = sequence;
                checkTimer(address, timestamp, sequence);
                elementCount++;
            } else {
                if (index > 0) {
                    checkBound(node, timestamp, sequence);
                }
                checkNode(address, level - 1);
            }
        }
    }

    private boolean isAfterPrevious(final long timestamp, final long sequence) {
        return timestamp > previousTimestamp || (timestamp == previousTimestamp && sequence > previousSequence);
    }

    /** What was checked comes before a bound; what comes next must not, so the bound is noted as what it follows. */
    private void checkBound(final long node, final long timestamp, final long sequence) {
        require(isAfterPrevious(timestamp, sequence), node, "bound in the queue");
        previousTimestamp = timestamp;
        previousSequence = sequence - 1;
    }

    private void checkTimer(final long record, final long timestamp, final long sequence) {
        requireInside(record, RecordDescriptor.HEADER_LENGTH);
        final int keyLength = entries.keyLength(record);
        require(keyLength >= 0 && keyLength <= RecordTable.MAX_KEY_LENGTH, record, "key length out of range");
        requireInside(record, RecordDescriptor.length(keyLength, TimerDescriptor.VALUE_LENGTH));
        final long key = entries.keyPointer(record);
        require(entries.find(null, key, keyLength) == record, record, "timer in the queue that is no entry");
        requireEqual(record, "timestamp", TimerDescriptor.timestamp(null, key, keyLength), timestamp);
        requireEqual(
                record,
                "sequence",
                RawMemory.getLong(entries.valuePointer(record) + MapDescriptor.LINKS_LENGTH),
                sequence);
        require(
                sequence > 0 && sequence <= root.ownerField(TimerDescriptor.SEQUENCE_FIELD),
                record,
                "sequence that was never given");
    }
}

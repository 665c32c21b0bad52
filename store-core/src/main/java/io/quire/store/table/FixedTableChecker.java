/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedSlotDescriptor.HASH_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.FixedSlotDescriptor.VALUE_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.homeIndex;
import static io.quire.store.table.FixedSlotDescriptor.slotOffset;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/**
 * Walks all of a {@link FixedTable} and compares it with its invariants.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FixedTableChecker extends TableChecker {
    FixedTableChecker(final PagedMemory memory, final TableRoot root, final Directory directory) {
        super(memory, root, directory, ExtentKind.FIXED_SEGMENT, SegmentDescriptor.FIXED_MAGIC);
    }

    @Override
    long checkSegment(final long segment, final long pointer, final long prefix, final int depth) {
        final long[] hashes = new long[SLOT_COUNT];
        int count = 0;
        for (int index = 0; index < SLOT_COUNT; index++) {
            final long hash = RawMemory.getLong(pointer + slotOffset(index) + HASH_OFFSET);
            if (hash == 0) {
                require(
                        RawMemory.getLong(pointer + slotOffset(index) + VALUE_OFFSET) == 0,
                        segment,
                        "empty slot with a value");
                continue;
            }
            require(DirectoryDescriptor.prefix(hash, depth) == prefix, segment, "entry of another segment");
            checkReachable(segment, pointer, hash, index);
            hashes[count++] = hash;
        }
        requireEqual(segment, "count", Segments.count(pointer), count);
        require(count < SLOT_COUNT, segment, "no empty slot");
        Arrays.sort(hashes, 0, count);
        for (int i = 1; i < count; i++) {
            require(hashes[i - 1] != hashes[i], segment, "key twice");
        }
        if (!FixedSegments.hasZero(pointer)) {
            return count;
        }
        require(prefix == 0, segment, "hash 0 in another segment than the first");
        return count + 1L;
    }

    private void checkReachable(final long segment, final long pointer, final long hash, final int index) {
        for (int i = homeIndex(hash); i != index; i = i + 1 == SLOT_COUNT ? 0 : i + 1) {
            require(
                    RawMemory.getLong(pointer + slotOffset(i) + HASH_OFFSET) != 0,
                    segment,
                    "entry behind an empty slot");
        }
    }

    @Override
    void checkRecords() {
        // Entries are inline.
    }
}

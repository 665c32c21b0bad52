/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedBytesShape.HASH_OFFSET;
import static io.quire.store.table.FixedBytesShape.REST_OFFSET;
import static io.quire.store.table.FixedBytesShape.ZERO_SLOT_OFFSET;

import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashSet;
import java.util.Set;

/**
 * Walks all of a {@link FixedBytesTable} and compares it with its invariants.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FixedBytesTableChecker extends TableChecker {
    private final KeyHash keyHash;
    private final FixedBytesShape shape;

    FixedBytesTableChecker(
            final PagedMemory memory,
            final TableRoot root,
            final Directory directory,
            final KeyHash keyHash,
            final FixedBytesShape shape) {
        super(memory, root, directory, ExtentKind.FIXED_SEGMENT, SegmentDescriptor.FIXED_BYTES_MAGIC);
        this.keyHash = keyHash;
        this.shape = shape;
    }

    @Override
    long checkSegment(final long segment, final long pointer, final long prefix, final int depth) {
        final Set<String> keys = new HashSet<>();
        for (int offset = shape.firstSlotOffset; offset < shape.endOffset; offset += shape.slotLength) {
            final long slot = pointer + offset;
            final long hash = RawMemory.getLong(slot + HASH_OFFSET);
            if (shape.isEmpty(slot)) {
                require(isZero(slot, shape.slotLength), segment, "empty slot with content");
                continue;
            }
            require(DirectoryDescriptor.prefix(hash, depth) == prefix, segment, "entry of another segment");
            checkReachable(segment, pointer, hash, offset);
            checkPadding(segment, slot, hash);
            require(keys.add(keyOf(slot, hash)), segment, "key twice");
        }
        requireEqual(segment, "count", Segments.count(pointer), keys.size());
        require(keys.size() < shape.slotCount, segment, "no empty slot");
        final long zeroSlot = pointer + ZERO_SLOT_OFFSET;
        if (!FixedBytesSegments.hasZero(pointer)) {
            require(isZero(zeroSlot, shape.slotLength), segment, "content in the unused slot of the key of zeros");
            return keys.size();
        }
        require(prefix == 0, segment, "key of hash 0 in another segment than the first");
        require(shape.isEmpty(zeroSlot), segment, "another key in the slot of the key of zeros");
        checkPadding(segment, zeroSlot, 0);
        return keys.size() + 1L;
    }

    private void checkReachable(final long segment, final long pointer, final long hash, final int offset) {
        for (int at = shape.homeOffset(hash); at != offset; at = shape.nextOffset(at)) {
            require(!shape.isEmpty(pointer + at), segment, "entry behind an empty slot");
        }
    }

    private void checkPadding(final long segment, final long slot, final long hash) {
        final long rest = slot + REST_OFFSET;
        final int restEnd = REST_OFFSET + shape.restLength;
        final int valueEnd = shape.valueOffset + shape.valueLength;
        require(
                isZero(slot + restEnd, shape.valueOffset - restEnd)
                        && isZero(slot + valueEnd, shape.slotLength - valueEnd),
                segment,
                "padding that is not zero");
        if (shape.keyLength < Long.BYTES) {
            final long first = keyHash.firstOf(hash, rest, shape.keyLength);
            require(first >>> (shape.keyLength * Byte.SIZE) == 0, segment, "hash of no key of this width");
        }
    }

    private String keyOf(final long slot, final long hash) {
        final StringBuilder key = new StringBuilder(Long.toHexString(hash));
        for (int i = 0; i < shape.restLength; i++) {
            key.append((char) RawMemory.getByte(slot + REST_OFFSET + i));
        }
        return key.toString();
    }

    private static boolean isZero(final long pointer, final int length) {
        for (int i = 0; i < length; i++) {
            if (RawMemory.getByte(pointer + i) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    void checkRecords() {
        // Entries are inline.
    }
}

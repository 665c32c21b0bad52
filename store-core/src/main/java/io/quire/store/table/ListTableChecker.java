/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Walks all of a {@link ListTable}, chunks included, and compares it with its invariants.
 *
 * <p>Threading: confined to the store's writer.
 */
final class ListTableChecker extends RecordTableChecker {
    private long elements;

    ListTableChecker(final PagedMemory memory, final RecordTable heads) {
        super(memory, heads.root, heads.directory, heads.keyHash);
    }

    @Override
    void checkValue(final long record, final int keyLength, final int valueLength) {
        requireEqual(record, "length of a list's head", valueLength, ListDescriptor.HEAD_LENGTH);
        final long pointer = memory.forRead(record + RecordDescriptor.valueOffset(keyLength), valueLength);
        final long count = RawMemory.getLong(pointer + ListDescriptor.COUNT_OFFSET);
        final long last = RawMemory.getLong(pointer + ListDescriptor.LAST_OFFSET);
        final long generation = RawMemory.getLong(pointer + ListDescriptor.GENERATION_OFFSET);
        require(
                generation > 0 && generation <= root.ownerField(ListDescriptor.GENERATION_FIELD),
                record,
                "generation that was never given");
        long found = 0;
        long previous = 0;
        for (long chunk = RawMemory.getLong(pointer + ListDescriptor.FIRST_OFFSET); chunk != 0; ) {
            found += checkChunk(chunk);
            previous = chunk;
            chunk = RawMemory.getLong(memory.forRead(chunk, ListDescriptor.ITEMS_OFFSET) + ListDescriptor.NEXT_OFFSET);
        }
        requireEqual(record, "last chunk", previous, last);
        requireEqual(record, "elements of a list", count, found);
        require(count > 0, record, "list without elements");
        elements += count;
    }

    /** Checks one chunk, which no other list may have; returns its elements. */
    private long checkChunk(final long chunk) {
        requireInside(chunk, ListDescriptor.ITEMS_OFFSET);
        final long header = memory.forRead(chunk, ListDescriptor.ITEMS_OFFSET);
        final int used = RawMemory.getInt(header + ListDescriptor.USED_OFFSET);
        final int length = RawMemory.getInt(header + ListDescriptor.LENGTH_OFFSET);
        require(ListDescriptor.isChunkLength(length), chunk, "length of a chunk");
        require(used > ListDescriptor.ITEMS_OFFSET && used <= length, chunk, "used length of a chunk");
        requireInside(chunk, length);
        refer(chunk, SizeClasses.ofLength(length));
        addPayload((long) used - ListDescriptor.ITEMS_OFFSET);
        final long pointer = memory.forRead(chunk, used);
        long count = 0;
        for (int offset = ListDescriptor.ITEMS_OFFSET; offset < used; count++) {
            final int itemLength = ListDescriptor.itemLength(null, pointer + offset, used - offset);
            require(itemLength > 0, chunk, "item that is not whole");
            offset += itemLength;
        }
        return count;
    }

    @Override
    void checkRecords() {
        super.checkRecords();
        requireEqual(root.address(), "elements of all lists", root.ownerField(ListDescriptor.ELEMENTS_FIELD), elements);
    }
}

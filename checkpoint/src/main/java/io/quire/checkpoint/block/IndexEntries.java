/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/**
 * The entries of a file being written, 24 bytes each outside the heap, in the order they were added; sorted once at
 * the end.
 *
 * <p>Threading: confined to one thread.
 */
final class IndexEntries implements AutoCloseable {
    private static final int PAGE_OFFSET = 0;
    private static final int FIRST_LINE_OFFSET = 4;
    private static final int MASK_OFFSET = 8;
    private static final int BLOCK_POSITION_OFFSET = 16;
    private static final int ENTRY_LENGTH = 24;
    private static final int INITIAL_CAPACITY = 1024;

    private long pointer = RawMemory.allocate((long) INITIAL_CAPACITY * ENTRY_LENGTH);
    private int capacity = INITIAL_CAPACITY;
    private int count;
    private boolean ascending = true;
    private long[] order;

    /**
     * Adds an entry.
     *
     * @param page page number
     * @param mask its lines
     * @param blockPosition position in the file of the block that has them
     * @param firstLine number of its first line in the block
     * @throws CheckpointFailedException when there are more than a file takes
     */
    void add(final int page, final long mask, final long blockPosition, final int firstLine) {
        if (count == capacity) {
            grow();
        }
        if (count > 0 && page <= RawMemory.getInt(entry(count - 1) + PAGE_OFFSET)) {
            ascending = false;
        }
        final long entry = entry(count);
        RawMemory.putInt(entry + PAGE_OFFSET, page);
        RawMemory.putInt(entry + FIRST_LINE_OFFSET, firstLine);
        RawMemory.putLong(entry + MASK_OFFSET, mask);
        RawMemory.putLong(entry + BLOCK_POSITION_OFFSET, blockPosition);
        count++;
    }

    private void grow() {
        if (capacity >= CheckpointFileDescriptor.PAGE_COUNT_MAX) {
            throw new CheckpointFailedException(
                    "a checkpoint file takes at most " + CheckpointFileDescriptor.PAGE_COUNT_MAX + " pages");
        }
        final int newCapacity = capacity * 2;
        final long newPointer = RawMemory.allocate((long) newCapacity * ENTRY_LENGTH);
        RawMemory.copy(pointer, newPointer, (long) count * ENTRY_LENGTH);
        RawMemory.free(pointer);
        pointer = newPointer;
        capacity = newCapacity;
    }

    /**
     * Puts the entries in page order.
     *
     * @throws CheckpointFailedException when a page was added twice
     */
    void sort() {
        if (ascending) {
            return;
        }
        order = new long[count];
        for (int i = 0; i < count; i++) {
            order[i] = ((long) RawMemory.getInt(entry(i) + PAGE_OFFSET) << Integer.SIZE) | i;
        }
        Arrays.sort(order);
        for (int i = 1; i < count; i++) {
            final int page = (int) (order[i] >>> Integer.SIZE);
            if (page == (int) (order[i - 1] >>> Integer.SIZE)) {
                throw new CheckpointFailedException("page " + page + " was captured twice for one checkpoint");
            }
        }
    }

    int count() {
        return count;
    }

    int page(final int i) {
        return RawMemory.getInt(sortedEntry(i) + PAGE_OFFSET);
    }

    long mask(final int i) {
        return RawMemory.getLong(sortedEntry(i) + MASK_OFFSET);
    }

    long blockPosition(final int i) {
        return RawMemory.getLong(sortedEntry(i) + BLOCK_POSITION_OFFSET);
    }

    int firstLine(final int i) {
        return RawMemory.getInt(sortedEntry(i) + FIRST_LINE_OFFSET);
    }

    private long sortedEntry(final int i) {
        return entry(order == null ? i : (int) order[i]);
    }

    private long entry(final int i) {
        return pointer + (long) i * ENTRY_LENGTH;
    }

    @Override
    public void close() {
        RawMemory.free(pointer);
        pointer = 0;
        capacity = 0;
        count = 0;
        order = null;
    }
}

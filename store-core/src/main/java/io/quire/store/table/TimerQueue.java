/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.TimerDescriptor.ADDRESS_OFFSET;
import static io.quire.store.table.TimerDescriptor.COUNT_MAX;
import static io.quire.store.table.TimerDescriptor.COUNT_OFFSET;
import static io.quire.store.table.TimerDescriptor.ELEMENT_LENGTH;
import static io.quire.store.table.TimerDescriptor.HEADER_LENGTH;
import static io.quire.store.table.TimerDescriptor.LEVEL_MAX;
import static io.quire.store.table.TimerDescriptor.LEVEL_OFFSET;
import static io.quire.store.table.TimerDescriptor.MAGIC_OFFSET;
import static io.quire.store.table.TimerDescriptor.MERGED_COUNT_MAX;
import static io.quire.store.table.TimerDescriptor.NODE_LENGTH;
import static io.quire.store.table.TimerDescriptor.NODE_MAGIC;
import static io.quire.store.table.TimerDescriptor.SEQUENCE_OFFSET;
import static io.quire.store.table.TimerDescriptor.START_OFFSET;
import static io.quire.store.table.TimerDescriptor.TIMESTAMP_OFFSET;
import static io.quire.store.table.TimerDescriptor.TOP_FIELD;
import static io.quire.store.table.TimerDescriptor.placeOffset;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * The order of the timers of a {@link TimerTable}: a B+ tree (Knuth vol. 3, 6.2.4) of small nodes in the heap of its
 * entries, see {@link TimerDescriptor}. Every operation takes time in proportion to its height, and changes one leaf
 * but for splits and merges. Taking the first element changes two lines.
 *
 * <p>A full node is split in half; at the right end of the tree nothing is moved, so that timers that are registered in
 * the order of time fill their nodes. A node that is at most half full is merged with a neighbour under the same parent
 * when both fit into three quarters of one; one that becomes empty is freed. So of two neighbours one at least is more
 * than a third full, whatever the order of removals.
 *
 * <p>Preparing an insert either succeeds or throws and changes nothing; the insert itself cannot fail. Nothing in
 * removing can, except that pages may have to be loaded after recovery.
 *
 * <p>Threading: confined to the store's writer.
 */
final class TimerQueue {
    private static final long NONE = 0;

    private final PagedMemory memory;
    private final TableRoot root;
    private final BlockHeap heap;

    // The way to where a search ended: the node of each level, and in which of its elements the way goes on.
    private final long[] nodes = new long[LEVEL_MAX + 1];
    private final int[] indexes = new int[LEVEL_MAX + 1];
    private int topLevel;

    // What an insert was prepared with: how many nodes of the way, from the leaf up, are full, and those to split off.
    private int full;
    private final long[] created = new long[LEVEL_MAX + 2];
    private int createdCount;

    TimerQueue(final PagedMemory memory, final TableRoot root, final BlockHeap heap) {
        this.memory = memory;
        this.root = root;
        this.heap = heap;
    }

    boolean isEmpty() {
        return root.ownerField(TOP_FIELD) == NONE;
    }

    /** Timestamp of the first element, of which there must be one. */
    long firstTimestamp() {
        return RawMemory.getLong(firstPointer() + TIMESTAMP_OFFSET);
    }

    /** Address of the first element's entry; there must be one. */
    long first() {
        return RawMemory.getLong(firstPointer() + ADDRESS_OFFSET);
    }

    private long firstPointer() {
        long node = pointer(root.ownerField(TOP_FIELD));
        for (int level = get(node, LEVEL_OFFSET); level > 0; level--) {
            node = pointer(address(node, 0));
        }
        return element(node, 0);
    }

    /** Address of the entry of the first element that is not before these, 0 when none is; there must be elements. */
    long ceiling(final long timestamp, final long sequence) {
        indexes[0] = search(timestamp, sequence);
        int level = 0;
        while (indexes[level] == count(pointer(nodes[level]))) {
            if (level == topLevel) {
                return NONE;
            }
            level++;
            indexes[level]++;
        }
        long node = pointer(nodes[level]);
        int index = indexes[level];
        for (; level > 0; level--) {
            node = pointer(address(node, index));
            index = 0;
        }
        return address(node, index);
    }

    /**
     * Finds the leaf that an element is in or belongs to, and notes the way. Returns the index of the first element in
     * it that is not before it, which may be behind the last one.
     */
    private int search(final long timestamp, final long sequence) {
        long node = root.ownerField(TOP_FIELD);
        long pointer = pointer(node);
        topLevel = get(pointer, LEVEL_OFFSET);
        if (topLevel < 0 || topLevel > LEVEL_MAX) {
            throw corrupt(node, "level " + topLevel);
        }
        for (int level = topLevel; level > 0; level--) {
            nodes[level] = node;
            indexes[level] = Math.max(0, countBefore(pointer, timestamp, sequence + 1) - 1);
            node = address(pointer, indexes[level]);
            pointer = pointer(node);
        }
        nodes[0] = node;
        return countBefore(pointer, timestamp, sequence);
    }

    /** Elements of a node before some timestamp and sequence. */
    private static int countBefore(final long node, final long timestamp, final long sequence) {
        final long first = element(node, 0);
        int low = 0;
        int high = count(node);
        while (low < high) { // binary search (Knuth vol. 3, 6.2.1, algorithm B)
            final int middle = (low + high) >>> 1;
            final long element = first + (long) middle * ELEMENT_LENGTH;
            final long found = RawMemory.getLong(element + TIMESTAMP_OFFSET);
            if (found < timestamp || (found == timestamp && RawMemory.getLong(element + SEQUENCE_OFFSET) < sequence)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * Finds the place of an element that is not there, and takes the nodes that inserting it needs: all that can fail.
     * To be followed by {@link #insert} or {@link #cancelInsert} before anything else is done to the queue.
     */
    void prepareInsert(final long timestamp, final long sequence) {
        if (isEmpty()) {
            create(1);
            return;
        }
        indexes[0] = search(timestamp, sequence);
        full = 0;
        while (full <= topLevel && count(pointer(nodes[full])) == COUNT_MAX) {
            full++;
        }
        final boolean grows = full > topLevel;
        if (grows && topLevel == LEVEL_MAX) {
            throw corrupt(nodes[topLevel], "height");
        }
        create(grows ? full + 1 : full);
    }

    /** Takes nodes, all of them or none. */
    private void create(final int nodeCount) {
        createdCount = 0;
        try {
            while (createdCount < nodeCount) {
                created[createdCount] = heap.allocateRecord(NODE_LENGTH);
                createdCount++;
            }
        } catch (final RuntimeException e) {
            cancelInsert();
            throw e;
        }
    }

    /** Gives back what {@link #prepareInsert} has taken. */
    void cancelInsert() {
        while (createdCount > 0) {
            heap.freeRecord(created[--createdCount], NODE_LENGTH);
        }
    }

    /** Inserts the element that {@link #prepareInsert} has found the place of; cannot fail. */
    void insert(final long timestamp, final long sequence, final long entry) {
        createdCount = 0;
        if (isEmpty()) {
            root.forWriteOwner();
            format(created[0], 0);
            insertAt(created[0], 0, timestamp, sequence, entry);
            root.ownerField(TOP_FIELD, created[0]);
        } else if (full == 0) {
            insertAt(nodes[0], indexes[0], timestamp, sequence, entry);
        } else {
            splitAndInsert(timestamp, sequence, entry);
            if (full > topLevel) {
                grow(created[full]);
            }
        }
    }

    /** Splits the full nodes at the lower end of the way and inserts into the one above them, if there is one. */
    private void splitAndInsert(final long timestamp, final long sequence, final long entry) {
        final boolean atEnd = isAtEnd();
        int index = indexes[0];
        long keyTimestamp = timestamp;
        long keySequence = sequence;
        long address = entry;
        for (int level = 0; level < full; level++) {
            final long node = nodes[level];
            final long right = created[level];
            final int middle = atEnd ? COUNT_MAX : COUNT_MAX / 2;
            split(node, right, level, middle);
            if (index > middle || atEnd) {
                insertAt(right, index - middle, keyTimestamp, keySequence, address);
            } else {
                insertAt(node, index, keyTimestamp, keySequence, address);
            }
            final long firstOfRight = element(pointer(right), 0);
            keyTimestamp = RawMemory.getLong(firstOfRight + TIMESTAMP_OFFSET);
            keySequence = RawMemory.getLong(firstOfRight + SEQUENCE_OFFSET);
            address = right;
            index = level < topLevel ? indexes[level + 1] + 1 : 0;
        }
        if (full <= topLevel) {
            insertAt(nodes[full], index, keyTimestamp, keySequence, address);
        }
    }

    /** Whether the way leads behind the last element of the tree. */
    private boolean isAtEnd() {
        boolean atEnd = indexes[0] == count(pointer(nodes[0]));
        for (int level = 1; atEnd && level <= topLevel; level++) {
            atEnd = indexes[level] == count(pointer(nodes[level])) - 1;
        }
        return atEnd;
    }

    /** Moves the elements of a full node from an index on to a new one. */
    private void split(final long node, final long right, final int level, final int middle) {
        format(right, level);
        final int moved = COUNT_MAX - middle;
        if (moved > 0) {
            final long source = memory.forWrite(node, HEADER_LENGTH);
            final long target = memory.forWrite(right, NODE_LENGTH);
            final int start = middle / 2; // room at both ends
            RawMemory.copy(element(source, middle), target + placeOffset(start), (long) moved * ELEMENT_LENGTH);
            put(target, START_OFFSET, start);
            put(target, COUNT_OFFSET, moved);
            put(source, COUNT_OFFSET, middle);
        }
    }

    /** Puts a node above the top and the one that was split off it. */
    private void grow(final long newTop) {
        root.forWriteOwner();
        final long right = created[topLevel];
        final long oldTop = nodes[topLevel];
        final long first = element(pointer(oldTop), 0);
        final long firstOfRight = element(pointer(right), 0);
        format(newTop, topLevel + 1);
        insertAt(
                newTop,
                0,
                RawMemory.getLong(first + TIMESTAMP_OFFSET),
                RawMemory.getLong(first + SEQUENCE_OFFSET),
                oldTop);
        insertAt(
                newTop,
                1,
                RawMemory.getLong(firstOfRight + TIMESTAMP_OFFSET),
                RawMemory.getLong(firstOfRight + SEQUENCE_OFFSET),
                right);
        root.ownerField(TOP_FIELD, newTop);
    }

    private void format(final long node, final int level) {
        final long pointer = memory.forWrite(node, HEADER_LENGTH);
        put(pointer, MAGIC_OFFSET, NODE_MAGIC);
        put(pointer, LEVEL_OFFSET, level);
        put(pointer, START_OFFSET, 0);
        put(pointer, COUNT_OFFSET, 0);
    }

    /** Inserts into a node that is not full, moving the fewer of the elements before and behind. */
    private void insertAt(
            final long node, final int index, final long timestamp, final long sequence, final long address) {
        final long pointer = memory.forWrite(node, HEADER_LENGTH);
        final int count = count(pointer);
        int start = get(pointer, START_OFFSET);
        final int behind = count - index;
        final long target;
        if (start == 0 || (start + count < COUNT_MAX && behind <= index)) {
            target = memory.forWrite(node + placeOffset(start + index), (behind + 1) * ELEMENT_LENGTH);
            moveUp(target, behind);
        } else {
            start--;
            final long first = memory.forWrite(node + placeOffset(start), (index + 1) * ELEMENT_LENGTH);
            moveDown(first, index);
            target = first + (long) index * ELEMENT_LENGTH;
            put(pointer, START_OFFSET, start);
        }
        RawMemory.putLong(target + TIMESTAMP_OFFSET, timestamp);
        RawMemory.putLong(target + SEQUENCE_OFFSET, sequence);
        RawMemory.putLong(target + ADDRESS_OFFSET, address);
        put(pointer, COUNT_OFFSET, count + 1);
    }

    private void removeAt(final long node, final int index) {
        final long pointer = memory.forWrite(node, HEADER_LENGTH);
        final int count = count(pointer);
        final int start = get(pointer, START_OFFSET);
        final int behind = count - 1 - index;
        if (index <= behind) {
            if (index > 0) {
                moveUp(memory.forWrite(node + placeOffset(start), (index + 1) * ELEMENT_LENGTH), index);
            }
            put(pointer, START_OFFSET, start + 1);
        } else if (behind > 0) {
            moveDown(memory.forWrite(node + placeOffset(start + index), (behind + 1) * ELEMENT_LENGTH), behind);
        }
        put(pointer, COUNT_OFFSET, count - 1);
    }

    /** Moves elements that begin at a pointer one place up. */
    private static void moveUp(final long pointer, final int elementCount) {
        for (long at = pointer + (long) elementCount * ELEMENT_LENGTH - Long.BYTES; at >= pointer; at -= Long.BYTES) {
            RawMemory.putLong(at + ELEMENT_LENGTH, RawMemory.getLong(at));
        }
    }

    /** Moves elements behind the one at a pointer one place down. */
    private static void moveDown(final long pointer, final int elementCount) {
        final long end = pointer + (long) elementCount * ELEMENT_LENGTH;
        for (long at = pointer; at < end; at += Long.BYTES) {
            RawMemory.putLong(at, RawMemory.getLong(at + ELEMENT_LENGTH));
        }
    }

    /** Removes an element that must be there. */
    void remove(final long timestamp, final long sequence) {
        if (isEmpty()) {
            throw corrupt(root.address(), "timer that is not in the queue");
        }
        final int index = search(timestamp, sequence);
        final long leaf = pointer(nodes[0]);
        if (index == count(leaf)
                || RawMemory.getLong(element(leaf, index) + TIMESTAMP_OFFSET) != timestamp
                || RawMemory.getLong(element(leaf, index) + SEQUENCE_OFFSET) != sequence) {
            throw corrupt(nodes[0], "timer that is not in the queue");
        }
        removeAt(nodes[0], index);
        for (int level = 0; level < topLevel; level++) {
            if (!closeUp(level)) {
                return;
            }
        }
        lower();
    }

    /** Frees or merges a node of the way that has lost an element. Returns whether the node above has lost one then. */
    private boolean closeUp(final int level) {
        final long node = nodes[level];
        final long parent = nodes[level + 1];
        final int index = indexes[level + 1];
        final int count = count(pointer(node));
        if (count == 0) {
            heap.freeRecord(node, NODE_LENGTH);
            removeAt(parent, index);
            return true;
        }
        if (count > COUNT_MAX / 2) {
            return false;
        }
        return merge(parent, index) || (index > 0 && merge(parent, index - 1));
    }

    /** Merges the child at an index with the next one, if there is one and both fit. */
    private boolean merge(final long parent, final int index) {
        final long parentPointer = pointer(parent);
        if (index + 1 == count(parentPointer)) {
            return false;
        }
        final long left = address(parentPointer, index);
        final long right = address(parentPointer, index + 1);
        final long source = pointer(right);
        final int moved = count(source);
        final int kept = count(pointer(left));
        if (kept + moved > MERGED_COUNT_MAX) {
            return false;
        }
        final long target = memory.forWrite(left, NODE_LENGTH);
        final int start = get(target, START_OFFSET);
        if (start + kept + moved > COUNT_MAX) {
            final long shift = (long) start * ELEMENT_LENGTH;
            final long end = target + placeOffset(kept);
            for (long at = target + placeOffset(0); at < end; at += Long.BYTES) {
                RawMemory.putLong(at, RawMemory.getLong(at + shift));
            }
            put(target, START_OFFSET, 0);
        }
        final long first = element(target, kept);
        RawMemory.copy(element(source, 0), first, (long) moved * ELEMENT_LENGTH);
        if (get(target, LEVEL_OFFSET) > 0) { // a first element above the leaves has no bound of its own
            final long bound = element(parentPointer, index + 1);
            RawMemory.putLong(first + TIMESTAMP_OFFSET, RawMemory.getLong(bound + TIMESTAMP_OFFSET));
            RawMemory.putLong(first + SEQUENCE_OFFSET, RawMemory.getLong(bound + SEQUENCE_OFFSET));
        }
        put(target, COUNT_OFFSET, kept + moved);
        heap.freeRecord(right, NODE_LENGTH);
        removeAt(parent, index + 1);
        return true;
    }

    /** Frees a top that has no element, or only one and so nothing to choose from. */
    private void lower() {
        long top = root.ownerField(TOP_FIELD);
        long pointer = pointer(top);
        while (count(pointer) == 0 || (count(pointer) == 1 && get(pointer, LEVEL_OFFSET) > 0)) {
            final long below = count(pointer) == 0 ? NONE : address(pointer, 0);
            root.forWriteOwner();
            root.ownerField(TOP_FIELD, below);
            heap.freeRecord(top, NODE_LENGTH);
            if (below == NONE) {
                return;
            }
            top = below;
            pointer = pointer(top);
        }
    }

    private long pointer(final long node) {
        return memory.forRead(node, NODE_LENGTH);
    }

    private static int count(final long node) {
        return get(node, COUNT_OFFSET);
    }

    private static long element(final long node, final int index) {
        return node + placeOffset(get(node, START_OFFSET) + index);
    }

    private static long address(final long node, final int index) {
        return RawMemory.getLong(element(node, index) + ADDRESS_OFFSET);
    }

    private static int get(final long pointer, final int offset) {
        return RawMemory.getInt(pointer + offset);
    }

    private static void put(final long pointer, final int offset, final int value) {
        RawMemory.putInt(pointer + offset, value);
    }

    private static CorruptStoreException corrupt(final long node, final String what) {
        return new CorruptStoreException("queue of timers is damaged: " + what + ": address=0x" + Long.toHexString(node)
                + "; run 'quire verify'");
    }
}

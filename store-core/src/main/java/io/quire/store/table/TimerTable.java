/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.TimerDescriptor.SEQUENCE_FIELD;
import static io.quire.store.table.TimerDescriptor.TOP_FIELD;
import static io.quire.store.table.TimerDescriptor.VALUE_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Timers: pairs of a byte key and a timestamp, each of them once. They are entries of a {@link MapTable}, where one is
 * found by its key, and elements of a {@link TimerQueue}, where the next one is found. A timer with n others takes a
 * constant number of look-ups and O(log n) to register and to delete; the earliest one is found by reading O(log n)
 * nodes that stay in the cache.
 *
 * <p>The order is that of timestamps, as signed numbers, and among equal ones that of registration. A timer that is put
 * back by {@link #insert} with its sequence has the place that it had.
 *
 * <p>Keys of entries are given as {@link TimerDescriptor} says, and as {@link RecordTable} takes them; they may lie in
 * this table's own records for {@link #find} only.
 *
 * <p>Exceptions are those of {@link RecordTable}, after which the table is as before the call; while pages load after
 * recovery a removal that meets an unreadable page may be done in part.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class TimerTable implements StateTable {
    /** Address of no timer. */
    public static final long NONE = MapTable.NONE;
    /** Sequence that stands for the next one, see {@link #insert}. */
    public static final long NEW = 0;

    private final PagedMemory memory;
    private final MapTable map;
    private final TableRoot root;
    private final TimerQueue queue;
    private final byte[] value = new byte[VALUE_LENGTH];

    private TimerTable(final PagedMemory memory, final MapTable map) {
        this.memory = memory;
        this.map = map;
        root = map.entries().root;
        queue = new TimerQueue(memory, root, map.entries().heap);
    }

    /**
     * Creates an empty table, which takes four extents.
     *
     * @param memory where
     * @return the table
     * @throws StoreFullException when there is no space; nothing has changed
     */
    public static TimerTable create(final PagedMemory memory) {
        return new TimerTable(memory, MapTable.create(memory)); // the owner's fields of a new root are zeros
    }

    /**
     * Opens a table, in time independent of its size.
     *
     * @param memory where
     * @param rootAddress what {@link #rootAddress} returned
     * @return the table
     * @throws CorruptStoreException when no such table is there
     * @throws io.quire.store.errors.FormatTooNewException when a newer release wrote it
     */
    public static TimerTable open(final PagedMemory memory, final long rootAddress) {
        return new TimerTable(memory, MapTable.open(memory, rootAddress));
    }

    /** {@return address of the table's root, for {@link #open}} */
    @Override
    public long rootAddress() {
        return map.rootAddress();
    }

    /** {@return the table of heads, for walking over the keys; it must not be changed} */
    public RecordTable heads() {
        return map.heads();
    }

    /** {@return number of timers} */
    @Override
    public long size() {
        return map.entries().size();
    }

    /**
     * Timers of a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the timer's own key
     * @return their number
     */
    public long count(final byte[] keyBase, final long keyOffset, final int keyLength) {
        return map.count(keyBase, keyOffset, keyLength);
    }

    /**
     * Finds a timer.
     *
     * @param base byte array or null
     * @param offset offset of the entry's key in the array or native pointer
     * @param length bytes of the entry's key
     * @return its address, which stays until it is removed; {@link #NONE} when it is not there
     */
    public long find(final byte[] base, final long offset, final int length) {
        return map.find(base, offset, length);
    }

    /**
     * One of the timers of a key, to walk over them with {@link #nextOf}; in no order.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the timer's own key
     * @return its address, or {@link #NONE}
     */
    public long firstOf(final byte[] keyBase, final long keyOffset, final int keyLength) {
        return map.first(keyBase, keyOffset, keyLength);
    }

    /**
     * Goes on from {@link #firstOf}.
     *
     * @param timer address
     * @return address of another timer of the same key, or {@link #NONE}
     */
    public long nextOf(final long timer) {
        return map.next(timer);
    }

    /** {@return whether there is no timer} */
    public boolean isEmpty() {
        map.entries().directory.checkPresent();
        return queue.isEmpty();
    }

    /** {@return timestamp of the first timer, of which there must be one; milliseconds} */
    public long firstTimestamp() {
        return queue.firstTimestamp();
    }

    /** {@return address of the first timer in the order of the table, or {@link #NONE}} */
    public long first() {
        return isEmpty() ? NONE : queue.first();
    }

    /**
     * Timer at or behind a place in the order of the table.
     *
     * @param timestamp milliseconds
     * @param sequence of a timer, or one more than that to find the next one
     * @return address of the first timer that does not come before; {@link #NONE} when there is none
     */
    public long ceiling(final long timestamp, final long sequence) {
        return isEmpty() ? NONE : queue.ceiling(timestamp, sequence);
    }

    /**
     * Timestamp of a timer.
     *
     * @param timer its address
     * @return milliseconds
     */
    public long timestamp(final long timer) {
        return TimerDescriptor.timestamp(null, entryKeyPointer(timer), entryKeyLength(timer));
    }

    /**
     * Sequence of a timer.
     *
     * @param timer its address
     * @return the number of its registration, 1 or more
     */
    public long sequence(final long timer) {
        return RawMemory.getLong(map.valuePointer(timer));
    }

    /**
     * Length of the key of a timer's entry.
     *
     * @param timer its address
     * @return bytes
     */
    public int entryKeyLength(final long timer) {
        return map.entries().keyLength(timer);
    }

    /**
     * Pointer to the key of a timer's entry.
     *
     * @param timer its address
     * @return native pointer to all of it; valid until the next call that writes to the store
     */
    public long entryKeyPointer(final long timer) {
        return map.entries().keyPointer(timer);
    }

    /**
     * Inserts a timer that is not there.
     *
     * @param base byte array or null
     * @param offset offset of the entry's key in the array or native pointer
     * @param length bytes of the entry's key
     * @param sequence {@link #NEW}, or the one that the timer had before it was removed
     */
    public void insert(final byte[] base, final long offset, final int length, final long sequence) {
        final boolean isNew = sequence == NEW;
        final long given = isNew ? root.ownerField(SEQUENCE_FIELD) + 1 : sequence;
        final long timestamp = TimerDescriptor.timestamp(base, offset, length);
        RawMemory.putLong(value, RawMemory.ARRAY_OFFSET + MapDescriptor.LINKS_LENGTH, given);
        root.forWriteOwner();
        queue.prepareInsert(timestamp, given);
        final long timer;
        try {
            timer = map.insert(MapTable.NONE, base, offset, length, value, RawMemory.ARRAY_OFFSET, VALUE_LENGTH);
        } catch (final RuntimeException e) {
            queue.cancelInsert();
            throw e;
        }
        queue.insert(timestamp, given, timer);
        if (isNew) {
            root.ownerField(SEQUENCE_FIELD, given);
        }
    }

    @Override
    public boolean remove(final byte[] base, final long offset, final int length) {
        final long timer = find(base, offset, length);
        if (timer == NONE) {
            return false;
        }
        remove(timer, base, offset, length);
        return true;
    }

    /**
     * Removes a timer that was found.
     *
     * @param timer its address
     * @param base byte array or null
     * @param offset offset of its entry's key in the array or native pointer
     * @param length bytes of its entry's key
     */
    public void remove(final long timer, final byte[] base, final long offset, final int length) {
        queue.remove(TimerDescriptor.timestamp(base, offset, length), sequence(timer));
        map.remove(base, offset, length);
    }

    /**
     * Removes all timers of a key, O(their number · log n).
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes of the timers' own key
     * @return whether there was one
     */
    public boolean removeAll(final byte[] keyBase, final long keyOffset, final int keyLength) {
        for (long timer = firstOf(keyBase, keyOffset, keyLength); timer != NONE; timer = nextOf(timer)) {
            queue.remove(timestamp(timer), sequence(timer));
        }
        return map.removeAll(keyBase, keyOffset, keyLength);
    }

    /** Removes all timers; all extents but four go back to the store. O(extents). */
    @Override
    public void clear() {
        root.forWriteOwner();
        map.clear();
        root.ownerField(TOP_FIELD, NONE);
    }

    @Override
    public void prepareDrop() {
        map.prepareDrop();
    }

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    @Override
    public void drop() {
        map.drop();
    }

    /** {@return sizes of the tables and the queue together, with timers for entries; O(extents of the heaps)} */
    @Override
    public TableStatistics statistics() {
        return map.statistics();
    }

    /**
     * Checks everything the table consists of, O(its size).
     *
     * @throws CorruptStoreException naming the first thing that is not as it must be
     */
    @Override
    public void checkInvariants() {
        new TimerTableChecker(memory, map.entries()).check();
        map.checkMaps();
    }
}

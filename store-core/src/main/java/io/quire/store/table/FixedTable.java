/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedSlotDescriptor.HASH_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_COUNT;
import static io.quire.store.table.FixedSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.FixedSlotDescriptor.VALUE_OFFSET;
import static io.quire.store.table.FixedSlotDescriptor.homeIndex;
import static io.quire.store.table.FixedSlotDescriptor.slotOffset;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;
import static io.quire.store.table.SegmentDescriptor.ZERO_VALUE_OFFSET;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * Hash table from long to long in paged memory, with entries inline: one cache miss to find one. It grows and shrinks
 * by a segment of 64 KiB at a time. No method but {@link #create}, {@link #open}, {@link #cursor} and {@link
 * #statistics} allocates.
 *
 * <p>This is {@link FixedBytesTable} for the widths that are wanted most, without its generality. Every key and every
 * value is allowed. An overwrite changes one line of one page; an insert the slot's line, the segment's header line
 * and the root's.
 *
 * <p>Exceptions of all methods that write: {@link io.quire.store.errors.StoreFullException} when the table has to
 * grow and cannot; of all methods: what loading a page after recovery throws. After any of them the table is as
 * before the call. After {@link #drop} every method throws {@link IllegalStateException}.
 *
 * <p>Threading: confined to the store's writer; other threads read through a {@link #reader}.
 */
public final class FixedTable implements StateTable {
    /** Most keys of a {@link #getAll}. */
    public static final int BATCH_COUNT_MAX = 32;

    private final PagedMemory memory;
    private final TableRoot root;
    private final BlockHeap heap;
    private final FixedSegments segments;
    private final Directory directory;
    private final KeyHash keyHash;
    private final long[] batchHashes = new long[BATCH_COUNT_MAX];
    private final long[] batchPointers = new long[BATCH_COUNT_MAX];
    private final long[] batchFound = new long[BATCH_COUNT_MAX];

    private FixedTable(final PagedMemory memory, final TableRoot root) {
        this.memory = memory;
        this.root = root;
        heap = new BlockHeap(memory, root);
        segments = new FixedSegments(memory, root, heap);
        directory = segments.directory;
        keyHash = new KeyHash(memory.hashSeed());
    }

    /**
     * Creates an empty table, which takes two extents.
     *
     * @param memory where
     * @return the table
     * @throws io.quire.store.errors.StoreFullException when there is no space; nothing has changed
     */
    public static FixedTable create(final PagedMemory memory) {
        memory.ensureFree(2);
        final FixedTable table = new FixedTable(memory, TableRoot.create(memory, TableRootDescriptor.KIND_LONG_LONG));
        table.segments.start();
        return table;
    }

    /**
     * Opens a table, in time independent of its size.
     *
     * @param memory where
     * @param rootAddress what {@link #rootAddress} returned
     * @return the table
     * @throws CorruptStoreException when no table of this kind is there
     * @throws io.quire.store.errors.FormatTooNewException when a newer release wrote it
     */
    public static FixedTable open(final PagedMemory memory, final long rootAddress) {
        return new FixedTable(memory, TableRoot.open(memory, rootAddress, TableRootDescriptor.KIND_LONG_LONG));
    }

    /** {@return address of the table's root, for {@link #open}} */
    @Override
    public long rootAddress() {
        return root.address();
    }

    /** {@return number of entries} */
    @Override
    public long size() {
        directory.checkPresent();
        return root.entries();
    }

    /**
     * Value of a key.
     *
     * @param key any key
     * @param missing what to return when the key is absent
     * @return its value or missing
     */
    public long get(final long key, final long missing) {
        final long hash = keyHash.ofLong(key);
        final long segment = directory.pointer(hash);
        final int offset = find(segment, hash);
        return offset > 0 ? RawMemory.getLong(segment + offset) : missing;
    }

    /**
     * Values of several keys, in less time than one by one: the cache misses of up to {@link #BATCH_COUNT_MAX} keys
     * overlap.
     *
     * @param keys any keys
     * @param from index of the first key; its value goes to the same index of values
     * @param count keys, at most {@link #BATCH_COUNT_MAX}
     * @param values takes the values
     * @param missing what to put where a key is absent
     */
    public void getAll(final long[] keys, final int from, final int count, final long[] values, final long missing) {
        final long[] hashes = batchHashes;
        final long[] segmentPointers = batchPointers;
        final long[] homes = batchFound;
        for (int i = 0; i < count; i++) {
            hashes[i] = keyHash.ofLong(keys[from + i]);
            segmentPointers[i] = directory.pointer(hashes[i]);
        }
        final boolean hydrating = memory.hydrating(); // before the loads: a page that is being loaded holds anything
        // Loads that do not depend on each other: the processor awaits them all at once.
        for (int i = 0; i < count; i++) {
            homes[i] = RawMemory.getLong(segmentPointers[i] + slotOffset(homeIndex(hashes[i])));
        }
        for (int i = 0; i < count; i++) {
            final long hash = hashes[i];
            final long segment = segmentPointers[i];
            final int offset = homes[i] == hash && hash != 0 && !hydrating
                    ? slotOffset(homeIndex(hash)) + VALUE_OFFSET
                    : find(segment, hash);
            values[from + i] = offset > 0 ? RawMemory.getLong(segment + offset) : missing;
        }
    }

    /**
     * Key group of a key.
     *
     * @param key any key
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return KeyGroupRange.groupOf(keyHash.ofLong(key));
    }

    /**
     * Finds the slot that an operation on a key will look at first and does not look at it, so that the misses of
     * several keys can overlap.
     *
     * @param key any key
     * @param hints takes {@link PagedMemory#trackingPointer} of the slot
     * @param index where in hints
     * @return native pointer to the slot, loaded
     */
    public long fetch(final long key, final long[] hints, final int index) {
        final long hash = keyHash.ofLong(key);
        final long slot = segment(hash) + slotOffset(homeIndex(hash));
        hints[index] = memory.trackingPointer(slot);
        return memory.forRead(slot);
    }

    /**
     * Tells whether a key is present.
     *
     * @param key any key
     * @return whether it is
     */
    public boolean containsKey(final long key) {
        final long hash = keyHash.ofLong(key);
        return find(directory.pointer(hash), hash) > 0;
    }

    /**
     * Finds the value of a hash in its segment.
     *
     * @param segment native pointer to it
     * @return offset of the value in the segment; when absent the complement of that of the slot to insert it at
     */
    private int find(final long segment, final long hash) {
        if (hash == 0 || memory.hydrating()) {
            return findWithCare(hash);
        }
        int offset = slotOffset(homeIndex(hash));
        // Linear probing (Knuth vol. 3, 6.4, algorithm L). A segment always has an empty slot.
        while (true) {
            final long found = RawMemory.getLong(segment + offset + HASH_OFFSET);
            if (found == hash) {
                return offset + VALUE_OFFSET;
            }
            if (found == 0) {
                return ~offset;
            }
            offset += SLOT_LENGTH;
            if (offset == SEGMENT_LENGTH) {
                return findWithCare(hash);
            }
        }
    }

    /** Finds the value of a hash that has no slot, or in pages that may be cold, or past the segment's end. */
    private int findWithCare(final long hash) {
        final long segment = DirectoryDescriptor.address(directory.reference(hash));
        if (hash == 0) {
            return FixedSegments.hasZero(memory.forRead(segment)) ? ZERO_VALUE_OFFSET : ~0;
        }
        int offset = slotOffset(homeIndex(hash));
        for (int count = 0; count < SLOT_COUNT; count++) {
            final long found = RawMemory.getLong(memory.forRead(segment + offset) + HASH_OFFSET);
            if (found == hash) {
                return offset + VALUE_OFFSET;
            }
            if (found == 0) {
                return ~offset;
            }
            offset = Segments.wrap(offset + SLOT_LENGTH);
        }
        throw Segments.noEmptySlot(segment);
    }

    /**
     * Address of the segment of a hash whose entry is going to change. A value that is there is changed in one ordered
     * store, which a reader on another thread sees or does not: it needs no other notice.
     */
    private long segment(final long hash) {
        return DirectoryDescriptor.address(directory.reference(hash));
    }

    private void insert(final long segment, final long hash, final int notFound, final long value) {
        if (hash == 0) {
            segments.insertZero(segment, value);
        } else {
            segments.insert(hash, segment + ~notFound, value);
        }
    }

    /**
     * Sets the value of a key.
     *
     * @param key any key
     * @param value its new value
     * @param missing what to return when the key was absent
     * @return its previous value or missing
     */
    public long put(final long key, final long value, final long missing) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset > 0) {
            final long previous = RawMemory.getLong(pointer + offset);
            memory.forWriteOfLong(segment(hash) + offset);
            RawMemory.putLongRelease(pointer + offset, value);
            return previous;
        }
        insert(segment(hash), hash, offset, value);
        return missing;
    }

    /**
     * Sets the value of a key.
     *
     * @param key any key
     * @param value its new value
     */
    public void set(final long key, final long value) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset > 0) {
            memory.forWriteOfLong(segment(hash) + offset);
            RawMemory.putLongRelease(pointer + offset, value);
        } else {
            insert(segment(hash), hash, offset, value);
        }
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key any key
     * @param value its value if it is absent
     * @param missing what to return then
     * @return the value it has already, or missing
     */
    public long putIfAbsent(final long key, final long value, final long missing) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset > 0) {
            return RawMemory.getLong(pointer + offset);
        }
        insert(segment(hash), hash, offset, value);
        return missing;
    }

    /**
     * Adds to the value of a key; one that is absent counts as 0.
     *
     * @param key any key
     * @param delta what to add, wrapping around
     * @return the new value
     */
    public long addAndGet(final long key, final long delta) {
        return getAndAdd(key, delta) + delta;
    }

    /**
     * Adds to the value of a key; one that is absent counts as 0.
     *
     * @param key any key
     * @param delta what to add, wrapping around
     * @return the previous value
     */
    public long getAndAdd(final long key, final long delta) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset > 0) {
            final long previous = RawMemory.getLong(pointer + offset);
            memory.forWriteOfLong(segment(hash) + offset);
            RawMemory.putLongRelease(pointer + offset, previous + delta);
            return previous;
        }
        insert(segment(hash), hash, offset, delta);
        return 0;
    }

    /**
     * Adds to the value of a key as a double; one that is absent counts as 0.
     *
     * @param key any key
     * @param delta what to add
     * @return the new value
     */
    public double addAndGetDouble(final long key, final double delta) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset > 0) {
            final double sum = Double.longBitsToDouble(RawMemory.getLong(pointer + offset)) + delta;
            memory.forWriteOfLong(segment(hash) + offset);
            RawMemory.putLongRelease(pointer + offset, Double.doubleToRawLongBits(sum));
            return sum;
        }
        final double sum = 0.0 + delta;
        insert(segment(hash), hash, offset, Double.doubleToRawLongBits(sum));
        return sum;
    }

    /**
     * Sets the value of a key if it has an expected one.
     *
     * @param key any key
     * @param expected the value it must have
     * @param value its new value
     * @return whether it was set; false when the key is absent
     */
    public boolean compareAndSet(final long key, final long expected, final long value) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset < 0 || RawMemory.getLong(pointer + offset) != expected) {
            return false;
        }
        memory.forWriteOfLong(segment(hash) + offset);
        RawMemory.putLongRelease(pointer + offset, value);
        return true;
    }

    /**
     * Removes a key that is given as bytes.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes, 8
     * @return whether it was present
     */
    @Override
    public boolean remove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        assert keyLength == Long.BYTES : "keyLength=" + keyLength;
        return remove(RawMemory.getLong(keyBase, keyOffset));
    }

    /**
     * Removes a key.
     *
     * @param key any key
     * @return whether it was present
     */
    public boolean remove(final long key) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset < 0) {
            return false;
        }
        removeAt(segment(hash), hash, offset);
        return true;
    }

    /**
     * Removes a key.
     *
     * @param key any key
     * @param missing what to return when the key was absent
     * @return the value it had or missing
     */
    public long removeAndGet(final long key, final long missing) {
        final long hash = keyHash.ofLong(key);
        final long pointer = directory.pointer(hash);
        final int offset = find(pointer, hash);
        if (offset < 0) {
            return missing;
        }
        final long value = RawMemory.getLong(pointer + offset);
        removeAt(segment(hash), hash, offset);
        return value;
    }

    private void removeAt(final long segment, final long hash, final int offset) {
        if (hash == 0) {
            segments.removeZero(segment);
        } else if (segments.mergeIfSparse(hash, Segments.count(memory.forRead(segment)))) {
            final int newOffset = find(directory.pointer(hash), hash) - VALUE_OFFSET;
            segments.remove(DirectoryDescriptor.address(directory.reference(hash)) + newOffset);
        } else {
            segments.remove(segment + offset - VALUE_OFFSET);
        }
    }

    /**
     * Passes every entry to a consumer, in the order of their memory. The consumer may set values of keys that are
     * present but must not insert or remove; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final LongLongConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Passes the entries of some key groups to a consumer, as {@link #forEach(LongLongConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final LongLongConsumer consumer) {
        directory.checkPresent();
        long position = range.firstHash();
        do {
            final long reference = directory.reference(position);
            forEachIn(position, reference, range, consumer);
            position = Segments.next(position, reference);
        } while (!range.endsBefore(position));
    }

    private void forEachIn(
            final long position, final long reference, final KeyGroupRange range, final LongLongConsumer consumer) {
        final long pointer = memory.forRead(DirectoryDescriptor.address(reference), SEGMENT_LENGTH);
        final boolean all = Segments.isWithin(position, reference, range);
        if (FixedSegments.hasZero(pointer) && (all || range.containsHash(0))) {
            consumer.accept(keyHash.keyOf(0), RawMemory.getLong(pointer + ZERO_VALUE_OFFSET));
        }
        for (int offset = slotOffset(0); offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
            final long hash = RawMemory.getLong(pointer + offset + HASH_OFFSET);
            if (hash != 0 && (all || range.containsHash(hash))) {
                consumer.accept(keyHash.keyOf(hash), RawMemory.getLong(pointer + offset + VALUE_OFFSET));
            }
        }
    }

    /**
     * Starts an iteration that tolerates writes between its steps.
     *
     * @return a cursor before the first entry; allocates 32 KiB
     */
    public FixedTableCursor cursor() {
        directory.checkPresent();
        return new FixedTableCursor(this);
    }

    /**
     * Makes a reader for another thread. From any thread.
     *
     * @param session says when the thread reads
     * @return a reader for that thread
     */
    public FixedTableReader reader(final ReadSession session) {
        return new FixedTableReader(memory, directory, keyHash, session);
    }

    /**
     * Copies the hashes of a segment for a cursor.
     *
     * @param position a hash of the segment; earlier ones are left out
     * @param hashes takes them
     * @return how many
     */
    int copyHashes(final long position, final long[] hashes) {
        final long segment = DirectoryDescriptor.address(directory.reference(position));
        final long pointer = memory.forRead(segment, SEGMENT_LENGTH);
        int count = 0;
        if (position == 0 && FixedSegments.hasZero(pointer)) {
            hashes[count++] = 0;
        }
        for (int offset = slotOffset(0); offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
            final long hash = RawMemory.getLong(pointer + offset + HASH_OFFSET);
            if (hash != 0 && Long.compareUnsigned(hash, position) >= 0) {
                hashes[count++] = hash;
            }
        }
        return count;
    }

    /** First hash after those of the segment of a hash, 0 = none. */
    long nextPosition(final long position) {
        return Segments.next(position, directory.reference(position));
    }

    boolean containsHash(final long hash) {
        return find(directory.pointer(hash), hash) > 0;
    }

    long valueOf(final long hash) {
        return RawMemory.getLong(directory.pointer(hash) + find(directory.pointer(hash), hash));
    }

    long keyOf(final long hash) {
        return keyHash.keyOf(hash);
    }

    /** Removes all entries; all extents but two go back to the store. O(extents). */
    @Override
    public void clear() {
        segments.clear();
    }

    @Override
    public void prepareDrop() {
        segments.prepareDrop();
    }

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    @Override
    public void drop() {
        segments.drop();
    }

    /** {@return sizes of the table; O(extents of the directory)} */
    @Override
    public TableStatistics statistics() {
        directory.checkPresent();
        final long entries = root.entries();
        return new TableStatistics(
                entries,
                entries * SLOT_LENGTH,
                root.segments(),
                heap.blocksInUse(SizeClasses.NODE) - 1,
                heap.extentCount() + root.segments(),
                heap.freeLength());
    }

    /**
     * Checks everything the table consists of, O(its size).
     *
     * @throws CorruptStoreException naming the first thing that is not as it must be
     */
    @Override
    public void checkInvariants() {
        new FixedTableChecker(memory, root, directory).check();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.FixedBytesShape.HASH_OFFSET;
import static io.quire.store.table.FixedBytesShape.ZERO_SLOT_OFFSET;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Hash table in paged memory whose keys all have one width and whose values all have one, with entries inline: one
 * cache miss to find one. It grows and shrinks by a segment of 64 KiB at a time. With values of no bytes it is a set.
 * No method but {@link #create}, {@link #open}, {@link #cursor} and {@link #statistics} allocates. {@link FixedTable}
 * is the same for longs to longs.
 *
 * <p>Keys and values are given as a base and an offset as Agrona's buffers have them: a byte array and an offset from
 * {@link RawMemory#ARRAY_OFFSET}, or null and a native pointer. Their lengths are the table's.
 *
 * <p>They may lie in this table's own entries. Entries move when others are inserted or removed: an address that
 * {@link #find} returned is valid until the next call that does either, a pointer until the next call that writes to
 * the store.
 *
 * <p>Exceptions of all methods that write: {@link StoreFullException} when the table has to grow and cannot; of all
 * methods: what loading a page after recovery throws. After any of them the table is as before the call. After {@link
 * #drop} every method throws {@link IllegalStateException}.
 *
 * <p>Threading: confined to the store's writer; other threads read through a {@link #reader}.
 */
public final class FixedBytesTable implements StateTable {
    /** What {@link #find} returns for an absent key. */
    public static final long NOT_FOUND = 0;
    /** Most keys of a {@link #findAll}. */
    public static final int BATCH_COUNT_MAX = 32;
    /** Longest key, bytes. */
    public static final int KEY_LENGTH_MAX = FixedBytesShape.KEY_LENGTH_MAX;
    /** Longest value, bytes. */
    public static final int VALUE_LENGTH_MAX = FixedBytesShape.VALUE_LENGTH_MAX;

    private final PagedMemory memory;
    private final TableRoot root;
    private final BlockHeap heap;
    private final FixedBytesShape shape;
    private final FixedBytesSegments segments;
    private final Directory directory;
    private final KeyHash keyHash;
    private final byte[] inserted;
    private final long[] batchHashes = new long[BATCH_COUNT_MAX];
    long touched; // written and never read, so that the loads before are not left out
    private boolean lastInserted;

    private FixedBytesTable(final PagedMemory memory, final TableRoot root, final FixedBytesShape shape) {
        this.memory = memory;
        this.root = root;
        this.shape = shape;
        inserted = new byte[shape.keyLength + shape.valueLength];
        heap = new BlockHeap(memory, root);
        segments = new FixedBytesSegments(memory, root, heap, shape);
        directory = segments.directory;
        keyHash = new KeyHash(memory.hashSeed());
    }

    /**
     * Creates an empty table, which takes two extents.
     *
     * @param memory where
     * @param keyLength bytes of every key, 1..{@link #KEY_LENGTH_MAX}
     * @param valueLength bytes of every value, 0..{@link #VALUE_LENGTH_MAX}
     * @return the table
     * @throws StoreFullException when there is no space; nothing has changed
     * @throws io.quire.store.errors.ConfigurationException when a length is out of range
     */
    public static FixedBytesTable create(final PagedMemory memory, final int keyLength, final int valueLength) {
        final FixedBytesShape shape = new FixedBytesShape(keyLength, valueLength);
        memory.ensureFree(2);
        final TableRoot root = TableRoot.create(memory, TableRootDescriptor.KIND_FIXED_BYTES, keyLength, valueLength);
        final FixedBytesTable table = new FixedBytesTable(memory, root, shape);
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
    public static FixedBytesTable open(final PagedMemory memory, final long rootAddress) {
        final TableRoot root = TableRoot.open(memory, rootAddress, TableRootDescriptor.KIND_FIXED_BYTES);
        final int keyLength = root.keyLength();
        final int valueLength = root.valueLength();
        if (keyLength < 1 || keyLength > KEY_LENGTH_MAX || valueLength < 0 || valueLength > VALUE_LENGTH_MAX) {
            throw new CorruptStoreException("no valid table root: widths: root=0x" + Long.toHexString(rootAddress)
                    + " keyLength=" + keyLength + " valueLength=" + valueLength + "; run 'quire verify'");
        }
        return new FixedBytesTable(memory, root, new FixedBytesShape(keyLength, valueLength));
    }

    /**
     * Checks lengths before a table is created.
     *
     * @param keyLength bytes of every key
     * @param valueLength bytes of every value
     * @throws io.quire.store.errors.ConfigurationException when one is out of range
     */
    public static void checkLengths(final int keyLength, final int valueLength) {
        FixedBytesShape.checkLengths(keyLength, valueLength);
    }

    /** {@return address of the table's root, for {@link #open}} */
    @Override
    public long rootAddress() {
        return root.address();
    }

    /** {@return bytes of every key} */
    public int keyLength() {
        return shape.keyLength;
    }

    /** {@return bytes of every value} */
    public int valueLength() {
        return shape.valueLength;
    }

    /** {@return number of entries} */
    @Override
    public long size() {
        directory.checkPresent();
        return root.entries();
    }

    /**
     * Finds the entry of a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @return address of the entry, {@link #NOT_FOUND} when the key is absent
     */
    public long find(final byte[] keyBase, final long keyOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        final long slot = locate(hash, keyBase, keyOffset);
        return slot > 0 ? slot : NOT_FOUND;
    }

    /**
     * Finds the slot that an operation on a key will look at first and does not look at it, so that the misses of
     * several keys can overlap.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param hints takes {@link PagedMemory#trackingPointer} of the slot
     * @param index where in hints
     * @return native pointer to the slot's first 8 bytes, loaded
     */
    public long fetch(final byte[] keyBase, final long keyOffset, final long[] hints, final int index) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        final long slot = DirectoryDescriptor.address(directory.reference(hash)) + shape.homeOffset(hash);
        hints[index] = memory.trackingPointer(slot);
        return memory.forRead(slot);
    }

    /**
     * Finds the entries of several keys, in less time than one by one: the cache misses of up to {@link
     * #BATCH_COUNT_MAX} keys overlap.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer of the first key, which the others follow without a gap
     * @param count keys, at most {@link #BATCH_COUNT_MAX}
     * @param entries takes the address of each entry, or {@link #NOT_FOUND}, from index 0 on
     */
    public void findAll(final byte[] keyBase, final long keyOffset, final int count, final long[] entries) {
        final boolean hydrating = memory.hydrating();
        for (int i = 0; i < count; i++) {
            batchHashes[i] = keyHash.ofFixed(keyBase, keyOffset + (long) i * shape.keyLength, shape.keyLength);
            if (!hydrating) {
                entries[i] = directory.pointer(batchHashes[i]) + shape.homeOffset(batchHashes[i]);
            }
        }
        long all = 0;
        for (int i = 0; i < count && !hydrating; i++) {
            all ^= RawMemory.getLong(entries[i]); // do not depend on each other: the processor awaits them all at once
        }
        touched = all;
        for (int i = 0; i < count; i++) {
            final long slot = locate(batchHashes[i], keyBase, keyOffset + (long) i * shape.keyLength);
            entries[i] = slot > 0 ? slot : NOT_FOUND;
        }
    }

    /**
     * Finds the slot of a key.
     *
     * @return its address; when absent the complement of that of the slot to insert it at
     */
    private long locate(final long hash, final byte[] keyBase, final long keyOffset) {
        final long segment = DirectoryDescriptor.address(directory.reference(hash));
        if (shape.isZeroKey(hash, keyBase, keyOffset)) {
            final long zeroSlot = segment + ZERO_SLOT_OFFSET;
            return FixedBytesSegments.hasZero(memory.forRead(segment)) ? zeroSlot : ~zeroSlot;
        }
        if (memory.hydrating()) {
            return locateWithCare(segment, hash, keyBase, keyOffset);
        }
        final long pointer = directory.pointer(hash);
        int offset = shape.homeOffset(hash);
        // Linear probing (Knuth vol. 3, 6.4, algorithm L). With the hash the same, the first eight bytes of the key
        // are,
        // so only the rest is compared. A segment always has an empty slot.
        while (true) {
            final long found = RawMemory.getLong(pointer + offset + HASH_OFFSET);
            if (found == hash && shape.hasRest(pointer + offset, keyBase, keyOffset)) {
                return segment + offset;
            }
            if (found == 0 && shape.isRestZero(pointer + offset)) {
                return ~(segment + offset);
            }
            offset += shape.slotLength;
            if (offset == shape.endOffset) {
                return locateWithCare(segment, hash, keyBase, keyOffset);
            }
        }
    }

    /** Finds the slot of a key in pages that may be cold, or past the segment's end. */
    private long locateWithCare(final long segment, final long hash, final byte[] keyBase, final long keyOffset) {
        int offset = shape.homeOffset(hash);
        for (int count = 0; count < shape.slotCount; count++) {
            final long pointer = memory.forRead(segment + offset, shape.slotLength);
            final long found = RawMemory.getLong(pointer + HASH_OFFSET);
            if (found == hash && shape.hasRest(pointer, keyBase, keyOffset)) {
                return segment + offset;
            }
            if (found == 0 && shape.isRestZero(pointer)) {
                return ~(segment + offset);
            }
            offset = shape.nextOffset(offset);
        }
        throw Segments.noEmptySlot(segment);
    }

    /**
     * Key group of a key of eight bytes.
     *
     * @param key its bytes, little-endian
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final long key) {
        return KeyGroupRange.groupOf(keyHash.ofLong(key));
    }

    /**
     * Key group of a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final byte[] keyBase, final long keyOffset) {
        return KeyGroupRange.groupOf(keyHash.ofFixed(keyBase, keyOffset, shape.keyLength));
    }

    /**
     * Pointer to the value of an entry.
     *
     * @param entry its address
     * @return native pointer to all of the value, 8-byte aligned
     */
    public long valuePointer(final long entry) {
        return memory.forRead(entry, shape.slotLength) + shape.valueOffset;
    }

    /**
     * Overwrites a part of the value of an entry in place; only its lines count as changed.
     *
     * @param entry its address
     * @param offset bytes from the start of the value
     * @param sourceBase byte array or null
     * @param sourceOffset offset in the array or native pointer of the new bytes
     * @param length bytes, greater than 0; the part lies inside the value
     */
    public void overwrite(
            final long entry, final int offset, final byte[] sourceBase, final long sourceOffset, final int length) {
        assert offset >= 0 && length > 0 && offset + length <= shape.valueLength
                : "offset=" + offset + " length=" + length + " valueLength=" + shape.valueLength;
        segments.overwrite(entry, offset, sourceBase, sourceOffset, length);
    }

    /**
     * Writes the key of an entry.
     *
     * @param entry its address
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer of room for the key
     */
    public void copyKey(final long entry, final byte[] keyBase, final long keyOffset) {
        copyKeyAt(memory.forRead(entry, shape.slotLength), keyBase, keyOffset);
    }

    private void copyKeyAt(final long slot, final byte[] keyBase, final long keyOffset) {
        shape.copyKey(keyHash, null, slot, keyBase, keyOffset);
    }

    /**
     * Sets the value of a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param valueBase byte array or null
     * @param valueOffset offset in the array or native pointer
     * @return address of the entry
     */
    public long put(final byte[] keyBase, final long keyOffset, final byte[] valueBase, final long valueOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        final long slot = locate(hash, keyBase, keyOffset);
        if (slot < 0) {
            return insert(hash, ~slot, keyBase, keyOffset, valueBase, valueOffset);
        }
        if (shape.valueLength > 0) {
            segments.overwrite(slot, 0, valueBase, valueOffset, shape.valueLength);
        }
        lastInserted = false;
        return slot;
    }

    /**
     * Finds the entry of a key or inserts one.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param valueBase byte array or null
     * @param valueOffset offset in the array or native pointer of the value if it is inserted; 0 without an array:
     *     zeros
     * @return address of the entry
     */
    public long insertOrFind(
            final byte[] keyBase, final long keyOffset, final byte[] valueBase, final long valueOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        final long slot = locate(hash, keyBase, keyOffset);
        if (slot < 0) {
            return insert(hash, ~slot, keyBase, keyOffset, valueBase, valueOffset);
        }
        lastInserted = false;
        return slot;
    }

    /** {@return whether the last {@link #put} or {@link #insertOrFind} that returned has inserted an entry} */
    public boolean lastInserted() {
        return lastInserted;
    }

    private long insert(
            final long hash,
            final long emptySlot,
            final byte[] keyBase,
            final long keyOffset,
            final byte[] valueBase,
            final long valueOffset) {
        final long entry = segments.isFull(emptySlot)
                ? insertCopied(hash, emptySlot, keyBase, keyOffset, valueBase, valueOffset)
                : segments.insert(hash, emptySlot, keyBase, keyOffset, valueBase, valueOffset);
        lastInserted = true;
        return entry;
    }

    /** From a copy, since key and value may lie in entries of this table, which a split moves. */
    private long insertCopied(
            final long hash,
            final long emptySlot,
            final byte[] keyBase,
            final long keyOffset,
            final byte[] valueBase,
            final long valueOffset) {
        final long value = RawMemory.ARRAY_OFFSET + shape.keyLength;
        RawMemory.copy(keyBase, keyOffset, inserted, RawMemory.ARRAY_OFFSET, shape.keyLength);
        if (shape.valueLength > 0 && (valueBase != null || valueOffset != 0)) {
            RawMemory.copy(valueBase, valueOffset, inserted, value, shape.valueLength);
        } else {
            Arrays.fill(inserted, shape.keyLength, inserted.length, (byte) 0);
        }
        return segments.insert(hash, emptySlot, inserted, RawMemory.ARRAY_OFFSET, inserted, value);
    }

    /**
     * Removes a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes, {@link #keyLength()}
     * @return whether it was present
     */
    @Override
    public boolean remove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        assert keyLength == shape.keyLength : "keyLength=" + keyLength;
        return remove(keyBase, keyOffset);
    }

    /**
     * Removes a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @return whether it was present
     */
    public boolean remove(final byte[] keyBase, final long keyOffset) {
        final long hash = keyHash.ofFixed(keyBase, keyOffset, shape.keyLength);
        long slot = locate(hash, keyBase, keyOffset);
        if (slot < 0) {
            return false;
        }
        final long segment = HeapExtentDescriptor.extentOf(slot);
        if (FixedBytesShape.isZeroSlot(slot)) {
            segments.removeZero(segment);
            return true;
        }
        if (segments.mergeIfSparse(hash, Segments.count(memory.forRead(segment)))) {
            slot = locate(hash, keyBase, keyOffset);
        }
        segments.remove(slot);
        return true;
    }

    /**
     * Passes every entry to a consumer, in the order of their memory. The consumer may change values in place but must
     * not insert or remove; use a {@link #cursor} for that.
     *
     * @param consumer takes the address of each entry once
     */
    public void forEach(final RecordConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Passes the entries of some key groups to a consumer, as {@link #forEach(RecordConsumer)} does.
     *
     * @param range which
     * @param consumer takes the address of each entry once
     */
    public void forEach(final KeyGroupRange range, final RecordConsumer consumer) {
        directory.checkPresent();
        long position = range.firstHash();
        do {
            final long reference = directory.reference(position);
            forEachIn(position, reference, range, consumer);
            position = Segments.next(position, reference);
        } while (!range.endsBefore(position));
    }

    private void forEachIn(
            final long position, final long reference, final KeyGroupRange range, final RecordConsumer consumer) {
        final long segment = DirectoryDescriptor.address(reference);
        final long pointer = memory.forRead(segment, SEGMENT_LENGTH);
        final boolean all = Segments.isWithin(position, reference, range);
        if (FixedBytesSegments.hasZero(pointer) && (all || range.containsHash(0))) {
            consumer.accept(segment + ZERO_SLOT_OFFSET);
        }
        for (int offset = shape.firstSlotOffset; offset < shape.endOffset; offset += shape.slotLength) {
            final long slot = pointer + offset;
            if (!shape.isEmpty(slot) && (all || range.containsHash(RawMemory.getLong(slot + HASH_OFFSET)))) {
                consumer.accept(segment + offset);
            }
        }
    }

    /**
     * Starts an iteration that tolerates writes between its steps.
     *
     * @return a cursor before the first entry; allocates as much as the keys of a segment take
     */
    public FixedBytesCursor cursor() {
        return cursor(new byte[cursorLength()]);
    }

    /**
     * Starts an iteration that tolerates writes between its steps, in memory that the caller has for it.
     *
     * @param keys {@link #cursorLength()} bytes or more, with anything in them; the cursor's as long as it is used
     * @return a cursor before the first entry
     */
    public FixedBytesCursor cursor(final byte[] keys) {
        directory.checkPresent();
        return new FixedBytesCursor(this, shape.keyLength, keys);
    }

    /** {@return bytes that a cursor keeps: the keys of a segment} */
    public int cursorLength() {
        return (shape.slotCount + 1) * shape.keyLength;
    }

    /**
     * Makes a reader for another thread. From any thread.
     *
     * @param session says when the thread reads
     * @return a reader for that thread
     */
    public FixedBytesTableReader reader(final ReadSession session) {
        return new FixedBytesTableReader(memory, directory, keyHash, session, shape);
    }

    /**
     * Makes a reader for another thread, of a table whose values end with a timestamp of 8 bytes. From any thread.
     *
     * @param session says when the thread reads
     * @param live tells by its timestamp whether an entry is to be seen; asked by the thread
     * @return a reader for that thread, which sees values without their timestamps
     */
    public FixedBytesTableReader reader(final ReadSession session, final LongPredicate live) {
        return new TimestampedFixedBytesReader(memory, directory, keyHash, session, shape, live);
    }

    /**
     * Copies the keys of a segment for a cursor.
     *
     * @param position a hash of the segment; earlier ones are left out
     * @param keys takes them, one after the other
     * @return how many
     */
    int copyKeys(final long position, final byte[] keys) {
        final long segment = DirectoryDescriptor.address(directory.reference(position));
        final long pointer = memory.forRead(segment, SEGMENT_LENGTH);
        int count = 0;
        if (position == 0 && FixedBytesSegments.hasZero(pointer)) {
            copyKeyAt(pointer + ZERO_SLOT_OFFSET, keys, RawMemory.ARRAY_OFFSET);
            count++;
        }
        for (int offset = shape.firstSlotOffset; offset < shape.endOffset; offset += shape.slotLength) {
            final long hash = RawMemory.getLong(pointer + offset + HASH_OFFSET);
            if (Long.compareUnsigned(hash, position) >= 0 && !shape.isEmpty(pointer + offset)) {
                copyKeyAt(pointer + offset, keys, RawMemory.ARRAY_OFFSET + (long) count * shape.keyLength);
                count++;
            }
        }
        return count;
    }

    /** First hash after those of the segment of a hash, 0 = none. */
    long nextPosition(final long position) {
        return Segments.next(position, directory.reference(position));
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
                entries * (shape.keyLength + shape.valueLength),
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
        new FixedBytesTableChecker(memory, root, directory, keyHash, shape).check();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.RecordDescriptor.HEADER_LENGTH;
import static io.quire.store.table.RecordDescriptor.KEY_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.KEY_OFFSET;
import static io.quire.store.table.RecordDescriptor.VALUE_LENGTH_OFFSET;
import static io.quire.store.table.RecordDescriptor.valueOffset;
import static io.quire.store.table.RecordSlotDescriptor.SLOT_LENGTH;
import static io.quire.store.table.RecordSlotDescriptor.WINDOW_LENGTH;
import static io.quire.store.table.SegmentDescriptor.SEGMENT_LENGTH;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.function.LongPredicate;

/**
 * Hash table from bytes to bytes in paged memory: segments of slots that point to records, and a heap of records whose
 * addresses never change while they are there. Two cache misses to find one; one to find that a key is absent. It
 * grows and shrinks by a segment of 64 KiB at a time. No method but {@link #create}, {@link #open}, {@link #cursor}
 * and {@link #statistics} allocates on the heap.
 *
 * <p>Keys and values are given as a base and an offset as Agrona's buffers have them: a byte array and an offset from
 * {@link RawMemory#ARRAY_OFFSET}, or null and a native pointer. They may lie in this table's own records: sources are
 * read before anything they may be part of is freed.
 *
 * <p>Pointers are valid until the next call that writes to the store. A value is 8-byte aligned.
 *
 * <p>Exceptions of all methods that write: {@link StoreFullException} when the table has to grow and cannot, or a
 * length is over its limit; of all methods: what loading a page after recovery throws. After any of them the table is
 * as before the call. After {@link #drop} every method throws {@link IllegalStateException}.
 *
 * <p>Threading: confined to the store's writer; other threads read through a {@link #reader}.
 */
public final class RecordTable implements StateTable {
    /** What {@link #find} returns for an absent key. */
    public static final long NOT_FOUND = 0;
    /** Longest key, bytes. */
    public static final int MAX_KEY_LENGTH = 1024 * 1024;
    /** Longest value, bytes; one that does not fit into a window of the store with its key is refused too. */
    public static final int MAX_VALUE_LENGTH = 64 * 1024 * 1024;

    /** Most keys of a {@link #findAll}. */
    public static final int BATCH_COUNT_MAX = 32;

    final TableRoot root;
    final BlockHeap heap;
    final Directory directory;
    final KeyHash keyHash;
    private final PagedMemory memory;
    private final RecordSegments segments;
    private final SparseExtents sparseExtents;
    private final RecordBatch batch;
    private boolean lastPutInserted;
    private long foundPointer; // to the record last found
    private long foundReference; // the directory's for the segment it was found in
    private long moveCount;
    private RecordTableCursor openCursors;

    private RecordTable(final PagedMemory memory, final TableRoot root) {
        this.memory = memory;
        this.root = root;
        heap = new BlockHeap(memory, root);
        keyHash = new KeyHash(memory.hashSeed());
        segments = new RecordSegments(memory, root, heap, keyHash);
        directory = segments.directory;
        sparseExtents = new SparseExtents(memory, heap, segments);
        batch = new RecordBatch(memory, directory, keyHash);
    }

    /**
     * Creates an empty table, which takes two extents.
     *
     * @param memory where
     * @return the table
     * @throws StoreFullException when there is no space; nothing has changed
     */
    public static RecordTable create(final PagedMemory memory) {
        return create(memory, TableRootDescriptor.KIND_RECORD);
    }

    /** Creates the table that another kind of table is built on. */
    static RecordTable create(final PagedMemory memory, final int kind) {
        memory.ensureFree(2);
        final RecordTable table = new RecordTable(memory, TableRoot.create(memory, kind));
        table.segments.start();
        return table;
    }

    /**
     * Opens a table, in time independent of its size.
     *
     * @param memory where
     * @param rootAddress what {@link #rootAddress} returned
     * @return the table
     * @throws io.quire.store.errors.CorruptStoreException when no table of this kind is there
     * @throws io.quire.store.errors.FormatTooNewException when a newer release wrote it
     */
    public static RecordTable open(final PagedMemory memory, final long rootAddress) {
        return open(memory, rootAddress, TableRootDescriptor.KIND_RECORD);
    }

    /** Opens the table that another kind of table is built on. */
    static RecordTable open(final PagedMemory memory, final long rootAddress, final int kind) {
        return new RecordTable(memory, TableRoot.open(memory, rootAddress, kind));
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
     * Finds the record of a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return its address, valid until the record is removed or replaced by one of another size; {@link #NOT_FOUND}
     *     when the key is absent
     */
    public long find(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long record = locate(hash, keyBase, keyOffset, keyLength);
        return record > 0 ? record : NOT_FOUND;
    }

    /**
     * Finds the record of a key to read its value, with {@link #valueLengthAt} and {@link #valueAt}.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return native pointer to all of the record; 0 when the key is absent
     */
    public long findPointer(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long record = find(keyBase, keyOffset, keyLength);
        return record == NOT_FOUND ? 0 : foundPointer(record, keyLength);
    }

    /**
     * Pointer to the record that {@link #find} has just returned.
     *
     * @param record its address
     * @param keyLength length of its key, bytes
     * @return native pointer to all of the record
     */
    public long foundPointer(final long record, final int keyLength) {
        if (memory.hydrating()) {
            valuePointer(record, keyLength); // loads the value
        }
        return foundPointer;
    }

    /**
     * Length of the value of a record that {@link #findPointer} has found.
     *
     * @param pointer native pointer to the record
     * @return bytes
     */
    public static int valueLengthAt(final long pointer) {
        return RawMemory.getInt(pointer + VALUE_LENGTH_OFFSET);
    }

    /**
     * Pointer to the value of a record that {@link #findPointer} has found.
     *
     * @param pointer native pointer to the record
     * @param keyLength length of its key, bytes
     * @return native pointer to all of the value
     */
    public static long valueAt(final long pointer, final int keyLength) {
        return pointer + valueOffset(keyLength);
    }

    /**
     * Finds the records of several keys, in less time than one by one: the cache misses of up to {@link
     * #BATCH_COUNT_MAX} keys overlap.
     *
     * @param keyBase byte array or null that holds the keys
     * @param keyOffset offset in the array or native pointer of where key offsets count from
     * @param keyOffsets key i begins at offset i and ends at offset i + 1
     * @param from index of the first key
     * @param count keys, at most {@link #BATCH_COUNT_MAX}
     * @param records takes the address of each record, or {@link #NOT_FOUND}, from index 0 on
     */
    public void findAll(
            final byte[] keyBase,
            final long keyOffset,
            final int[] keyOffsets,
            final int from,
            final int count,
            final long[] records) {
        batch.findAll(this, keyBase, keyOffset, keyOffsets, from, count, records);
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
     * @param keyLength bytes
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final byte[] keyBase, final long keyOffset, final int keyLength) {
        return KeyGroupRange.groupOf(keyHash.ofBytes(keyBase, keyOffset, keyLength));
    }

    /**
     * Finds the slot that an operation on a key will look at first and does not look at it, so that the misses of
     * several keys can overlap; {@link #fetchRecord} goes on from there.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param hints takes what fetchRecord has to know
     * @param index where in hints
     * @return native pointer to the slot, loaded
     */
    public long fetch(
            final byte[] keyBase, final long keyOffset, final int keyLength, final long[] hints, final int index) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long reference = directory.reference(hash);
        final long header = RecordSlotDescriptor.header(hash, DirectoryDescriptor.depth(reference));
        hints[index] = header;
        final int offset = RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.home(header));
        return memory.forRead(DirectoryDescriptor.address(reference) + offset);
    }

    /**
     * Finds the record that is probably a key's and does not look at it.
     *
     * @param slotPointer what {@link #fetch} returned, and no entry was changed since
     * @param hints has at the index what fetch left there; takes {@link PagedMemory#trackingPointer} of the record
     * @param index where in hints
     * @return native pointer to the record, loaded; slotPointer, also in hints, when there is none in the page
     */
    public long fetchRecord(final long slotPointer, final long[] hints, final int index) {
        final long header = hints[index];
        long pointer = slotPointer;
        do {
            final long slot = RawMemory.getLong(pointer);
            if (slot == 0) {
                break;
            }
            if (RecordSlotDescriptor.matches(slot, header)) {
                final long record = RecordSlotDescriptor.record(slot);
                hints[index] = memory.trackingPointer(record);
                return memory.forRead(record);
            }
            pointer += SLOT_LENGTH;
        } while ((pointer & (PageDescriptor.PAGE_LENGTH - 1)) != 0);
        hints[index] = slotPointer;
        return slotPointer;
    }

    /**
     * Finds the record of a key, and notes the native pointer to it and the segment.
     *
     * @return address of the record; when absent the complement of the address of the slot to insert it at
     */
    private long locate(final long hash, final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long reference = directory.reference(hash);
        if (memory.hydrating()) {
            return locateWithCare(reference, hash, keyBase, keyOffset, keyLength);
        }
        final long segment = directory.pointer(hash);
        final int home = RecordSlotDescriptor.homeIndex(hash);
        final long wanted = RecordSlotDescriptor.homeAndTag(home, hash, DirectoryDescriptor.depth(reference));
        int offset = RecordSlotDescriptor.slotOffset(home);
        // Linear probing (Knuth vol. 3, 6.4, algorithm L), a window at a time. A segment always has an empty slot.
        while (offset <= SEGMENT_LENGTH - WINDOW_LENGTH) {
            final int window = RecordSlotDescriptor.window(segment + offset, wanted);
            if (window != 0) {
                offset += Integer.numberOfTrailingZeros(window) * SLOT_LENGTH;
                final long slot = RawMemory.getLong(segment + offset);
                if (slot == 0) {
                    return ~(DirectoryDescriptor.address(reference) + offset);
                }
                final long record = RecordSlotDescriptor.record(slot);
                final long pointer = memory.forRead(record);
                if (hasKey(pointer, keyBase, keyOffset, keyLength)) {
                    foundPointer = pointer;
                    foundReference = reference;
                    return record;
                }
                break; // the slot of another key that agrees in all bits at hand
            }
            offset += WINDOW_LENGTH;
        }
        return locateWithCare(reference, hash, keyBase, keyOffset, keyLength);
    }

    /** Finds the record of a key whose slot or record may be cold, past the segment's end or behind one like it. */
    private long locateWithCare(
            final long reference, final long hash, final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long segment = DirectoryDescriptor.address(reference);
        final long header = RecordSlotDescriptor.header(hash, DirectoryDescriptor.depth(reference));
        int offset = RecordSlotDescriptor.slotOffset(RecordSlotDescriptor.home(header));
        for (int count = 0; count < RecordSlotDescriptor.SLOT_COUNT; count++) {
            final long slot = RawMemory.getLong(memory.forRead(segment + offset));
            if (slot == 0) {
                return ~(segment + offset);
            }
            if (RecordSlotDescriptor.matches(slot, header)) {
                final long record = RecordSlotDescriptor.record(slot);
                final long pointer = hydrated(record);
                if (hasKey(pointer, keyBase, keyOffset, keyLength)) {
                    foundPointer = pointer;
                    foundReference = reference;
                    return record;
                }
            }
            offset = Segments.wrap(offset + SLOT_LENGTH);
        }
        throw Segments.noEmptySlot(segment);
    }

    /** Pointer to a record whose header and key are hydrated. */
    private long hydrated(final long record) {
        return memory.forRead(record, HEADER_LENGTH + RawMemory.getInt(memory.forRead(record) + KEY_LENGTH_OFFSET));
    }

    // Small methods, so that the compiler takes them into the search whatever it has seen of matches before.

    static boolean hasKey(final long record, final byte[] keyBase, final long keyOffset, final int keyLength) {
        return RawMemory.getInt(record + KEY_LENGTH_OFFSET) == keyLength
                && keyEquals(record + KEY_OFFSET, keyBase, keyOffset, keyLength);
    }

    private static boolean keyEquals(final long key, final byte[] keyBase, final long keyOffset, final int keyLength) {
        return keyLength == Long.BYTES
                ? longEquals(key, keyBase, keyOffset)
                : RawMemory.equal(keyBase, keyOffset, key, keyLength);
    }

    private static boolean longEquals(final long key, final byte[] keyBase, final long keyOffset) {
        return RawMemory.getLong(keyBase, keyOffset) == RawMemory.getLong(key);
    }

    /**
     * Length of a record's key.
     *
     * @param record its address
     * @return bytes
     */
    public int keyLength(final long record) {
        return RawMemory.getInt(memory.forRead(record) + KEY_LENGTH_OFFSET);
    }

    /**
     * Length of a record's value.
     *
     * @param record its address
     * @return bytes
     */
    public int valueLength(final long record) {
        return RawMemory.getInt(memory.forRead(record) + VALUE_LENGTH_OFFSET);
    }

    /**
     * Pointer to a record's key.
     *
     * @param record its address
     * @return native pointer to all of the key
     */
    public long keyPointer(final long record) {
        return memory.forRead(record, HEADER_LENGTH + keyLength(record)) + KEY_OFFSET;
    }

    /**
     * Pointer to a record's value.
     *
     * @param record its address
     * @return native pointer to all of the value
     */
    public long valuePointer(final long record) {
        return valuePointer(record, keyLength(record));
    }

    /**
     * Pointer to a record's value, for a caller who knows the length of its key: the value can be fetched from memory
     * together with the record's header instead of after it.
     *
     * @param record its address
     * @param keyLength length of its key, bytes
     * @return native pointer to all of the value
     */
    public long valuePointer(final long record, final int keyLength) {
        final long pointer = memory.forRead(record);
        final int valueOffset = valueOffset(keyLength);
        if (memory.hydrating()) {
            memory.forRead(record, valueOffset + RawMemory.getInt(pointer + VALUE_LENGTH_OFFSET));
        }
        return pointer + valueOffset;
    }

    /**
     * Pointer to a record's value for changing it in place; all of its lines count as changed.
     *
     * @param record its address
     * @return native pointer to all of the value
     */
    public long valuePointerForWrite(final long record) {
        final int keyLength = keyLength(record);
        final int valueLength = valueLength(record);
        return valueLength == 0
                ? valuePointer(record, keyLength)
                : valuePointerForWrite(record, keyLength, 0, valueLength);
    }

    /**
     * Pointer to a part of a record's value for changing it in place; only its lines count as changed.
     *
     * @param record its address
     * @param keyLength length of its key, bytes
     * @param offset bytes from the start of the value
     * @param length bytes, greater than 0; the part lies inside the value
     * @return native pointer to the part
     */
    public long valuePointerForWrite(final long record, final int keyLength, final int offset, final int length) {
        assert keyLength == keyLength(record) : "keyLength=" + keyLength + " found=" + keyLength(record);
        assert offset >= 0 && length > 0 && offset + length <= valueLength(record)
                : "offset=" + offset + " length=" + length + " valueLength=" + valueLength(record);
        return memory.forWrite(record + valueOffset(keyLength) + offset, length);
    }

    /**
     * Sets the value of a key. The value is overwritten in place when its new length is of the same size class;
     * otherwise the record moves.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes, up to {@link #MAX_KEY_LENGTH}
     * @param valueBase byte array or null
     * @param valueOffset offset in the array or native pointer
     * @param valueLength bytes, up to {@link #MAX_VALUE_LENGTH}
     * @return address of the record
     */
    public long put(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkLengths(keyLength, valueLength);
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long found = locate(hash, keyBase, keyOffset, keyLength);
        if (found > 0) {
            lastPutInserted = false;
            return overwrite(hash, found, foundPointer, keyLength, valueBase, valueOffset, valueLength);
        }
        final long target = segments.reserve(hash, ~found);
        final long record = newRecord(target, keyBase, keyOffset, keyLength, valueLength);
        if (valueLength > 0) {
            RawMemory.copy(valueBase, valueOffset, null, valuePointer(record), valueLength);
        }
        segments.insert(target, hash, record);
        lastPutInserted = true;
        return record;
    }

    /**
     * Sets the value of a key as {@link #put} does, without searching for it again when its record is still where it
     * was and the lengths are still what they were.
     *
     * @param record what {@link #find} returned for the key
     * @param moveCountBefore what {@link #moveCount} returned then
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @param valueBase byte array or null
     * @param valueOffset offset in the array or native pointer
     * @param valueLength bytes, up to {@link #MAX_VALUE_LENGTH}
     * @return address of the record
     */
    public long putInRecord(
            final long record,
            final long moveCountBefore,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (moveCountBefore != moveCount
                || valueLength(record) != valueLength
                || !hasKey(memory.forRead(record), keyBase, keyOffset, keyLength)) {
            return put(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        foundReference = directory.reference(hash);
        lastPutInserted = false;
        return overwrite(hash, record, memory.forRead(record), keyLength, valueBase, valueOffset, valueLength);
    }

    /** {@return a number that changes when a record moves or is removed, so that what was found may be gone} */
    public long moveCount() {
        return moveCount;
    }

    /**
     * Adds to eight bytes of the value of the record that {@link #find} has just returned, little-endian; only their
     * lines count as changed.
     *
     * @param record its address
     * @param pointer what {@link #foundPointer} returned
     * @param keyLength length of its key, bytes
     * @param offset bytes from the start of the value; the field lies inside the value
     * @param delta what to add, wrapping around on overflow
     * @return the new value of the field
     */
    public long addAndGet(
            final long record, final long pointer, final int keyLength, final int offset, final long delta) {
        final int target = valueOffset(keyLength) + offset;
        if ((offset & (Long.BYTES - 1)) == 0) {
            memory.forWriteOfLong(record + target);
        } else {
            memory.noteWrite(record + target, Long.BYTES);
        }
        final long sum = RawMemory.getLong(pointer + target) + delta;
        final int valueLength = valueLengthAt(pointer);
        if (valueLength == Long.BYTES) {
            RawMemory.putLongRelease(pointer + target, sum);
        } else {
            final long change =
                    segments.sequences.begin(changed(foundReference, record, target - offset + valueLength));
            RawMemory.putLong(pointer + target, sum);
            segments.sequences.end(change);
        }
        return sum;
    }

    /**
     * Sets eight bytes of the value of the record that {@link #find} has just returned, and the last eight of it:
     * readers see both or neither. Only their lines count as changed.
     *
     * @param record its address
     * @param pointer what {@link #foundPointer} returned
     * @param keyLength length of its key, bytes
     * @param offset bytes from the start of the value of the first eight
     * @param value what they become
     * @param last what the last eight become
     */
    public void putLongAndLast(
            final long record,
            final long pointer,
            final int keyLength,
            final int offset,
            final long value,
            final long last) {
        final int start = valueOffset(keyLength);
        final int end = start + valueLengthAt(pointer);
        memory.noteWrite(record + start + offset, Long.BYTES);
        memory.noteWrite(record + end - Long.BYTES, Long.BYTES);
        final long change = segments.sequences.begin(changed(foundReference, record, end));
        RawMemory.putLong(pointer + start + offset, value);
        RawMemory.putLong(pointer + end - Long.BYTES, last);
        segments.sequences.end(change);
    }

    /**
     * Finds the record of a key or inserts one whose value is zeros, for changing the value in place.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes, up to {@link #MAX_KEY_LENGTH}
     * @param valueLength length of the value if it is inserted, bytes; one that is found keeps its length
     * @return address of the record
     */
    public long insertOrFind(final byte[] keyBase, final long keyOffset, final int keyLength, final int valueLength) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long found = locate(hash, keyBase, keyOffset, keyLength);
        if (found > 0) {
            lastPutInserted = false;
            return found;
        }
        checkLengths(keyLength, valueLength);
        final long target = segments.reserve(hash, ~found);
        final long record = newRecord(target, keyBase, keyOffset, keyLength, valueLength);
        if (valueLength > 0) {
            RawMemory.setMemory(valuePointer(record), valueLength, (byte) 0);
        }
        segments.insert(target, hash, record);
        lastPutInserted = true;
        return record;
    }

    /**
     * Finds the record of a key or inserts one whose value is a long, which readers see with the record or not at all.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes, up to {@link #MAX_KEY_LENGTH}
     * @param value of the record that is inserted, little-endian; one that is found keeps its own
     * @return address of the record
     */
    public long insertLongOrFind(final byte[] keyBase, final long keyOffset, final int keyLength, final long value) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long found = locate(hash, keyBase, keyOffset, keyLength);
        if (found > 0) {
            lastPutInserted = false;
            return found;
        }
        checkLengths(keyLength, Long.BYTES);
        final long target = segments.reserve(hash, ~found);
        final long record = newRecord(target, keyBase, keyOffset, keyLength, Long.BYTES);
        RawMemory.putLong(valuePointer(record), value);
        segments.insert(target, hash, record);
        lastPutInserted = true;
        return record;
    }

    /** {@return whether the last put or insertion that returned has inserted an entry} */
    public boolean lastPutInserted() {
        return lastPutInserted;
    }

    private static void checkLengths(final int keyLength, final int valueLength) {
        if (keyLength < 0 || keyLength > MAX_KEY_LENGTH) {
            throw new StoreFullException(
                    "key length out of range: found=" + keyLength + " most=" + MAX_KEY_LENGTH + " bytes");
        }
        if (valueLength < 0 || valueLength > MAX_VALUE_LENGTH) {
            throw new StoreFullException(
                    "value length out of range: found=" + valueLength + " most=" + MAX_VALUE_LENGTH + " bytes");
        }
    }

    /**
     * Takes a record with its key in place, all writable, and makes writable what inserting it at a slot will change.
     */
    private long newRecord(
            final long slot, final byte[] keyBase, final long keyOffset, final int keyLength, final int valueLength) {
        segments.prepareInsert(slot);
        final long record = heap.allocateRecord(RecordDescriptor.length(keyLength, valueLength));
        writeHead(record, keyBase, keyOffset, keyLength, valueLength);
        root.addPayload((long) keyLength + valueLength);
        return record;
    }

    private void writeHead(
            final long record, final byte[] keyBase, final long keyOffset, final int keyLength, final int valueLength) {
        final int valueOffset = valueOffset(keyLength);
        final long pointer = memory.forRead(record, valueOffset);
        if (valueOffset > KEY_OFFSET) {
            RawMemory.putLong(pointer + valueOffset - Long.BYTES, 0); // bytes between key and value are zero
        }
        RawMemory.putInt(pointer + KEY_LENGTH_OFFSET, keyLength);
        RawMemory.putInt(pointer + VALUE_LENGTH_OFFSET, valueLength);
        if (keyLength > 0) {
            RawMemory.copy(keyBase, keyOffset, null, pointer + KEY_OFFSET, keyLength);
        }
    }

    private long overwrite(
            final long hash,
            final long record,
            final long pointer,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final int oldValueLength = RawMemory.getInt(pointer + VALUE_LENGTH_OFFSET);
        // Not from the record's key length: the lines of value and page table are asked for while the record's is
        // awaited.
        final int target = valueOffset(keyLength);
        if (valueLength != oldValueLength) {
            if (!sameBlock(target + oldValueLength, target + valueLength)) {
                return replace(hash, record, valueBase, valueOffset, valueLength);
            }
            // All that may fail comes first: a write of the value's lines, even of none.
            memory.forWrite(record, target + valueLength);
            root.forWriteCounters();
            root.addPayload(valueLength - oldValueLength);
        } else if (valueLength > 0) {
            memory.noteWrite(record + target, valueLength);
            if (valueLength == Long.BYTES) {
                RawMemory.putLongRelease(pointer + target, RawMemory.getLong(valueBase, valueOffset));
                return record;
            }
        }
        final long change = segments.sequences.begin(changed(foundReference, record, target + valueLength));
        if (valueLength != oldValueLength) {
            RawMemory.putInt(pointer + VALUE_LENGTH_OFFSET, valueLength);
        }
        if (valueLength > 0) {
            RawMemory.copy(valueBase, valueOffset, null, pointer + target, valueLength);
        }
        segments.sequences.end(change);
        return record;
    }

    /**
     * By whose counter readers notice a change of a record in place: that of its slot's segment, but that of its own
     * first extent when it is long, so that neither its readers wait for those of its neighbours nor these for it.
     */
    private static long changed(final long reference, final long record, final int length) {
        return length > SizeClasses.BLOCK_LENGTH_MAX ? record : DirectoryDescriptor.address(reference);
    }

    private static boolean sameBlock(final int length, final int otherLength) {
        final int sizeClass = SizeClasses.ofLength(length);
        return sizeClass == SizeClasses.ofLength(otherLength)
                && (sizeClass != SizeClasses.LARGE
                        || SizeClasses.largeExtentCount(length) == SizeClasses.largeExtentCount(otherLength));
    }

    /** Gives an entry a record of another size class. */
    private long replace(
            final long hash,
            final long oldRecord,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final long slot = segments.slotOf(hash, oldRecord);
        final int keyLength = keyLength(oldRecord);
        final int oldValueLength = valueLength(oldRecord);
        memory.forWrite(slot, SLOT_LENGTH);
        root.forWriteCounters();
        final int oldLength = RecordDescriptor.length(keyLength, oldValueLength);
        final long key = keyPointer(oldRecord);
        heap.prepareFreeRecord(oldRecord, oldLength);
        final long record = heap.allocateRecord(RecordDescriptor.length(keyLength, valueLength));
        // Nothing can fail from here on.
        writeHead(record, null, key, keyLength, valueLength);
        if (valueLength > 0) {
            RawMemory.copy(valueBase, valueOffset, null, valuePointer(record, keyLength), valueLength);
        }
        final long change = segments.sequences.begin(slot);
        heap.freeRecord(oldRecord, oldLength); // after the copy: it may be the source
        segments.replace(slot, record);
        segments.sequences.end(change);
        root.addPayload(valueLength - oldValueLength);
        recordMoved(hash, oldRecord, record);
        return record;
    }

    /**
     * Removes a key.
     *
     * @param keyBase byte array or null
     * @param keyOffset offset in the array or native pointer
     * @param keyLength bytes
     * @return whether it was present
     */
    @Override
    public boolean remove(final byte[] keyBase, final long keyOffset, final int keyLength) {
        final long hash = keyHash.ofBytes(keyBase, keyOffset, keyLength);
        final long record = locate(hash, keyBase, keyOffset, keyLength);
        if (record < 0) {
            return false;
        }
        final long segment = DirectoryDescriptor.address(directory.reference(hash));
        segments.mergeIfSparse(hash, Segments.count(memory.forRead(segment)));
        final long slot = segments.slotOf(hash, record);
        segments.prepareRemove(slot);
        final int recordKeyLength = keyLength(record);
        final int valueLength = valueLength(record);
        final long change = segments.sequences.begin(slot);
        try {
            heap.freeRecord(record, RecordDescriptor.length(recordKeyLength, valueLength));
            segments.remove(slot);
        } finally {
            segments.sequences.end(change); // freeing may fail, before it has changed anything
        }
        root.addPayload(-((long) recordKeyLength + valueLength));
        recordMoved(hash, record, NOT_FOUND);
        return true;
    }

    /**
     * Bounds the space between records: when the last put or remove left an extent of the heap sparse, moves a few
     * records from one such extent to another, so that a table that shrinks gives extents back. Whoever calls it after
     * each put and remove keeps the heap about a third full or better; who keeps addresses of records, as in lists
     * that link them, does not call it. Addresses and pointers taken before are not valid after it.
     */
    public void tidy() {
        final long extent = heap.takeLastFreedIn();
        if (extent != 0 && sparseExtents.look(extent)) {
            sparseExtents.move(this);
        }
    }

    /**
     * Passes every record to a consumer, in the order of their slots. The consumer may change values in place but must
     * not put or remove; use a {@link #cursor} for that.
     *
     * @param consumer takes each record once
     */
    public void forEach(final RecordConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Passes every record to a consumer, in the order of memory, which is faster than that of slots. For a table whose
     * heap holds nothing but its records. The consumer may do what that of {@link #forEach(RecordConsumer)} may.
     *
     * @param consumer takes each record once
     */
    public void scan(final RecordConsumer consumer) {
        directory.checkPresent();
        heap.forEachRecord(consumer);
    }

    /**
     * Passes the records of some key groups to a consumer, as {@link #forEach(RecordConsumer)} does.
     *
     * @param range which
     * @param consumer takes each record once
     */
    public void forEach(final KeyGroupRange range, final RecordConsumer consumer) {
        directory.checkPresent();
        long position = range.firstHash();
        do {
            final long reference = directory.reference(position);
            final boolean all = Segments.isWithin(position, reference, range);
            final long pointer = memory.forRead(DirectoryDescriptor.address(reference), SEGMENT_LENGTH);
            for (int offset = SegmentDescriptor.HEADER_LENGTH; offset < SEGMENT_LENGTH; offset += SLOT_LENGTH) {
                final long slot = RawMemory.getLong(pointer + offset);
                if (slot != 0) {
                    final long record = RecordSlotDescriptor.record(slot);
                    if (all || range.containsHash(hashOf(record))) {
                        consumer.accept(record);
                    }
                }
            }
            position = Segments.next(position, reference);
        } while (!range.endsBefore(position));
    }

    /**
     * Starts an iteration that tolerates writes between its steps. Close it: until then each remove tells it what it
     * removes.
     *
     * @return a cursor before the first entry; allocates 64 KiB
     */
    public RecordTableCursor cursor() {
        return cursor(KeyGroupRange.ALL);
    }

    /**
     * Starts an iteration over the entries of some key groups, as {@link #cursor()} does.
     *
     * @param range which
     * @return a cursor before the first entry; allocates 64 KiB
     */
    public RecordTableCursor cursor(final KeyGroupRange range) {
        return cursor(range, new long[RecordTableCursor.SLOTS]);
    }

    /**
     * Starts an iteration as {@link #cursor(KeyGroupRange)} does, in memory that the caller has for it.
     *
     * @param range which
     * @param slots {@link RecordTableCursor#SLOTS} of them, with anything in them; the cursor's until it is closed
     * @return a cursor before the first entry
     */
    public RecordTableCursor cursor(final KeyGroupRange range, final long[] slots) {
        directory.checkPresent();
        final RecordTableCursor cursor = new RecordTableCursor(this, range, slots, openCursors);
        openCursors = cursor;
        return cursor;
    }

    /**
     * Makes a reader for another thread. From any thread.
     *
     * @param session says when the thread reads
     * @return a reader for that thread
     */
    public RecordTableReader reader(final ReadSession session) {
        return new RecordTableReader(memory, directory, keyHash, session);
    }

    /**
     * Makes a reader for another thread, of a table whose values end with a timestamp of 8 bytes. From any thread.
     *
     * @param session says when the thread reads
     * @param live tells by its timestamp whether an entry is to be seen; asked by the thread
     * @return a reader for that thread, which sees values without their timestamps
     */
    public RecordTableReader reader(final ReadSession session, final LongPredicate live) {
        return new TimestampedRecordReader(memory, directory, keyHash, session, live);
    }

    /** Forgets a cursor. */
    void closed(final RecordTableCursor cursor) {
        if (openCursors == cursor) {
            openCursors = cursor.nextOpen();
        } else {
            RecordTableCursor before = openCursors;
            while (before != null && before.nextOpen() != cursor) {
                before = before.nextOpen();
            }
            if (before != null) {
                before.nextOpen(cursor.nextOpen());
            }
        }
    }

    void recordMoved(final long hash, final long oldRecord, final long newRecord) {
        moveCount++;
        for (RecordTableCursor cursor = openCursors; cursor != null; cursor = cursor.nextOpen()) {
            cursor.recordMoved(hash, oldRecord, newRecord);
        }
    }

    private void endCursors() {
        moveCount++;
        while (openCursors != null) {
            openCursors.close();
        }
    }

    /** Copies the slots of the segment of a hash for a cursor. */
    void copySlots(final long position, final long[] slots) {
        final long segment = DirectoryDescriptor.address(directory.reference(position));
        final long pointer = memory.forRead(segment, SEGMENT_LENGTH);
        for (int index = 0; index < slots.length; index++) {
            slots[index] = RawMemory.getLong(pointer + RecordSlotDescriptor.slotOffset(index));
        }
    }

    /** First hash after those of the segment of a hash, 0 = none. */
    long nextPosition(final long position) {
        return Segments.next(position, directory.reference(position));
    }

    /** Whether all hashes of the segment of a hash are in a range. */
    boolean isWithin(final long position, final KeyGroupRange range) {
        return Segments.isWithin(position, directory.reference(position), range);
    }

    /** Whether the segment of a hash also holds earlier ones. */
    boolean beginsBefore(final long position) {
        return DirectoryDescriptor.prefix(position, DirectoryDescriptor.depth(directory.reference(position)))
                != position;
    }

    long hashOf(final long record) {
        return segments.hashOf(record);
    }

    /** Removes all entries; all extents but two go back to the store. Cursors end. O(extents). */
    @Override
    public void clear() {
        segments.clear();
        endCursors();
    }

    @Override
    public void prepareDrop() {
        segments.prepareDrop();
    }

    /** Gives all of the table's extents back to the store; the table can no longer be used. O(extents). */
    @Override
    public void drop() {
        segments.drop();
        moveCount++;
        for (; openCursors != null; openCursors = openCursors.nextOpen()) {
            openCursors.tableDropped();
        }
    }

    /** {@return sizes of the table; O(extents of the heap)} */
    @Override
    public TableStatistics statistics() {
        directory.checkPresent();
        return new TableStatistics(
                root.entries(),
                root.payload(),
                root.segments(),
                heap.blocksInUse(SizeClasses.NODE) - 1,
                heap.extentCount() + root.segments(),
                heap.freeLength());
    }

    /**
     * Checks everything the table consists of, O(its size).
     *
     * @throws io.quire.store.errors.CorruptStoreException naming the first thing that is not as it must be
     */
    @Override
    public void checkInvariants() {
        new RecordTableChecker(memory, root, directory, keyHash).check();
    }
}

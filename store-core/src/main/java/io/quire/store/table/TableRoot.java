/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.TableRootDescriptor.CLASS_EXTENTS_OFFSET;
import static io.quire.store.table.TableRootDescriptor.CLASS_HEAD_OFFSET;
import static io.quire.store.table.TableRootDescriptor.COUNTERS_LENGTH;
import static io.quire.store.table.TableRootDescriptor.ROOT_LENGTH;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;

/**
 * The root page of a table: its counters, the top of its directory and the heads of its heap's size classes.
 *
 * <p>Changes are made in two steps, so that an exception leaves all as it was: first {@link #forWriteCounters()} or
 * {@link #forWriteClass}, which may throw, then the setters, which do not. The pointer for reading is kept: the page
 * was hydrated when the root was opened, and a hydrated page stays where it is.
 *
 * <p>Threading: confined to the store's writer.
 */
final class TableRoot {
    private final PagedMemory memory;
    private final long address;
    private final long pointer;

    private TableRoot(final PagedMemory memory, final long address) {
        this.memory = memory;
        this.address = address;
        pointer = memory.forRead(address, ROOT_LENGTH);
    }

    /** Allocates the root of an empty table of the widths of its kind. */
    static TableRoot create(final PagedMemory memory, final int kind) {
        return create(memory, kind, 0, 0);
    }

    /** Allocates the root of an empty table, in the first of the table's extents of nodes. It has no directory yet. */
    static TableRoot create(final PagedMemory memory, final int kind, final int keyLength, final int valueLength) {
        final long extent = memory.allocateExtent(ExtentKind.PAGES);
        try {
            final long address = extent + SizeClasses.firstOffset(SizeClasses.NODE);
            final long header = memory.forWrite(extent, HeapExtentDescriptor.HEADER_LENGTH);
            final long root = memory.forWrite(address, ROOT_LENGTH);
            BlockHeap.formatWithRoot(header, extent);
            RawMemory.setMemory(root, ROOT_LENGTH, (byte) 0);
            RawMemory.putInt(root + TableRootDescriptor.MAGIC_OFFSET, TableRootDescriptor.MAGIC);
            RawMemory.putInt(root + TableRootDescriptor.KIND_OFFSET, kind);
            RawMemory.putInt(root + TableRootDescriptor.VERSION_OFFSET, TableRootDescriptor.VERSION);
            RawMemory.putLong(root + TableRootDescriptor.HASH_CHECK_OFFSET, new KeyHash(memory.hashSeed()).check());
            RawMemory.putInt(root + TableRootDescriptor.KEY_LENGTH_OFFSET, keyLength);
            RawMemory.putInt(root + TableRootDescriptor.VALUE_LENGTH_OFFSET, valueLength);
            final TableRoot created = new TableRoot(memory, address);
            created.head(SizeClasses.NODE, HeapExtentDescriptor.extentNumber(extent));
            created.addExtents(SizeClasses.NODE, 1);
            return created;
        } catch (final RuntimeException e) {
            memory.free(extent);
            throw e;
        }
    }

    /** Opens the root at an address after checking that it is one of the kind. */
    static TableRoot open(final PagedMemory memory, final long address, final int kind) {
        if (address <= 0
                || (address & (PageDescriptor.PAGE_LENGTH - 1)) != 0
                || address >= PageDescriptor.addressOfPage(memory.pageLimit())) {
            throw corrupt("address is no page of this store", address, "0x" + Long.toHexString(address), "a page");
        }
        final TableRoot root = new TableRoot(memory, address);
        root.check("magic", TableRootDescriptor.MAGIC_OFFSET, TableRootDescriptor.MAGIC);
        final int version = RawMemory.getInt(root.pointer + TableRootDescriptor.VERSION_OFFSET);
        if (version > TableRootDescriptor.VERSION) {
            throw new FormatTooNewException("table has a newer layout: root=0x" + Long.toHexString(address) + " found="
                    + version + " supported=" + TableRootDescriptor.VERSION + "; use a newer release");
        }
        root.check("version", TableRootDescriptor.VERSION_OFFSET, TableRootDescriptor.VERSION);
        root.check("kind", TableRootDescriptor.KIND_OFFSET, kind);
        final long hashCheck = new KeyHash(memory.hashSeed()).check();
        final long foundCheck = RawMemory.getLong(root.pointer + TableRootDescriptor.HASH_CHECK_OFFSET);
        if (foundCheck != hashCheck) {
            throw corrupt("hash seed", address, "check " + Long.toHexString(foundCheck), Long.toHexString(hashCheck));
        }
        return root;
    }

    private void check(final String what, final int offset, final int expected) {
        final int found = RawMemory.getInt(pointer + offset);
        if (found != expected) {
            throw corrupt(what, address, "0x" + Integer.toHexString(found), "0x" + Integer.toHexString(expected));
        }
    }

    /** Key length of a table of fixed widths. */
    int keyLength() {
        return RawMemory.getInt(pointer + TableRootDescriptor.KEY_LENGTH_OFFSET);
    }

    /** Value length of a table of fixed widths. */
    int valueLength() {
        return RawMemory.getInt(pointer + TableRootDescriptor.VALUE_LENGTH_OFFSET);
    }

    private static CorruptStoreException corrupt(
            final String what, final long address, final String found, final String expected) {
        return new CorruptStoreException("no valid table root: " + what + ": root=0x" + Long.toHexString(address)
                + " found=" + found + " expected=" + expected + "; run 'quire verify'");
    }

    long address() {
        return address;
    }

    /** Makes the counters and the directory's reference writable. */
    void forWriteCounters() {
        memory.forWrite(address, COUNTERS_LENGTH);
    }

    /** Makes head and extent count of a size class writable. */
    void forWriteClass(final int sizeClass) {
        memory.forWrite(address + TableRootDescriptor.classOffset(sizeClass), TableRootDescriptor.CLASS_LENGTH);
    }

    /** Makes the owner's fields writable. */
    void forWriteOwner() {
        memory.forWrite(address + TableRootDescriptor.OWNER_OFFSET, PageDescriptor.LINE_LENGTH);
    }

    /** One of the eight longs of what is built on the table. */
    long ownerField(final int index) {
        return RawMemory.getLong(pointer + ownerOffset(index));
    }

    void ownerField(final int index, final long value) {
        RawMemory.putLong(pointer + ownerOffset(index), value);
    }

    private static int ownerOffset(final int index) {
        return TableRootDescriptor.OWNER_OFFSET + index * Long.BYTES;
    }

    long entries() {
        return RawMemory.getLong(pointer + TableRootDescriptor.ENTRIES_OFFSET);
    }

    void addEntries(final long delta) {
        add(TableRootDescriptor.ENTRIES_OFFSET, delta);
    }

    /** Bytes of all keys and values. */
    long payload() {
        return RawMemory.getLong(pointer + TableRootDescriptor.PAYLOAD_OFFSET);
    }

    void addPayload(final long delta) {
        add(TableRootDescriptor.PAYLOAD_OFFSET, delta);
    }

    private void add(final int offset, final long delta) {
        RawMemory.putLong(pointer + offset, RawMemory.getLong(pointer + offset) + delta);
    }

    int segments() {
        return RawMemory.getInt(pointer + TableRootDescriptor.SEGMENTS_OFFSET);
    }

    void addSegments(final int delta) {
        RawMemory.putInt(pointer + TableRootDescriptor.SEGMENTS_OFFSET, segments() + delta);
    }

    /** Reference to the top of the directory. */
    long directory() {
        return RawMemory.getLong(pointer + TableRootDescriptor.DIRECTORY_OFFSET);
    }

    void directory(final long reference) {
        RawMemory.putLong(pointer + TableRootDescriptor.DIRECTORY_OFFSET, reference);
    }

    /** Number of the first extent of a class, 0 = none. */
    int head(final int sizeClass) {
        return RawMemory.getInt(pointer + TableRootDescriptor.classOffset(sizeClass) + CLASS_HEAD_OFFSET);
    }

    void head(final int sizeClass, final int extentNumber) {
        RawMemory.putInt(pointer + TableRootDescriptor.classOffset(sizeClass) + CLASS_HEAD_OFFSET, extentNumber);
    }

    /** Extents of a class. */
    int extents(final int sizeClass) {
        return RawMemory.getInt(pointer + TableRootDescriptor.classOffset(sizeClass) + CLASS_EXTENTS_OFFSET);
    }

    void addExtents(final int sizeClass, final int delta) {
        RawMemory.putInt(
                pointer + TableRootDescriptor.classOffset(sizeClass) + CLASS_EXTENTS_OFFSET,
                extents(sizeClass) + delta);
    }
}

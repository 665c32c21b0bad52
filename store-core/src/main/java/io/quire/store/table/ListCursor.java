/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static io.quire.store.table.ListDescriptor.ITEMS_OFFSET;
import static io.quire.store.table.ListDescriptor.NEXT_OFFSET;
import static io.quire.store.table.ListDescriptor.USED_OFFSET;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ConcurrentModificationException;

/**
 * Walk over the elements that a list of a {@link ListTable} had when it began. Elements may be appended meanwhile and
 * are not seen; once the list is removed, replaced, merged into another or cut off, the next step throws.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class ListCursor {
    private final ListTable table;
    private final PagedMemory memory;
    private final byte[] key; // null: not there to be found again
    private long generation;
    private long changeCount;
    private long remaining;
    private long chunk;
    private int used; // of the chunk; 0 when it was not entered yet
    private int offset;
    private long elementPointer;
    private int elementLength;

    ListCursor(final ListTable table, final PagedMemory memory, final byte[] key) {
        this.table = table;
        this.memory = memory;
        this.key = key;
    }

    /** Goes before the first element of a list. */
    void begin(final long count, final long firstChunk, final long listGeneration) {
        generation = listGeneration;
        changeCount = table.changeCount();
        remaining = count;
        chunk = firstChunk;
        used = 0;
        offset = 0;
    }

    /** {@return elements that are still to come} */
    public long remaining() {
        return remaining;
    }

    /**
     * Goes to the next element.
     *
     * @return false when there is none
     * @throws ConcurrentModificationException when the list is not what it was
     */
    public boolean next() {
        if (remaining == 0) {
            return false;
        }
        checkCurrent();
        if (offset == used) {
            enterNextChunk();
        }
        final long pointer = memory.forRead(chunk) + offset;
        final int length = ListDescriptor.itemLength(null, pointer, used - offset);
        if (length < 0) {
            throw damaged("no element where one must be");
        }
        int prefixLength = 1;
        while (RawMemory.getByte(pointer + prefixLength - 1) < 0) {
            prefixLength++;
        }
        elementPointer = pointer + prefixLength;
        elementLength = length - prefixLength;
        offset += length;
        remaining--;
        return true;
    }

    /**
     * Checks that the element it has come to is still there.
     *
     * @throws ConcurrentModificationException when the list is not what it was
     */
    public void checkCurrent() {
        if (changeCount != table.changeCount()) {
            checkPresent();
        }
    }

    private void checkPresent() {
        if (key == null || !table.hasGeneration(key, generation)) {
            throw new ConcurrentModificationException(
                    "the list was removed, replaced or merged during the walk over it");
        }
        changeCount = table.changeCount();
    }

    private void enterNextChunk() {
        if (used != 0) {
            chunk = RawMemory.getLong(memory.forRead(chunk) + NEXT_OFFSET);
        }
        used = usedOf(chunk);
        if (used <= ITEMS_OFFSET) {
            throw damaged("chunk without elements");
        }
        memory.forRead(chunk, used);
        offset = ITEMS_OFFSET;
    }

    private int usedOf(final long address) {
        if (address == 0) {
            throw damaged("fewer elements than its count says");
        }
        return RawMemory.getInt(memory.forRead(address, ITEMS_OFFSET) + USED_OFFSET);
    }

    private CorruptStoreException damaged(final String what) {
        return new CorruptStoreException("list is damaged: " + what + ": chunk=0x" + Long.toHexString(chunk)
                + " offset=" + offset + " remaining=" + remaining + "; run 'quire verify'");
    }

    /**
     * A part of the element, to be written to.
     *
     * @param at offset in the element
     * @param length bytes, which the element has from there
     * @return native pointer
     */
    public long partForWrite(final int at, final int length) {
        return memory.forWrite(chunk + offset - elementLength + at, length);
    }

    /** {@return native pointer to the element; valid until the next write to the store} */
    public long elementPointer() {
        return elementPointer;
    }

    /** {@return bytes of the element} */
    public int elementLength() {
        return elementLength;
    }
}

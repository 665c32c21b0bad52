/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.IndexPageDescriptor.CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRIES_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRY_COUNT_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRY_LENGTH_MIN;
import static io.quire.checkpoint.block.IndexPageDescriptor.PAGE_LENGTH;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESERVED_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESTART_INTERVAL;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESTART_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;

/**
 * One index page, checked, and an entry in it: in private memory as it is in the file, or {@linkplain UnpackedIndexPage
 * unpacked}.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class IndexPageCursor implements AutoCloseable {
    private static final int NOTHING = -1;

    private final StagingBuffer staging = new StagingBuffer();
    private final Checksum checksum = new Checksum();
    private final PackedReader packed = new PackedReader();
    private CheckpointFileReader file;
    private ByteBuffer buffer;
    private int number = NOTHING;
    private long position;
    private int length;
    private int entryCount;
    private int restartCount;
    private long entriesLimit;
    private int pageChecksum;

    private UnpackedIndexPage unpacked; // or null: what is loaded is packed
    private int uses;

    private int nextEntry;
    private int page;
    private long mask;
    private long blockPosition;
    private int firstLine;

    /** Forgets what is loaded. */
    void clear() {
        number = NOTHING;
        file = null;
        unpacked = null;
    }

    /** Takes the memory for an index page. */
    void reserve() {
        buffer = staging.withLength(PAGE_LENGTH);
    }

    /** {@return number of the index page that is loaded, or a negative number} */
    int number() {
        return number;
    }

    /**
     * Loads an index page and stands before its first entry.
     *
     * @param reader the file
     * @param indexPage 0-based number
     * @throws CorruptStoreException when it is damaged
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    void load(final CheckpointFileReader reader, final int indexPage) {
        number = NOTHING;
        unpacked = null;
        uses = 0;
        file = reader;
        position = reader.indexPosition() + (long) indexPage * PAGE_LENGTH;
        length = (int) Math.min(PAGE_LENGTH, reader.indexPosition() + reader.indexLength() - position);
        buffer = staging.withLength(PAGE_LENGTH);
        reader.copy(position, staging.pointer(), length);
        pageChecksum = buffer.getInt(CHECKSUM_OFFSET);
        final int expected = checksum.of(buffer, ENTRY_COUNT_OFFSET, length - ENTRY_COUNT_OFFSET)
                ^ CheckpointFileDescriptor.salt(reader.headerChecksum(), position);
        if (pageChecksum != expected) {
            throw corrupt("index page checksum mismatch", Checksum.hex(expected), Checksum.hex(pageChecksum));
        }
        entryCount = Short.toUnsignedInt(buffer.getShort(ENTRY_COUNT_OFFSET));
        restartCount = IndexPageDescriptor.restartCount(entryCount);
        final int room = length - ENTRIES_OFFSET - restartCount * RESTART_LENGTH;
        if (entryCount == 0 || entryCount * ENTRY_LENGTH_MIN > room || buffer.getShort(RESERVED_OFFSET) != 0) {
            throw corrupt("index page header out of range", "entries for " + length + " bytes", "" + entryCount);
        }
        entriesLimit = staging.pointer() + length - (long) restartCount * RESTART_LENGTH;
        first();
        if (!next() || page != reader.firstPage(indexPage)) {
            throw corrupt(
                    "index page does not begin as the top level says", "" + reader.firstPage(indexPage), "" + page);
        }
        first();
        number = indexPage;
    }

    /**
     * Turns to an index page that somebody has unpacked, and stands before its first entry.
     *
     * @param reader the file
     * @param indexPage 0-based number
     * @param entries its entries
     */
    void turnTo(final CheckpointFileReader reader, final int indexPage, final UnpackedIndexPage entries) {
        file = reader;
        position = reader.indexPosition() + (long) indexPage * PAGE_LENGTH;
        number = indexPage;
        unpacked = entries;
        entryCount = entries.entryCount();
        first();
    }

    /** {@return entries of the index page} */
    int entryCount() {
        return entryCount;
    }

    /** {@return how often this was called} */
    int use() {
        return ++uses;
    }

    /** Stands before the first entry. */
    void first() {
        nextEntry = 0;
        page = -1;
        if (unpacked == null) {
            packed.wrap(staging.pointer() + ENTRIES_OFFSET, entriesLimit);
        }
    }

    /**
     * Goes to the next entry.
     *
     * @return false behind the last
     */
    boolean next() {
        if (nextEntry == entryCount) {
            return false;
        }
        if (unpacked != null) {
            takeUnpacked(nextEntry);
            return true;
        }
        if (nextEntry % RESTART_INTERVAL == 0) {
            if (packed.pointer() != staging.pointer() + restartOffset(nextEntry / RESTART_INTERVAL)) {
                throw malformed("restart table does not match the entries");
            }
            readRestart();
        } else {
            readFollower();
        }
        nextEntry++;
        return true;
    }

    /**
     * Goes to the entry of a page, or, when there is none, to one near it, before which there is none of a greater
     * page.
     *
     * @param wantedPage page number
     * @return whether there is one
     */
    boolean seek(final int wantedPage) {
        return unpacked == null ? seekPacked(wantedPage) : seekUnpacked(wantedPage);
    }

    private boolean seekUnpacked(final int wantedPage) {
        final int found = unpacked.find(wantedPage);
        takeUnpacked(found >= 0 ? found : Math.min(-found - 1, entryCount - 1));
        return found >= 0;
    }

    /** Takes the page alone: most entries are looked at because of their page, and the rest of them is elsewhere. */
    private void takeUnpacked(final int entry) {
        page = unpacked.page(entry);
        nextEntry = entry + 1;
    }

    private boolean seekPacked(final int wantedPage) {
        int low = 0;
        int high = restartCount - 1;
        while (low < high) {
            final int middle = (low + high + 1) >>> 1;
            if (restartPage(middle) <= wantedPage) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        wrapRestart(low);
        page = -1;
        nextEntry = low * RESTART_INTERVAL;
        final int limit = Math.min(entryCount, nextEntry + RESTART_INTERVAL);
        readRestart();
        nextEntry++;
        while (page < wantedPage && nextEntry < limit) {
            readFollower();
            nextEntry++;
        }
        return page == wantedPage;
    }

    private long restartPage(final int restart) {
        wrapRestart(restart);
        final long first = packed.nextNumber();
        if (first == PackedReader.MALFORMED_NUMBER) {
            throw malformed("restart is malformed");
        }
        return first;
    }

    private void wrapRestart(final int restart) {
        packed.wrap(staging.pointer() + restartOffset(restart), entriesLimit);
    }

    private int restartOffset(final int restart) {
        final int offset = Short.toUnsignedInt(buffer.getShort(IndexPageDescriptor.restartOffset(length, restart)));
        if (offset < ENTRIES_OFFSET || offset >= length) {
            throw malformed("restart offset out of range");
        }
        return offset;
    }

    private void readRestart() {
        final long first = packed.nextNumber();
        readMask();
        final long block = packed.nextNumber();
        setLocation(block, packed.nextNumber());
        setPage(first);
    }

    private void readFollower() {
        final int followingLine = firstLine + Long.bitCount(mask);
        final long difference = packed.nextNumber();
        readMask();
        final long code = packed.nextNumber();
        if (code == 0) {
            setLocation(blockPosition, followingLine);
        } else if (code > 0) {
            setLocation(blockPosition + PackedWriter.unZigZag(code - 1), packed.nextNumber());
        } else {
            throw malformed("location is malformed");
        }
        setPage(difference <= 0 || difference > Integer.MAX_VALUE ? -1 : page + difference);
    }

    private void readMask() {
        mask = packed.nextMask();
        if (mask == PackedReader.MALFORMED_MASK) {
            throw malformed("mask is malformed");
        }
    }

    private void setPage(final long value) {
        if (value <= page || value > Integer.MAX_VALUE) {
            throw malformed("pages do not ascend");
        }
        page = (int) value;
    }

    private void setLocation(final long block, final long line) {
        if (block < CheckpointFileDescriptor.BLOCKS_POSITION
                || block > file.indexPosition() - BlockDescriptor.HEADER_LENGTH
                || line < 0
                || line >= BlockDescriptor.LINE_COUNT_MAX) {
            throw malformed("location out of range");
        }
        blockPosition = block;
        firstLine = (int) line;
    }

    /** {@return page of the current entry} */
    int page() {
        return page;
    }

    /** {@return lines of the current entry} */
    long mask() {
        return unpacked == null ? mask : unpacked.mask(nextEntry - 1);
    }

    /** {@return position of the block that has the lines of the current entry} */
    long blockPosition() {
        return unpacked == null ? blockPosition : unpacked.blockPosition(nextEntry - 1);
    }

    /** {@return number of the first line of the current entry in its block} */
    int firstLine() {
        return unpacked == null ? firstLine : unpacked.firstLine(nextEntry - 1);
    }

    /** {@return checksum of the index page that is loaded} */
    int pageChecksum() {
        return pageChecksum;
    }

    /**
     * {@return whether nothing but zeros lies between the last entry, which is the current one, and the restart table}
     */
    boolean restIsZero() {
        assert unpacked == null : "unpacked";
        for (int i = (int) (packed.pointer() - staging.pointer()); i < (int) (entriesLimit - staging.pointer()); i++) {
            if (buffer.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private CorruptStoreException malformed(final String what) {
        return corrupt("index page is malformed, " + what, "an entry", "entry " + nextEntry);
    }

    private CorruptStoreException corrupt(final String what, final String expected, final String found) {
        return new CorruptStoreException(
                what + ": file=" + file.path() + " offset=" + position + " expected=" + expected + " found=" + found);
    }

    @Override
    public void close() {
        clear();
        buffer = null;
        staging.close();
    }
}

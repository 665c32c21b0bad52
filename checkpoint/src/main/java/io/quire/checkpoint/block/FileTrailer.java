/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.CheckpointFileDescriptor.COMMON_FOOTER_OFFSET;
import static io.quire.checkpoint.block.CheckpointFileDescriptor.FOOTER_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.CheckpointFileDescriptor.FOOTER_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FileFooterDescriptor;
import io.quire.checkpoint.io.FileHeader;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.FileKind;
import io.quire.checkpoint.io.RangeReader;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PageDescriptor;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * What is read and proven when a checkpoint file is opened: header, footer and the index's top level.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param info what the file says of itself
 * @param headerChecksum checksum of the header, part of the salt of all other checksums
 * @param contentChecksum checksum over the checksums of blocks and index pages
 * @param indexPosition position of the first index page
 * @param indexLength bytes of all index pages
 * @param blockCount number of blocks
 * @param largestRaw bytes of the largest block before compression
 * @param largestStored bytes of the largest block as stored
 * @param topLevel first page number of each index page
 */
record FileTrailer(
        CheckpointFileInfo info,
        int headerChecksum,
        int contentChecksum,
        long indexPosition,
        long indexLength,
        int blockCount,
        int largestRaw,
        int largestStored,
        IndexTopLevel topLevel) {
    /**
     * Reads and checks header, footer and top level.
     *
     * @param map the file, at least as long as header and footer
     * @return what they say
     */
    static FileTrailer read(final RangeReader map) {
        try (StagingBuffer headerBytes = new StagingBuffer();
                StagingBuffer footerBytes = new StagingBuffer()) {
            final ByteBuffer header = headerBytes.withLength(FileHeaderDescriptor.HEADER_LENGTH);
            map.copy(0, headerBytes.pointer(), FileHeaderDescriptor.HEADER_LENGTH);
            final FileHeader fileHeader = FileHeader.read(map.path(), header, FileKind.CHECKPOINT);
            final ByteBuffer footer = footerBytes.withLength(FOOTER_LENGTH);
            map.copy(map.size() - FOOTER_LENGTH, footerBytes.pointer(), FOOTER_LENGTH);
            checkCommonFooter(map, footer);
            return decode(map, fileHeader, header, footer);
        }
    }

    private static void checkCommonFooter(final RangeReader map, final ByteBuffer footer) {
        final long notMagic = footer.getLong(COMMON_FOOTER_OFFSET + FileFooterDescriptor.NOT_MAGIC_OFFSET);
        final long bodyLength = footer.getLong(COMMON_FOOTER_OFFSET + FileFooterDescriptor.BODY_LENGTH_OFFSET);
        final int algorithm = footer.getInt(COMMON_FOOTER_OFFSET + FileFooterDescriptor.ALGORITHM_OFFSET);
        if (notMagic != ~FileHeaderDescriptor.MAGIC
                || bodyLength != map.size() - FileFooterDescriptor.FOOTER_LENGTH
                || algorithm != FileFooterDescriptor.ALGORITHM_CRC32C) {
            throw corrupt(
                    map,
                    COMMON_FOOTER_OFFSET,
                    "footer is missing or damaged (was the file cut or never finished?)",
                    "body length=" + (map.size() - FileFooterDescriptor.FOOTER_LENGTH),
                    "body length=" + bodyLength + " algorithm=" + algorithm);
        }
    }

    private static FileTrailer decode(
            final RangeReader map, final FileHeader header, final ByteBuffer headerBytes, final ByteBuffer footer) {
        final long indexPosition = footer.getLong(CheckpointFileDescriptor.INDEX_POSITION_OFFSET);
        final long indexLength = footer.getLong(CheckpointFileDescriptor.INDEX_LENGTH_OFFSET);
        final int indexPageCount = footer.getInt(CheckpointFileDescriptor.INDEX_PAGE_COUNT_OFFSET);
        checkPlaces(map, indexPosition, indexLength, indexPageCount);
        final Checksum checksum = new Checksum();
        checksum.update(headerBytes, 0, FileHeaderDescriptor.HEADER_LENGTH);
        final IndexTopLevel topLevel = IndexTopLevel.read(map, indexPosition + indexLength, indexPageCount, checksum);
        checksum.update(footer, 0, FOOTER_CHECKSUM_OFFSET);
        final int found = footer.getInt(FOOTER_CHECKSUM_OFFSET);
        if (found != checksum.value()) {
            throw corrupt(
                    map,
                    FOOTER_CHECKSUM_OFFSET,
                    "footer checksum mismatch",
                    Checksum.hex(checksum.value()),
                    Checksum.hex(found));
        }
        final FileTrailer trailer = new FileTrailer(
                new CheckpointFileInfo(
                        identity(map, header),
                        map.size(),
                        found,
                        footer.getLong(CheckpointFileDescriptor.PAGE_COUNT_OFFSET),
                        footer.getLong(CheckpointFileDescriptor.LINE_COUNT_OFFSET),
                        footer.getLong(CheckpointFileDescriptor.RAW_LENGTH_OFFSET),
                        footer.getLong(CheckpointFileDescriptor.STORED_LENGTH_OFFSET)),
                headerBytes.getInt(FileHeaderDescriptor.CHECKSUM_OFFSET),
                footer.getInt(CheckpointFileDescriptor.CONTENT_CHECKSUM_OFFSET),
                indexPosition,
                indexLength,
                footer.getInt(CheckpointFileDescriptor.BLOCK_COUNT_OFFSET),
                footer.getInt(CheckpointFileDescriptor.LARGEST_RAW_OFFSET),
                footer.getInt(CheckpointFileDescriptor.LARGEST_STORED_OFFSET),
                topLevel);
        trailer.checkCounts(map);
        checkReserved(map, header, footer);
        return trailer;
    }

    private static void checkPlaces(
            final RangeReader map, final long indexPosition, final long indexLength, final int indexPageCount) {
        final long room = map.size() - FOOTER_LENGTH;
        final boolean inFile = indexPosition >= CheckpointFileDescriptor.BLOCKS_POSITION
                && indexPosition <= room
                && indexLength >= 0
                && indexLength <= room - indexPosition;
        final boolean exact = inFile
                && indexPageCount >= 0
                && indexPageCount <= CheckpointFileDescriptor.INDEX_PAGE_COUNT_MAX
                && indexPosition + indexLength + (long) indexPageCount * Integer.BYTES == room;
        final long lastPageLength = indexLength - (indexPageCount - 1L) * IndexPageDescriptor.PAGE_LENGTH;
        final boolean pagesFit = indexPageCount == 0
                ? indexLength == 0 && indexPosition == CheckpointFileDescriptor.BLOCKS_POSITION
                : lastPageLength >= IndexPageDescriptor.PAGE_LENGTH_MIN
                        && lastPageLength <= IndexPageDescriptor.PAGE_LENGTH;
        if (!exact || !pagesFit) {
            throw corrupt(
                    map,
                    CheckpointFileDescriptor.INDEX_POSITION_OFFSET,
                    "footer does not describe this file",
                    "an index that ends at " + room,
                    "index position=" + indexPosition + " length=" + indexLength + " pages=" + indexPageCount);
        }
    }

    private static CheckpointFileIdentity identity(final RangeReader map, final FileHeader header) {
        try {
            return new CheckpointFileIdentity(
                    header.storeId(), header.secondField(), header.firstField(), header.generation());
        } catch (final StateStoreException e) {
            throw new CorruptStoreException("header out of range: file=" + map.path() + " offset=0", e);
        }
    }

    /**
     * What this version leaves zero a newer minor version may use; a file of this version that has something is
     * wrong.
     */
    private static void checkReserved(final RangeReader map, final FileHeader header, final ByteBuffer footer) {
        int reserved = 0;
        for (int i = CheckpointFileDescriptor.RESERVED_OFFSET; i < COMMON_FOOTER_OFFSET; i++) {
            reserved |= footer.get(i);
        }
        if (reserved != 0 && header.minor() <= FileKind.CHECKPOINT.minor()) {
            throw corrupt(
                    map, CheckpointFileDescriptor.RESERVED_OFFSET, "reserved bytes are not zero", "0", "" + reserved);
        }
    }

    private void checkCounts(final RangeReader map) {
        final long pages = info.pageCount();
        final boolean countsFit = pages >= topLevel.indexPageCount()
                && pages <= CheckpointFileDescriptor.PAGE_COUNT_MAX
                && info.lineCount() >= pages
                && info.lineCount() <= pages * PageDescriptor.LINES_PER_PAGE
                && blockCount >= 0
                && blockCount <= pages
                && (blockCount == 0) == (pages == 0)
                && (topLevel.indexPageCount() == 0) == (pages == 0);
        final boolean lengthsFit = largestRaw >= 0
                && largestRaw <= BlockDescriptor.RAW_LENGTH_MAX
                && largestStored >= 0
                && largestStored <= largestRaw + BlockDescriptor.PART_TABLE_LENGTH_MAX
                && info.rawLength() >= 0
                && info.storedLength()
                        == indexPosition
                                - CheckpointFileDescriptor.BLOCKS_POSITION
                                - (long) blockCount * BlockDescriptor.HEADER_LENGTH;
        if (!countsFit || !lengthsFit) {
            throw corrupt(
                    map,
                    CheckpointFileDescriptor.BLOCK_COUNT_OFFSET,
                    "footer out of range",
                    "counts that fit the file",
                    "pages=" + pages + " lines=" + info.lineCount() + " blocks=" + blockCount + " largest raw="
                            + largestRaw + " largest stored=" + largestStored);
        }
        if (!topLevel.ascends()) {
            throw corrupt(map, 0, "top level of the index does not ascend", "ascending pages", "others");
        }
    }

    /**
     * Checks that the file is the one a manifest means.
     *
     * @param path of the file
     * @param expected what the manifest says
     */
    void checkIs(final Path path, final CheckpointFileInfo expected) {
        final CheckpointFileIdentity found = info.identity();
        final CheckpointFileIdentity wanted = expected.identity();
        if (!found.storeId().equals(wanted.storeId())) {
            throw new CorruptStoreException("checkpoint file belongs to another store: file=" + path + " offset="
                    + FileHeaderDescriptor.STORE_ID_HIGH_OFFSET + " expected=" + wanted.storeId() + " found="
                    + found.storeId());
        }
        if (!found.equals(wanted)) {
            throw new CorruptStoreException("checkpoint file is another one (were files swapped?): file=" + path
                    + " offset=" + FileHeaderDescriptor.GENERATION_OFFSET + " expected=" + wanted + " found=" + found);
        }
        if (!info.equals(expected)) {
            throw new CorruptStoreException(
                    "checkpoint file is not the one the manifest names (an older version of it?): file="
                            + path + " offset=" + (info.length() - Integer.BYTES) + " expected checksum="
                            + Checksum.hex(expected.footerChecksum()) + " found="
                            + Checksum.hex(info.footerChecksum()));
        }
    }

    private static CorruptStoreException corrupt(
            final RangeReader map,
            final int offsetInFooter,
            final String what,
            final String expected,
            final String found) {
        return new CorruptStoreException(what + ": file=" + map.path() + " offset="
                + (map.size() - FOOTER_LENGTH + offsetInFooter) + " expected=" + expected + " found=" + found);
    }
}

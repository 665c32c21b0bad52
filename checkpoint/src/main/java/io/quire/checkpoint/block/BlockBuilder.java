/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.BlockDescriptor.CODEC_LZ4;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_NONE;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_PARTS;
import static io.quire.checkpoint.block.BlockDescriptor.DIRECTORY_ENTRY_LENGTH_MAX;
import static io.quire.checkpoint.block.BlockDescriptor.DIRECTORY_LENGTH_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.ENTRY_COUNT_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.HEADER_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.HEADER_LENGTH;
import static io.quire.checkpoint.block.BlockDescriptor.PART_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.PART_COUNT_MAX;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LENGTH;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LINE_COUNT_FROM;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LINE_COUNT_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.PART_STORED_LENGTH_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.RAW_LENGTH_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.RESERVED_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.STORED_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.STORED_LENGTH_OFFSET;
import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.BufferUtil;

/**
 * Collects entries until a block is full, then writes it compressed to a buffer.
 *
 * <p>Lines are staged in the order they arrive, behind room for the directory, so that a block whose pages came in
 * order is compressed where it lies; one that did not is sorted by a copy first.
 *
 * <p>Threading: confined to one thread.
 */
final class BlockBuilder implements AutoCloseable {
    /** Bytes of lines after which a block of short entries ends, since who needs one of them decompresses all. */
    static final int SHORT_ENTRIES_LENGTH = 4 * 1024;

    private final int lineCapacity;
    private final int shortEntriesLineCapacity;
    private final BlockCompression compression;
    private final int directoryCapacity;
    private final ByteBuffer staged;
    private final Checksum checksum = new Checksum();
    private final PackedWriter packed = new PackedWriter();
    private final long[] order;
    private final int[] pages;
    private final long[] masks;
    private final int[] firstLines;
    private ByteBuffer sorted;
    private int entryCount;
    private int lineCount;
    private boolean ascending = true;
    private int rawLength;
    private int storedLength;
    private int headerChecksum;

    /**
     * Creates an empty block.
     *
     * @param blockLength bytes of lines it takes, of short entries {@link #SHORT_ENTRIES_LENGTH} if that is less
     * @param compression what blocks are compressed with, closed with the builder; null to store them as they are
     */
    BlockBuilder(final int blockLength, final BlockCompression compression) {
        this.compression = compression;
        lineCapacity = blockLength / LINE_LENGTH;
        shortEntriesLineCapacity = Math.min(lineCapacity, SHORT_ENTRIES_LENGTH / LINE_LENGTH);
        directoryCapacity = lineCapacity * DIRECTORY_ENTRY_LENGTH_MAX;
        staged = allocate();
        order = new long[lineCapacity];
        pages = new int[lineCapacity];
        masks = new long[lineCapacity];
        firstLines = new int[lineCapacity];
    }

    private ByteBuffer allocate() {
        return ByteBuffer.allocateDirect(directoryCapacity + lineCapacity * LINE_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return most bytes a block takes in the file, header included} */
    int sealedLengthMax() {
        return HEADER_LENGTH + (compression == null ? staged.capacity() : maxCompressedLength(staged.capacity()));
    }

    /**
     * {@return lines a block takes: few when its entries are short, which are decompressed together}
     *
     * @param entries it has
     * @param lines it has
     */
    int lineCapacity(final int entries, final int lines) {
        return isDense(entries, lines) ? lineCapacity : shortEntriesLineCapacity;
    }

    /**
     * {@return whether a block is one of short entries with more of them than would be put into one}
     *
     * @param entries it has
     * @param lines it has
     */
    boolean isTooLong(final int entries, final int lines) {
        return lines > shortEntriesLineCapacity && !isDense(entries, lines);
    }

    boolean isEmpty() {
        return entryCount == 0;
    }

    /** Whether an entry may be added; one that would make a long block one of short entries may not. */
    boolean hasRoom(final int lines) {
        return lineCount + lines <= lineCapacity(entryCount + 1, lineCount + lines);
    }

    /** {@return native pointer to room for the lines of an entry that is then {@link #add}ed} */
    long nextLinesPointer() {
        return BufferUtil.address(staged) + directoryCapacity + (long) lineCount * LINE_LENGTH;
    }

    /** Adds an entry whose lines have been put at {@link #nextLinesPointer()}. */
    void add(final int page, final long mask) {
        if (entryCount > 0 && page <= pages[entryCount - 1]) {
            ascending = false;
        }
        pages[entryCount] = page;
        masks[entryCount] = mask;
        firstLines[entryCount] = lineCount;
        entryCount++;
        lineCount += Long.bitCount(mask);
    }

    /**
     * Writes the block and adds its entries to the index; {@link #reset} makes room for the next.
     *
     * @param target direct buffer with at least {@link #sealedLengthMax()} bytes from the offset
     * @param offset where the block goes in the buffer
     * @param position where it goes in the file
     * @param headerChecksumOfFile checksum of the file's header
     * @param index takes the entries
     * @return bytes written to the buffer
     */
    int seal(
            final ByteBuffer target,
            final int offset,
            final long position,
            final int headerChecksumOfFile,
            final IndexEntries index) {
        final ByteBuffer raw = ascending ? staged : sort();
        final int directoryLength = writeDirectory(raw, position, index);
        rawLength = directoryLength + lineCount * LINE_LENGTH;
        final int storedOffset = offset + HEADER_LENGTH;
        final byte codec;
        final int checkedLength;
        if (isDense(entryCount, lineCount)) {
            codec = CODEC_PARTS;
            checkedLength = writeParts(raw, directoryLength, target, storedOffset);
        } else {
            codec = writeWhole(raw, directoryCapacity - directoryLength, target, storedOffset);
            checkedLength = storedLength;
        }
        target.putInt(offset + STORED_LENGTH_OFFSET, storedLength);
        target.putInt(offset + RAW_LENGTH_OFFSET, rawLength);
        target.putInt(offset + DIRECTORY_LENGTH_OFFSET, directoryLength);
        target.putShort(offset + ENTRY_COUNT_OFFSET, (short) entryCount);
        target.put(offset + CODEC_OFFSET, codec);
        target.put(offset + RESERVED_OFFSET, (byte) 0);
        target.putInt(offset + STORED_CHECKSUM_OFFSET, checksum.of(target, storedOffset, checkedLength));
        headerChecksum = checksum.of(target, offset, HEADER_CHECKSUM_OFFSET)
                ^ CheckpointFileDescriptor.salt(headerChecksumOfFile, position);
        target.putInt(offset + HEADER_CHECKSUM_OFFSET, headerChecksum);
        return HEADER_LENGTH + storedLength;
    }

    /** Whether the entries have so many lines each that they compress well one by one. */
    static boolean isDense(final int entryCount, final int lineCount) {
        return entryCount <= PART_COUNT_MAX && lineCount >= entryCount * PART_LINE_COUNT_FROM;
    }

    private byte writeWhole(final ByteBuffer raw, final int rawOffset, final ByteBuffer target, final int offset) {
        storedLength = compress(raw, rawOffset, rawLength, target, offset);
        return storedLength < rawLength ? CODEC_LZ4 : CODEC_NONE;
    }

    /** Writes table, directory and parts; returns the length of the first two. */
    private int writeParts(
            final ByteBuffer raw, final int directoryLength, final ByteBuffer target, final int storedOffset) {
        final int directoryOffset = storedOffset + entryCount * PART_LENGTH;
        RawMemory.copy(
                BufferUtil.address(raw) + directoryCapacity - directoryLength,
                BufferUtil.address(target) + directoryOffset,
                directoryLength);
        int partOffset = directoryOffset + directoryLength;
        int rawOffset = directoryCapacity;
        for (int i = 0; i < entryCount; i++) {
            final int lines = Long.bitCount(masks[ascending ? i : (int) order[i]]);
            final int length = compress(raw, rawOffset, lines * LINE_LENGTH, target, partOffset);
            final int at = storedOffset + i * PART_LENGTH;
            target.putShort(at + PART_STORED_LENGTH_OFFSET, (short) length);
            target.putShort(at + PART_LINE_COUNT_OFFSET, (short) lines);
            target.putInt(at + PART_CHECKSUM_OFFSET, checksum.of(target, partOffset, length));
            partOffset += length;
            rawOffset += lines * LINE_LENGTH;
        }
        storedLength = partOffset - storedOffset;
        return directoryOffset + directoryLength - storedOffset;
    }

    private int maxCompressedLength(final int length) {
        return compression.compressor().maxCompressedLength(length);
    }

    /** Compresses bytes, or copies them where that is not longer; returns how many it has written. */
    private int compress(
            final ByteBuffer raw, final int rawOffset, final int length, final ByteBuffer target, final int offset) {
        if (compression != null) {
            final int compressedLength = compression
                    .compressor()
                    .compress(raw, rawOffset, length, target, offset, maxCompressedLength(length));
            if (compressedLength < length) {
                return compressedLength;
            }
        }
        RawMemory.copy(BufferUtil.address(raw) + rawOffset, BufferUtil.address(target) + offset, length);
        return length;
    }

    /** Puts the directory directly before the lines, and the entries in the index. */
    private int writeDirectory(final ByteBuffer raw, final long position, final IndexEntries index) {
        final long linesPointer = BufferUtil.address(raw) + directoryCapacity;
        final long startPointer = BufferUtil.address(raw);
        packed.wrap(startPointer);
        int previousPage = 0;
        int firstLine = 0;
        for (int i = 0; i < entryCount; i++) {
            final int entry = ascending ? i : (int) order[i];
            final int page = pages[entry];
            final long mask = masks[entry];
            packed.putNumber(page - previousPage);
            packed.putMask(mask);
            index.add(page, mask, position, firstLine);
            previousPage = page;
            firstLine += Long.bitCount(mask);
        }
        final int length = (int) (packed.pointer() - startPointer);
        moveUp(startPointer, linesPointer - length, length);
        return length;
    }

    /** Moves bytes to a higher place that may overlap the lower one. */
    private static void moveUp(final long source, final long target, final int length) {
        if (source + length <= target) {
            RawMemory.copy(source, target, length);
            return;
        }
        for (int i = length - 1; i >= 0; i--) {
            RawMemory.putByte(target + i, RawMemory.getByte(source + i));
        }
    }

    private ByteBuffer sort() {
        if (sorted == null) {
            sorted = allocate();
        }
        for (int i = 0; i < entryCount; i++) {
            order[i] = ((long) pages[i] << Integer.SIZE) | i;
        }
        Arrays.sort(order, 0, entryCount);
        final long source = BufferUtil.address(staged) + directoryCapacity;
        long target = BufferUtil.address(sorted) + directoryCapacity;
        for (int i = 0; i < entryCount; i++) {
            final int entry = (int) order[i];
            final int length = Long.bitCount(masks[entry]) * LINE_LENGTH;
            RawMemory.copy(source + (long) firstLines[entry] * LINE_LENGTH, target, length);
            target += length;
        }
        return sorted;
    }

    int lineCount() {
        return lineCount;
    }

    /** {@return raw bytes of the block sealed last} */
    int rawLength() {
        return rawLength;
    }

    /** {@return stored bytes of the block sealed last, without header} */
    int storedLength() {
        return storedLength;
    }

    /** {@return header checksum of the block sealed last} */
    int headerChecksum() {
        return headerChecksum;
    }

    /** Forgets the entries, after they were sealed. */
    void reset() {
        entryCount = 0;
        lineCount = 0;
        ascending = true;
    }

    @Override
    public void close() {
        BufferUtil.free(staged);
        if (sorted != null) {
            BufferUtil.free(sorted);
            sorted = null;
        }
        if (compression != null) {
            compression.close();
        }
    }
}

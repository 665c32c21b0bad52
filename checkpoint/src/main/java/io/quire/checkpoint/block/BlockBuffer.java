/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.BlockDescriptor.CODEC_LZ4;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_NONE;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.CODEC_PARTS;
import static io.quire.checkpoint.block.BlockDescriptor.DIRECTORY_LENGTH_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.ENTRY_COUNT_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.HEADER_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.HEADER_LENGTH;
import static io.quire.checkpoint.block.BlockDescriptor.LINE_COUNT_MAX;
import static io.quire.checkpoint.block.BlockDescriptor.PART_COUNT_MAX;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LENGTH;
import static io.quire.checkpoint.block.BlockDescriptor.RAW_LENGTH_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.RESERVED_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.STORED_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.STORED_LENGTH_OFFSET;
import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import org.agrona.BufferUtil;

/**
 * A block in private memory, checked and decompressed: at once, or, where it is stored in parts, each when its lines
 * are asked for.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class BlockBuffer implements AutoCloseable {
    private static final long NOTHING = -1;

    private final StagingBuffer raw = new StagingBuffer();
    private final Checksum checksum = new Checksum();
    private final PackedReader directory = new PackedReader();
    private final BlockParts parts = new BlockParts();
    private StagingBuffer partStaging; // of whoever loaded the block
    private ByteBuffer rawBuffer;
    private long position = NOTHING;
    private int storedLength;
    private int rawLength;
    private int directoryLength;
    private int entryCount;
    private int lineCount;
    private int headerChecksum;
    private int storedChecksum;
    private byte codec;
    private long lastUse;

    /** {@return position in its file of the block that is loaded, or a negative number} */
    long position() {
        return position;
    }

    /** {@return what was last told of its use} */
    long lastUse() {
        return lastUse;
    }

    /** Notes when it was used, on whatever scale its owner counts. */
    void lastUse(final long use) {
        lastUse = use;
    }

    /** Takes the memory for a decompressed block of a length. */
    void reserve(final int length) {
        raw.withLength(length);
    }

    /** Forgets what is loaded. */
    void clear() {
        position = NOTHING;
    }

    /**
     * Loads a block, or what tells where its parts are.
     *
     * @param file where it is
     * @param blockPosition its position
     * @param staging for stored bytes, also of parts that are loaded later
     * @throws CorruptStoreException when it is not a block of that file at that position, or damaged
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    void load(final CheckpointFileReader file, final long blockPosition, final StagingBuffer staging) {
        position = NOTHING;
        readHeader(file, blockPosition, staging);
        if (codec == CODEC_PARTS) {
            loadFront(file, blockPosition, staging);
        } else {
            loadWhole(file, blockPosition, staging);
        }
        position = blockPosition;
    }

    private void loadWhole(final CheckpointFileReader file, final long blockPosition, final StagingBuffer staging) {
        final StagingBuffer target = codec == CODEC_NONE ? raw : staging;
        final ByteBuffer stored = target.withLength(storedLength);
        file.copy(blockPosition + HEADER_LENGTH, BufferUtil.address(stored), storedLength);
        checkStored(file, blockPosition, stored, 0, storedLength);
        if (codec == CODEC_LZ4) {
            decompress(file, blockPosition, stored, storedLength, raw.withLength(rawLength), 0, rawLength);
        }
    }

    /** Reads what is before the parts: the table and the directory. */
    private void loadFront(final CheckpointFileReader file, final long blockPosition, final StagingBuffer staging) {
        final int frontLength = frontLength();
        final ByteBuffer front = staging.withLength(frontLength);
        file.copy(blockPosition + HEADER_LENGTH, staging.pointer(), frontLength);
        checkStored(file, blockPosition, front, 0, frontLength);
        readParts(file, blockPosition, front, 0);
        rawBuffer = raw.withLength(rawLength);
        RawMemory.copy(staging.pointer() + frontLength - directoryLength, raw.pointer(), directoryLength);
        partStaging = staging;
    }

    private int frontLength() {
        return entryCount * PART_LENGTH + directoryLength;
    }

    private void readParts(
            final CheckpointFileReader file, final long blockPosition, final ByteBuffer front, final int offset) {
        if (!parts.read(front, offset, entryCount, frontLength())
                || parts.storedLength() != storedLength
                || parts.lineCount() != lineCount) {
            throw corrupt(
                    file,
                    blockPosition,
                    "parts do not match their block",
                    lineCount + " lines, " + storedLength + " bytes",
                    parts.lineCount() + " lines, " + parts.storedLength() + " bytes");
        }
    }

    /** {@return parts of the block that is loaded, 0 when it has none} */
    int partCount() {
        return codec == CODEC_PARTS ? parts.count() : 0;
    }

    /** {@return position in the file of a part's lines} */
    long partPosition(final int part) {
        return position + HEADER_LENGTH + parts.offset(part);
    }

    private void loadParts(final CheckpointFileReader file, final int firstLine, final int count) {
        final int last = parts.partOf(firstLine + count - 1);
        for (int part = parts.partOf(firstLine); part <= last; part++) {
            if (!parts.isLoaded(part)) {
                loadPart(file, part);
            }
        }
    }

    /**
     * Loads a part.
     *
     * @param file the file loaded from
     * @param part 0-based number
     * @throws CorruptStoreException when it is damaged
     * @throws io.quire.store.errors.StoreIoException when it cannot be read
     */
    void loadPart(final CheckpointFileReader file, final int part) {
        final long at = partPosition(part);
        final int length = parts.storedLength(part);
        final ByteBuffer stored = partStaging.withLength(length);
        file.copy(at, partStaging.pointer(), length);
        checkPart(file, position, stored, 0, part);
        final int partLength = parts.lineCount(part) * LINE_LENGTH;
        final int rawOffset = directoryLength + parts.firstLine(part) * LINE_LENGTH;
        if (length == partLength) {
            RawMemory.copy(partStaging.pointer(), raw.pointer() + rawOffset, length);
        } else {
            decompress(file, at, stored, length, rawBuffer, rawOffset, partLength);
        }
        parts.loaded(part);
    }

    private void checkStored(
            final CheckpointFileReader file,
            final long blockPosition,
            final ByteBuffer stored,
            final int offset,
            final int length) {
        final int found = checksum.of(stored, offset, length);
        if (found != storedChecksum) {
            throw corrupt(
                    file, blockPosition, "block checksum mismatch", Checksum.hex(storedChecksum), Checksum.hex(found));
        }
    }

    private void checkPart(
            final CheckpointFileReader file,
            final long blockPosition,
            final ByteBuffer stored,
            final int offset,
            final int part) {
        final int found = checksum.of(stored, offset, parts.storedLength(part));
        if (found != parts.checksum(part)) {
            throw corrupt(
                    file,
                    blockPosition + HEADER_LENGTH + parts.offset(part),
                    "checksum mismatch of a part of a block",
                    Checksum.hex(parts.checksum(part)),
                    Checksum.hex(found));
        }
    }

    /**
     * Copies the block whose header was read last, compressed as it is, to where it goes in another file.
     *
     * @param file where it is
     * @param blockPosition its position there
     * @param target direct buffer with room for header and stored bytes
     * @param offset where it goes in the buffer
     * @param targetPosition where it goes in the other file
     * @param targetFileChecksum checksum of the other file's header
     * @return the header checksum it has there
     */
    int copyTo(
            final CheckpointFileReader file,
            final long blockPosition,
            final ByteBuffer target,
            final int offset,
            final long targetPosition,
            final int targetFileChecksum) {
        copyStored(file, blockPosition, target, offset + HEADER_LENGTH);
        target.putInt(offset + STORED_LENGTH_OFFSET, storedLength);
        target.putInt(offset + RAW_LENGTH_OFFSET, rawLength);
        target.putInt(offset + DIRECTORY_LENGTH_OFFSET, directoryLength);
        target.putShort(offset + ENTRY_COUNT_OFFSET, (short) entryCount);
        target.put(offset + CODEC_OFFSET, codec);
        target.put(offset + RESERVED_OFFSET, (byte) 0);
        target.putInt(offset + STORED_CHECKSUM_OFFSET, storedChecksum);
        final int copyChecksum = checksum.of(target, offset, HEADER_CHECKSUM_OFFSET)
                ^ CheckpointFileDescriptor.salt(targetFileChecksum, targetPosition);
        target.putInt(offset + HEADER_CHECKSUM_OFFSET, copyChecksum);
        return copyChecksum;
    }

    private void copyStored(
            final CheckpointFileReader file, final long blockPosition, final ByteBuffer target, final int offset) {
        file.copy(blockPosition + HEADER_LENGTH, BufferUtil.address(target) + offset, storedLength);
        if (codec != CODEC_PARTS) {
            checkStored(file, blockPosition, target, offset, storedLength);
            return;
        }
        checkStored(file, blockPosition, target, offset, frontLength());
        readParts(file, blockPosition, target, offset);
        for (int part = 0; part < parts.count(); part++) {
            checkPart(file, blockPosition, target, offset + parts.offset(part), part);
        }
    }

    /**
     * Reads and checks a block's header alone, so that {@link #end} is known even when the stored bytes are damaged.
     */
    void readHeader(final CheckpointFileReader file, final long blockPosition, final StagingBuffer staging) {
        final long limit = file.indexPosition();
        if (blockPosition < CheckpointFileDescriptor.BLOCKS_POSITION || blockPosition > limit - HEADER_LENGTH) {
            throw corrupt(file, blockPosition, "block position out of range", "before " + limit, "" + blockPosition);
        }
        final ByteBuffer header = staging.withLength(HEADER_LENGTH);
        file.copy(blockPosition, staging.pointer(), HEADER_LENGTH);
        headerChecksum = header.getInt(HEADER_CHECKSUM_OFFSET);
        final int expected = checksum.of(header, 0, HEADER_CHECKSUM_OFFSET)
                ^ CheckpointFileDescriptor.salt(file.headerChecksum(), blockPosition);
        if (headerChecksum != expected) {
            throw corrupt(
                    file,
                    blockPosition,
                    "block header checksum mismatch",
                    Checksum.hex(expected),
                    Checksum.hex(headerChecksum));
        }
        storedLength = header.getInt(STORED_LENGTH_OFFSET);
        rawLength = header.getInt(RAW_LENGTH_OFFSET);
        directoryLength = header.getInt(DIRECTORY_LENGTH_OFFSET);
        entryCount = Short.toUnsignedInt(header.getShort(ENTRY_COUNT_OFFSET));
        codec = header.get(CODEC_OFFSET);
        storedChecksum = header.getInt(STORED_CHECKSUM_OFFSET);
        if (!plausible(file, blockPosition, header.get(RESERVED_OFFSET))) {
            throw corrupt(
                    file,
                    blockPosition,
                    "block header out of range",
                    "a block before " + limit,
                    "stored length=" + storedLength + " raw length=" + rawLength + " directory length="
                            + directoryLength + " entries=" + entryCount + " codec=" + codec);
        }
        lineCount = (rawLength - directoryLength) / LINE_LENGTH;
    }

    private boolean plausible(final CheckpointFileReader file, final long blockPosition, final byte reserved) {
        final boolean inFile = storedLength > 0
                && storedLength <= file.largestStored()
                && storedLength <= file.indexPosition() - HEADER_LENGTH - blockPosition;
        final boolean rawInLimits = rawLength > 0 && rawLength <= file.largestRaw();
        final int linesLength = rawLength - directoryLength;
        final boolean linesFit = directoryLength > 0
                && linesLength > 0
                && linesLength % LINE_LENGTH == 0
                && linesLength / LINE_LENGTH <= LINE_COUNT_MAX;
        return inFile
                && rawInLimits
                && codecFits()
                && linesFit
                && reserved == 0
                && entryCount > 0
                && entryCount <= linesLength / LINE_LENGTH;
    }

    private boolean codecFits() {
        return switch (codec) {
            case CODEC_NONE -> storedLength == rawLength;
            case CODEC_LZ4 -> storedLength < rawLength;
            case CODEC_PARTS ->
                entryCount <= PART_COUNT_MAX
                        && storedLength > frontLength()
                        && storedLength <= rawLength + entryCount * PART_LENGTH;
            default -> false;
        };
    }

    private static void decompress(
            final CheckpointFileReader file,
            final long at,
            final ByteBuffer stored,
            final int length,
            final ByteBuffer target,
            final int offset,
            final int expectedLength) {
        final int found;
        try {
            found = BlockCompression.DECOMPRESSOR.decompress(stored, 0, length, target, offset, expectedLength);
        } catch (final LZ4Exception e) {
            throw new CorruptStoreException(
                    message(file, at, "block does not decompress", expectedLength + " bytes", e.getMessage())
                            + "; its checksum is right, so it was written wrong",
                    e);
        }
        if (found != expectedLength) {
            throw corrupt(file, at, "block decompresses to another length", "" + expectedLength, "" + found);
        }
    }

    /** {@return position behind the block whose header was read last} */
    long end(final long blockPosition) {
        return blockPosition + HEADER_LENGTH + storedLength;
    }

    int headerChecksum() {
        return headerChecksum;
    }

    int entryCount() {
        return entryCount;
    }

    /** {@return whether it would be in parts had this version written it} */
    boolean lacksParts() {
        return codec != CODEC_PARTS && BlockBuilder.isDense(entryCount, lineCount);
    }

    int lineCount() {
        return lineCount;
    }

    int rawLength() {
        return rawLength;
    }

    int storedLength() {
        return storedLength;
    }

    /**
     * Where the lines of an entry are; loads the part they are in.
     *
     * @param file the file loaded from
     * @param firstLine number of the first
     * @param count how many, greater than 0
     * @return native pointer to the first, valid until the next load
     * @throws CorruptStoreException when there are no such lines, or their part is damaged
     * @throws io.quire.store.errors.StoreIoException when their part cannot be read
     */
    long linesPointer(final CheckpointFileReader file, final int firstLine, final int count) {
        if (firstLine < 0 || firstLine > lineCount - count) {
            throw corrupt(
                    file, position, "index points outside the block", lineCount + " lines", firstLine + "+" + count);
        }
        if (codec == CODEC_PARTS) {
            loadParts(file, firstLine, count);
        }
        return raw.pointer() + directoryLength + (long) firstLine * LINE_LENGTH;
    }

    /**
     * Hands out all entries in the order they have in the block; loads the parts they are in.
     *
     * @param file the file loaded from
     * @param visitor takes them, with the number of the first line of each
     */
    void forEachEntry(final CheckpointFileReader file, final BlockEntryVisitor visitor) {
        directory.wrap(raw.pointer(), raw.pointer() + directoryLength);
        long page = 0;
        int firstLine = 0;
        for (int i = 0; i < entryCount; i++) {
            final long difference = directory.nextNumber();
            final long mask = directory.nextMask();
            page += difference;
            final int count = Long.bitCount(mask);
            if (difference < 0
                    || (difference == 0 && i > 0)
                    || difference > Integer.MAX_VALUE
                    || page > Integer.MAX_VALUE
                    || mask == PackedReader.MALFORMED_MASK
                    || firstLine > lineCount - count
                    || (codec == CODEC_PARTS && count != parts.lineCount(i))) {
                throw corrupt(file, position, "block directory is malformed", entryCount + " entries", "entry " + i);
            }
            visitor.onEntry((int) page, mask, firstLine, linesPointer(file, firstLine, count));
            firstLine += count;
        }
        if (firstLine != lineCount || directory.pointer() != raw.pointer() + directoryLength) {
            throw corrupt(
                    file, position, "block directory does not match its lines", lineCount + " lines", "" + firstLine);
        }
    }

    /** Takes the entries of a block. */
    @FunctionalInterface
    interface BlockEntryVisitor {
        void onEntry(int page, long mask, int firstLine, long linesPointer);
    }

    private static CorruptStoreException corrupt(
            final CheckpointFileReader file,
            final long offset,
            final String what,
            final String expected,
            final String found) {
        return new CorruptStoreException(message(file, offset, what, expected, found));
    }

    private static String message(
            final CheckpointFileReader file,
            final long offset,
            final String what,
            final String expected,
            final String found) {
        return what + ": file=" + file.path() + " offset=" + offset + " expected=" + expected + " found=" + found;
    }

    @Override
    public void close() {
        clear();
        raw.close();
    }
}

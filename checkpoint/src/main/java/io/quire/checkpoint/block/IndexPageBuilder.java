/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.IndexPageDescriptor.CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRIES_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRY_COUNT_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.ENTRY_LENGTH_MAX;
import static io.quire.checkpoint.block.IndexPageDescriptor.PAGE_LENGTH;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESERVED_OFFSET;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESTART_INTERVAL;
import static io.quire.checkpoint.block.IndexPageDescriptor.RESTART_LENGTH;

import io.quire.checkpoint.io.Checksum;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import org.agrona.BufferUtil;

/**
 * Builds one index page after the other, each in place in the buffer it is written from.
 *
 * <p>Threading: confined to one thread.
 */
final class IndexPageBuilder {
    private final Checksum checksum = new Checksum();
    private final PackedWriter packed = new PackedWriter();
    private final short[] restarts = new short[IndexPageDescriptor.restartCount(PAGE_LENGTH)];
    private ByteBuffer target;
    private int offset;
    private long startPointer;
    private int entryCount;
    private int previousPage;
    private long previousBlockPosition;
    private int nextLine;
    private int sealedChecksum;

    /** Begins an index page at an offset of a direct little-endian buffer that has room for a whole one. */
    void begin(final ByteBuffer buffer, final int bufferOffset) {
        target = buffer;
        offset = bufferOffset;
        startPointer = BufferUtil.address(buffer) + bufferOffset;
        RawMemory.setMemory(startPointer, PAGE_LENGTH, (byte) 0);
        packed.wrap(startPointer + ENTRIES_OFFSET);
        entryCount = 0;
    }

    /** {@return whether one more entry certainly fits} */
    boolean hasRoom() {
        final int used = (int) (packed.pointer() - startPointer);
        return used + ENTRY_LENGTH_MAX + IndexPageDescriptor.restartCount(entryCount + 1) * RESTART_LENGTH
                <= PAGE_LENGTH;
    }

    /** Adds an entry; pages ascend. */
    void add(final int page, final long mask, final long blockPosition, final int firstLine) {
        final boolean restart = entryCount % RESTART_INTERVAL == 0;
        if (restart) {
            restarts[entryCount / RESTART_INTERVAL] = (short) (packed.pointer() - startPointer);
            packed.putNumber(page);
            packed.putMask(mask);
            packed.putNumber(blockPosition);
            packed.putNumber(firstLine);
        } else {
            packed.putNumber(page - previousPage);
            packed.putMask(mask);
            if (blockPosition == previousBlockPosition && firstLine == nextLine) {
                packed.putNumber(0);
            } else {
                packed.putNumber(1 + PackedWriter.zigZag(blockPosition - previousBlockPosition));
                packed.putNumber(firstLine);
            }
        }
        previousPage = page;
        previousBlockPosition = blockPosition;
        nextLine = firstLine + Long.bitCount(mask);
        entryCount++;
    }

    /**
     * Completes the index page.
     *
     * @param last whether it is the last, which is cut to what it needs
     * @param position where it goes in the file
     * @param headerChecksumOfFile checksum of the file's header
     * @return its length in bytes
     */
    int seal(final boolean last, final long position, final int headerChecksumOfFile) {
        final int restartCount = IndexPageDescriptor.restartCount(entryCount);
        final int used = (int) (packed.pointer() - startPointer) + restartCount * RESTART_LENGTH;
        final int length = last ? used : PAGE_LENGTH;
        for (int i = 0; i < restartCount; i++) {
            target.putShort(offset + IndexPageDescriptor.restartOffset(length, i), restarts[i]);
        }
        target.putShort(offset + ENTRY_COUNT_OFFSET, (short) entryCount);
        target.putShort(offset + RESERVED_OFFSET, (short) 0);
        sealedChecksum = checksum.of(target, offset + ENTRY_COUNT_OFFSET, length - ENTRY_COUNT_OFFSET)
                ^ CheckpointFileDescriptor.salt(headerChecksumOfFile, position);
        target.putInt(offset + CHECKSUM_OFFSET, sealedChecksum);
        return length;
    }

    /** {@return checksum of the index page sealed last} */
    int sealedChecksum() {
        return sealedChecksum;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static io.quire.checkpoint.block.BlockDescriptor.PART_CHECKSUM_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.PART_COUNT_MAX;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LENGTH;
import static io.quire.checkpoint.block.BlockDescriptor.PART_LINE_COUNT_OFFSET;
import static io.quire.checkpoint.block.BlockDescriptor.PART_STORED_LENGTH_OFFSET;
import static io.quire.store.memory.PageDescriptor.LINES_PER_PAGE;
import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Where the parts of a block are, and which of them have been loaded.
 *
 * <p>Threading: confined to one thread at a time.
 */
final class BlockParts {
    private final int[] firstLines = new int[PART_COUNT_MAX + 1];
    private final int[] offsets = new int[PART_COUNT_MAX + 1]; // in the stored bytes
    private final int[] checksums = new int[PART_COUNT_MAX];
    private int count;
    private long loaded;

    /**
     * Reads the table.
     *
     * @param table where it is
     * @param offset where it begins there
     * @param partCount parts, at most {@link BlockDescriptor#PART_COUNT_MAX}
     * @param frontLength bytes before the first part's lines
     * @return false when it makes no sense
     */
    boolean read(final ByteBuffer table, final int offset, final int partCount, final int frontLength) {
        count = partCount;
        loaded = 0;
        offsets[0] = frontLength;
        firstLines[0] = 0;
        for (int i = 0; i < partCount; i++) {
            final int at = offset + i * PART_LENGTH;
            final int length = Short.toUnsignedInt(table.getShort(at + PART_STORED_LENGTH_OFFSET));
            final int lines = Short.toUnsignedInt(table.getShort(at + PART_LINE_COUNT_OFFSET));
            if (length == 0 || lines == 0 || lines > LINES_PER_PAGE || length > lines * LINE_LENGTH) {
                return false;
            }
            offsets[i + 1] = offsets[i] + length;
            firstLines[i + 1] = firstLines[i] + lines;
            checksums[i] = table.getInt(at + PART_CHECKSUM_OFFSET);
        }
        return true;
    }

    int count() {
        return count;
    }

    /** {@return lines of all parts} */
    int lineCount() {
        return firstLines[count];
    }

    /** {@return where the last part ends in the stored bytes} */
    int storedLength() {
        return offsets[count];
    }

    /** {@return the part that a line is in} */
    int partOf(final int line) {
        final int found = Arrays.binarySearch(firstLines, 0, count, line);
        return found >= 0 ? found : -found - 2;
    }

    int firstLine(final int part) {
        return firstLines[part];
    }

    int lineCount(final int part) {
        return firstLines[part + 1] - firstLines[part];
    }

    /** {@return where a part's lines begin in the stored bytes} */
    int offset(final int part) {
        return offsets[part];
    }

    int storedLength(final int part) {
        return offsets[part + 1] - offsets[part];
    }

    int checksum(final int part) {
        return checksums[part];
    }

    boolean isLoaded(final int part) {
        return (loaded >>> part & 1) != 0;
    }

    void loaded(final int part) {
        loaded |= 1L << part;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.memory.RawMemory;

/**
 * Writes numbers and line masks in few bytes to native memory that the caller has made large enough.
 *
 * <p>A number takes seven bits a byte, low bits first, the high bit set on all bytes but the last (LEB128). A mask is
 * one byte that tells which of its eight bytes are not zero, followed by those; a full mask is a single zero byte,
 * since an empty mask is never written.
 *
 * <p>Threading: confined to one thread.
 */
final class PackedWriter {
    /** Most bytes of a number of 31 bits. */
    static final int INT_LENGTH_MAX = 5;
    /** Most bytes of a number of 63 bits. */
    static final int LONG_LENGTH_MAX = 9;
    /** Most bytes of a mask. */
    static final int MASK_LENGTH_MAX = 1 + Long.BYTES;

    private long pointer;

    /**
     * Starts writing somewhere.
     *
     * @param startPointer native pointer to the first byte
     */
    void wrap(final long startPointer) {
        pointer = startPointer;
    }

    /** {@return native pointer behind the last byte written} */
    long pointer() {
        return pointer;
    }

    /**
     * Writes a number.
     *
     * @param value not negative
     */
    void putNumber(final long value) {
        assert value >= 0 : "value=" + value;
        long rest = value;
        while (rest >= 0x80) {
            RawMemory.putByte(pointer++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        RawMemory.putByte(pointer++, (byte) rest);
    }

    /**
     * Writes a mask.
     *
     * @param mask not 0
     */
    void putMask(final long mask) {
        assert mask != 0;
        if (mask == -1L) {
            RawMemory.putByte(pointer++, (byte) 0);
            return;
        }
        final long presencePointer = pointer++;
        int presence = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            final byte part = (byte) (mask >>> (i * Byte.SIZE));
            if (part != 0) {
                presence |= 1 << i;
                RawMemory.putByte(pointer++, part);
            }
        }
        RawMemory.putByte(presencePointer, (byte) presence);
    }

    /**
     * Maps differences of either sign to small numbers.
     *
     * @param difference any
     * @return 0 for 0, 1 for -1, 2 for 1 and so on
     */
    static long zigZag(final long difference) {
        return (difference << 1) ^ (difference >> 63);
    }

    /**
     * Inverse of {@link #zigZag}.
     *
     * @param number what zigZag returned
     * @return the difference
     */
    static long unZigZag(final long number) {
        return (number >>> 1) ^ -(number & 1);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import io.quire.store.memory.RawMemory;

/**
 * Reads what {@link PackedWriter} wrote, from private native memory, never beyond a limit. Malformed input is a
 * sentinel, which the caller turns into an exception that names the place.
 *
 * <p>Threading: confined to one thread.
 */
final class PackedReader {
    /** Returned for a number that does not end before the limit or has more than 63 bits. */
    static final long MALFORMED_NUMBER = -1;
    /** Returned for a mask that does not end before the limit, or is empty. */
    static final long MALFORMED_MASK = 0;

    private static final int LAST_SHIFT = 56;

    private long pointer;
    private long limit;

    /**
     * Starts reading somewhere.
     *
     * @param startPointer native pointer to the first byte
     * @param limitPointer native pointer behind the last byte that may be read
     */
    void wrap(final long startPointer, final long limitPointer) {
        pointer = startPointer;
        limit = limitPointer;
    }

    /** {@return native pointer of the next byte} */
    long pointer() {
        return pointer;
    }

    /** {@return next number, or {@link #MALFORMED_NUMBER}} */
    long nextNumber() {
        long value = 0;
        for (int shift = 0; shift <= LAST_SHIFT; shift += 7) {
            if (pointer >= limit) {
                return MALFORMED_NUMBER;
            }
            final byte part = RawMemory.getByte(pointer++);
            value |= (long) (part & 0x7f) << shift;
            if (part >= 0) {
                return value;
            }
        }
        return MALFORMED_NUMBER;
    }

    /** {@return next mask, or {@link #MALFORMED_MASK}} */
    long nextMask() {
        if (pointer >= limit) {
            return MALFORMED_MASK;
        }
        int presence = RawMemory.getByte(pointer++) & 0xff;
        if (presence == 0) {
            return -1L;
        }
        if (Integer.bitCount(presence) > limit - pointer) {
            return MALFORMED_MASK;
        }
        long mask = 0;
        while (presence != 0) {
            final int i = Integer.numberOfTrailingZeros(presence);
            mask |= (RawMemory.getByte(pointer++) & 0xffL) << (i * Byte.SIZE);
            presence &= presence - 1;
        }
        return mask;
    }
}

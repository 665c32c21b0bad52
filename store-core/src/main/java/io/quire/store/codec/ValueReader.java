/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * A place in the bytes of a value, which moves on as they are read. Every length is checked against the bytes that are
 * left before anything is read or allocated; messages hold lengths, never content.
 *
 * <p>Threading: confined to one call of {@link Codec#decode}.
 */
final class ValueReader {
    private final DirectBuffer buffer;
    private final int length;
    private final int end;
    private int at;

    ValueReader(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        this.buffer = buffer;
        this.length = length;
        at = offset;
        end = offset + length;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    int remaining() {
        return end - at;
    }

    /** Moves on by so many bytes, which must be there. Returns where they are. */
    int take(final int count) {
        final int start = at;
        if (count < 0 || count > end - start) {
            throw damaged("needed=" + count + " left=" + (end - start));
        }
        at = start + count;
        return start;
    }

    boolean readBoolean() {
        final byte value = readByte();
        if ((value & ~1) != 0) {
            throw damaged("a flag is neither 0 nor 1");
        }
        return value != 0;
    }

    byte readByte() {
        return buffer.getByte(take(Byte.BYTES));
    }

    short readShort() {
        return buffer.getShort(take(Short.BYTES), ByteOrder.LITTLE_ENDIAN);
    }

    char readChar() {
        return buffer.getChar(take(Character.BYTES), ByteOrder.LITTLE_ENDIAN);
    }

    int readInt() {
        return buffer.getInt(take(Integer.BYTES), ByteOrder.LITTLE_ENDIAN);
    }

    long readLong() {
        return buffer.getLong(take(Long.BYTES), ByteOrder.LITTLE_ENDIAN);
    }

    float readFloat() {
        return Float.intBitsToFloat(readInt());
    }

    double readDouble() {
        return Double.longBitsToDouble(readLong());
    }

    /** A number in variable length, 0 or more, in its shortest form. */
    int readNumber() {
        int value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            final byte next = readByte();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                if ((shift == 28 && next > 7) || (shift > 0 && next == 0)) {
                    break;
                }
                return value;
            }
        }
        throw damaged("a number in variable length is not valid");
    }

    /** A count of elements that have at least one byte each. */
    int readCount() {
        final int count = readNumber();
        if (count > end - at) {
            throw damaged("count=" + count + " left=" + (end - at));
        }
        return count;
    }

    void checkEnd() {
        if (at != end) {
            throw damaged("left=" + (end - at));
        }
    }

    CorruptStoreException damaged(final String what) {
        return new CorruptStoreException(
                "value is damaged: valueLength=" + length + " offset=" + (length - (end - at)) + " " + what);
    }
}

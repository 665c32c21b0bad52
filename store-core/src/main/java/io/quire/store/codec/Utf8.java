/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.nio.charset.StandardCharsets;
import org.agrona.MutableDirectBuffer;

/**
 * UTF-8 without garbage on the way out and strictly on the way in: each string has one form, and nothing else is one.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class Utf8 {
    private Utf8() {}

    /**
     * Bytes a string takes.
     *
     * @throws IllegalArgumentException when a surrogate has no partner: two such strings would become the same bytes
     */
    static int length(final String value) {
        final int count = value.length();
        long length = count;
        for (int i = 0; i < count; i++) {
            final char unit = value.charAt(i);
            if (unit >= 0x80) {
                if (!Character.isSurrogate(unit)) {
                    length += unit >= 0x800 ? 2 : 1;
                } else {
                    checkPair(value, i);
                    length += 2; // four bytes for two units
                    i++;
                }
            }
        }
        if (length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("string is too long: utf8Length=" + length);
        }
        return (int) length;
    }

    private static void checkPair(final String value, final int index) {
        if (!Character.isHighSurrogate(value.charAt(index))
                || index + 1 == value.length()
                || !Character.isLowSurrogate(value.charAt(index + 1))) {
            throw new IllegalArgumentException("string has an unpaired surrogate, which UTF-8 cannot hold: index="
                    + index + " length=" + value.length());
        }
    }

    /** Writes a string whose {@link #length} is known; the buffer has room. */
    static void write(final String value, final int length, final MutableDirectBuffer buffer, final int offset) {
        final int count = value.length();
        if (length == count) {
            for (int i = 0; i < count; i++) {
                buffer.putByte(offset + i, (byte) value.charAt(i));
            }
        } else {
            writeWide(value, buffer, offset);
        }
    }

    private static void writeWide(final String value, final MutableDirectBuffer buffer, final int offset) {
        int at = offset;
        for (int i = 0; i < value.length(); i++) {
            final char unit = value.charAt(i);
            if (unit < 0x80) {
                buffer.putByte(at++, (byte) unit);
            } else if (unit < 0x800) {
                buffer.putByte(at++, (byte) (0xc0 | unit >> 6));
                buffer.putByte(at++, continuation(unit));
            } else if (!Character.isSurrogate(unit)) {
                buffer.putByte(at++, (byte) (0xe0 | unit >> 12));
                buffer.putByte(at++, continuation(unit >> 6));
                buffer.putByte(at++, continuation(unit));
            } else {
                final int point = Character.toCodePoint(unit, value.charAt(++i));
                buffer.putByte(at++, (byte) (0xf0 | point >> 18));
                buffer.putByte(at++, continuation(point >> 12));
                buffer.putByte(at++, continuation(point >> 6));
                buffer.putByte(at++, continuation(point));
            }
        }
    }

    private static byte continuation(final int bits) {
        return (byte) (0x80 | (bits & 0x3f));
    }

    /** Reads the next bytes of a value as a string. */
    static String read(final ValueReader in, final int length) {
        final byte[] bytes = new byte[checked(in, length)];
        in.buffer().getBytes(in.take(length), bytes);
        int bits = 0;
        for (final byte next : bytes) {
            bits |= next;
        }
        if (bits >= 0) {
            return new String(bytes, StandardCharsets.US_ASCII);
        }
        if (!valid(bytes)) {
            throw in.damaged("a string is not UTF-8: length=" + length);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The length, which is not to be allocated before it is known to be there. */
    private static int checked(final ValueReader in, final int length) {
        if (length > in.remaining()) {
            throw in.damaged("needed=" + length + " left=" + in.remaining());
        }
        return length;
    }

    private static boolean valid(final byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            final int length = sequenceLength(bytes, at);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** Bytes of the character that begins here, or 0 when none does: Unicode, table 3-7. */
    private static int sequenceLength(final byte[] bytes, final int at) {
        final int first = bytes[at] & 0xff;
        if (first < 0x80) {
            return 1;
        }
        final int length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (length == 0 || length > bytes.length - at) {
            return 0;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        final int second = bytes[at + 1] & 0xff;
        final boolean wrong = (first == 0xe0 && second < 0xa0) // longer than need be
                || (first == 0xed && second > 0x9f) // a surrogate
                || (first == 0xf0 && second < 0x90) // longer than need be
                || (first == 0xf4 && second > 0x8f); // beyond Unicode
        return wrong ? 0 : length;
    }
}

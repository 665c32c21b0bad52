/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The built-in codecs. Numbers are little-endian and of fixed width, strings are UTF-8 without a length.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class Codecs {
    /** 8-byte integers. */
    public static final Codec<Long> LONG = new Codec<>() {
        @Override
        public String id() {
            return "quire.long";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final Long value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value, ByteOrder.LITTLE_ENDIAN);
            return Long.BYTES;
        }

        @Override
        public Long decode(final DirectBuffer buffer, final int offset, final int length) {
            checkLength(id(), length, Long.BYTES);
            return buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN);
        }
    };

    /** 4-byte integers. */
    public static final Codec<Integer> INT = new Codec<>() {
        @Override
        public String id() {
            return "quire.int";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final Integer value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putInt(offset, value, ByteOrder.LITTLE_ENDIAN);
            return Integer.BYTES;
        }

        @Override
        public Integer decode(final DirectBuffer buffer, final int offset, final int length) {
            checkLength(id(), length, Integer.BYTES);
            return buffer.getInt(offset, ByteOrder.LITTLE_ENDIAN);
        }
    };

    /** Strings as UTF-8; an unpaired surrogate becomes a question mark, as {@link String#getBytes} has it. */
    public static final Codec<String> STRING = new Codec<>() {
        @Override
        public String id() {
            return "quire.string";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
            final byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            buffer.putBytes(offset, bytes);
            return bytes.length;
        }

        @Override
        public String decode(final DirectBuffer buffer, final int offset, final int length) {
            final byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    };

    /** Byte arrays, copied both ways. */
    public static final Codec<byte[]> BYTES = new Codec<>() {
        @Override
        public String id() {
            return "quire.bytes";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final byte[] value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putBytes(offset, value);
            return value.length;
        }

        @Override
        public byte[] decode(final DirectBuffer buffer, final int offset, final int length) {
            final byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            return bytes;
        }
    };

    private Codecs() {}

    private static void checkLength(final String id, final int length, final int expected) {
        if (length != expected) {
            throw new CorruptStoreException(
                    "value is not of its codec's width: codec=" + id + " found=" + length + " expected=" + expected);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.util.HexFormat;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Values as bytes and back, at an odd place and with something on both sides that must not matter. */
final class Encoded {
    private static final int OFFSET = 3;

    private Encoded() {}

    static <T> byte[] bytes(final Codec<T> codec, final T value) {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(1);
        buffer.setMemory(0, 8, (byte) 0x5a);
        final int length = codec.encode(value, buffer, OFFSET);
        final byte[] bytes = new byte[length];
        buffer.getBytes(OFFSET, bytes);
        for (int i = 0; i < OFFSET; i++) {
            if (buffer.getByte(i) != 0x5a) {
                throw new AssertionError("written before the offset");
            }
        }
        return bytes;
    }

    static <T> String hex(final Codec<T> codec, final T value) {
        return HexFormat.of().formatHex(bytes(codec, value));
    }

    static <T> T value(final Codec<T> codec, final byte[] bytes) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[bytes.length + 2 * OFFSET]);
        buffer.setMemory(0, buffer.capacity(), (byte) 0x5a);
        buffer.putBytes(OFFSET, bytes);
        return codec.decode(buffer, OFFSET, bytes.length);
    }

    static <T> T value(final Codec<T> codec, final String hex) {
        return value(codec, HexFormat.of().parseHex(hex));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Byte arrays, copied both ways; alone without a length, inline after it.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class BytesCodec extends StructuredCodec<byte[]> {
    BytesCodec() {
        super(Schema.leaf(Schema.Kind.BYTES));
    }

    @Override
    public boolean marked() {
        return false;
    }

    @Override
    public int encode(final byte[] value, final MutableDirectBuffer buffer, final int offset) {
        buffer.putBytes(offset, value);
        return value.length;
    }

    @Override
    public byte[] decode(final DirectBuffer buffer, final int offset, final int length) {
        return next(new ValueReader(buffer, offset, length), length);
    }

    @Override
    int write(final byte[] value, final MutableDirectBuffer buffer, final int offset) {
        final int start = writeNumber(value.length, buffer, offset);
        buffer.putBytes(start, value);
        return start + value.length;
    }

    @Override
    byte[] read(final ValueReader in) {
        return next(in, in.readCount());
    }

    private static byte[] next(final ValueReader in, final int length) {
        final int start = in.take(length);
        final byte[] bytes = new byte[length];
        in.buffer().getBytes(start, bytes);
        return bytes;
    }

    @Override
    InlineReader<byte[]> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != Schema.Kind.BYTES) {
            throw cannotRead(written);
        }
        return this::read;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Strings as UTF-8; alone without a length, inline after their length in bytes. Writing allocates nothing.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class StringCodec extends StructuredCodec<String> {
    StringCodec() {
        super(Schema.leaf(Schema.Kind.STRING));
    }

    @Override
    public int unusedLastByte() {
        return 0xff; // does not occur in UTF-8
    }

    @Override
    public boolean marked() {
        return false;
    }

    @Override
    public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
        final int length = Utf8.length(value);
        Utf8.write(value, length, buffer, offset);
        return length;
    }

    @Override
    public String decode(final DirectBuffer buffer, final int offset, final int length) {
        return Utf8.read(new ValueReader(buffer, offset, length), length);
    }

    @Override
    int write(final String value, final MutableDirectBuffer buffer, final int offset) {
        final int length = Utf8.length(value);
        final int start = writeNumber(length, buffer, offset);
        Utf8.write(value, length, buffer, start);
        return start + length;
    }

    @Override
    String read(final ValueReader in) {
        return Utf8.read(in, in.readCount());
    }

    @Override
    InlineReader<String> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != Schema.Kind.STRING) {
            throw cannotRead(written);
        }
        return this::read;
    }
}

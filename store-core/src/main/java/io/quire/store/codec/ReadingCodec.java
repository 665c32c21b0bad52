/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads values written under an older schema as values of the codec that replaced it.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <T> type of the values
 */
final class ReadingCodec<T> implements Codec<T> {
    private final StructuredCodec<T> codec;
    private final Schema written;
    private final InlineReader<T> reader;

    ReadingCodec(final StructuredCodec<T> codec, final Schema written, final InlineReader<T> reader) {
        this.codec = codec;
        this.written = written;
        this.reader = reader;
    }

    @Override
    public String id() {
        return codec.id();
    }

    @Override
    public int version() {
        return codec.version();
    }

    @Override
    public String schema() {
        return written.text();
    }

    @Override
    public int fixedLength() {
        return written.kind().width();
    }

    @Override
    public boolean marked() {
        return codec.marked();
    }

    @Override
    public int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        throw new UnsupportedOperationException("values are written under the newest schema only");
    }

    @Override
    public T decode(final DirectBuffer buffer, final int offset, final int length) {
        final ValueReader in = new ValueReader(buffer, offset, length);
        final T value = reader.read(in);
        in.checkEnd();
        return value;
    }
}

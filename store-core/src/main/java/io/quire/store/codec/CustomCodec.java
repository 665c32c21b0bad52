/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A codec that is not built in, inline: its length as an int and its bytes.
 *
 * <p>Threading: as thread-safe as the codec inside.
 *
 * @param <T> type of the values
 */
final class CustomCodec<T> extends StructuredCodec<T> {
    private final Codec<T> codec;

    private CustomCodec(final Codec<T> codec) {
        super(new Schema(
                Schema.Kind.CUSTOM,
                false,
                List.of(codec.id(), Integer.toString(codec.version()), codec.schema()),
                List.of()));
        this.codec = codec;
    }

    /** The codec as one that can stand inside others. */
    static <T> StructuredCodec<T> inline(final Codec<T> codec) {
        if (codec instanceof FlyweightCodec) {
            throw new ConfigurationException(
                    "a flyweight is one object for all values and cannot stand inside others: codec=" + codec.id());
        }
        return codec instanceof StructuredCodec<T> structured ? structured : new CustomCodec<>(codec);
    }

    @Override
    int write(final T value, final MutableDirectBuffer buffer, final int offset) {
        final int start = offset + Integer.BYTES;
        final int length = codec.encode(value, buffer, start);
        if (length < 0) {
            throw new IllegalStateException("codec returned a negative length: codec=" + codec.id());
        }
        if (length > 0) { // an empty value may begin behind the end of the buffer
            buffer.boundsCheck(start, length); // before what follows makes room for what was not written
        }
        buffer.putInt(offset, length, ByteOrder.LITTLE_ENDIAN);
        return start + length;
    }

    @Override
    T read(final ValueReader in) {
        return read(in, codec);
    }

    private static <T> T read(final ValueReader in, final Codec<T> codec) {
        final int length = in.readInt();
        final int start = in.take(length);
        final DirectBuffer buffer = in.buffer();
        return codec.decode(buffer, start, length);
    }

    @Override
    InlineReader<T> resolve(final Schema written, final boolean distinct) {
        if (written.equals(structure())) {
            return this::read;
        }
        if (written.kind() != Schema.Kind.CUSTOM) {
            throw cannotRead(written);
        }
        if (distinct) {
            throw new StateMismatchException("keys of a map and elements of a set cannot be read by another form of a"
                    + " codec that is not built in: found=" + written + " asked for=" + structure());
        }
        final List<String> names = written.names();
        final Codec<T> reader;
        try {
            reader = codec.readerOf(names.get(0), Integer.parseInt(names.get(1)), names.get(2));
        } catch (final NumberFormatException e) {
            throw new CorruptStoreException("schema of a codec is not valid: version=" + names.get(1), e);
        }
        return in -> read(in, reader);
    }
}

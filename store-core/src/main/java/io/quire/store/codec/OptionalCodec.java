/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.util.Optional;
import org.agrona.MutableDirectBuffer;

/**
 * A byte that says whether a value follows, and the value.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <T> type of the value
 */
final class OptionalCodec<T> extends StructuredCodec<Optional<T>> {
    private final StructuredCodec<T> content;

    OptionalCodec(final StructuredCodec<T> content) {
        super(Schema.of(Schema.Kind.OPTIONAL, content.structure()));
        this.content = content;
    }

    @Override
    int write(final Optional<T> value, final MutableDirectBuffer buffer, final int offset) {
        buffer.putByte(offset, value.isPresent() ? (byte) 1 : 0);
        return value.isPresent() ? content.write(value.get(), buffer, offset + 1) : offset + 1;
    }

    @Override
    Optional<T> read(final ValueReader in) {
        return in.readBoolean() ? Optional.of(content.read(in)) : Optional.empty();
    }

    @Override
    InlineReader<Optional<T>> resolve(final Schema written, final boolean distinct) {
        if (written.kind() != Schema.Kind.OPTIONAL) {
            throw cannotRead(written);
        }
        final InlineReader<T> reader = content.resolve(written.parts().get(0), distinct);
        return in -> in.readBoolean() ? Optional.of(reader.read(in)) : Optional.empty();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.codec.Codec;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A codec as a state uses it for its values: it writes under the newest schema and reads under whichever one a value
 * was written. The schema is told by the last byte, the value's mark, or, where the codec keeps none, by the length. So
 * values written before the codec changed are read as they are and rewritten when they are next put.
 *
 * <p>Threading: as thread-safe as the codec it was made of.
 *
 * @param <T> type of the values
 */
final class StoredCodec<T> implements Codec<T> {
    private static final int MARK_LENGTH = Byte.BYTES;

    private final KeyedState state;
    private final Codec<T> codec;
    private final Codec<T>[] readers; // by mark
    private final int mark;
    private final boolean marked;

    private StoredCodec(final KeyedState state, final Codec<T> codec, final Codec<T>[] readers, final int mark) {
        this.state = state;
        this.codec = codec;
        this.readers = readers;
        this.mark = mark;
        marked = codec.marked();
    }

    /** The codec for the values of a state that has been opened with it. */
    static <T> StoredCodec<T> of(final KeyedState state, final Codec<T> codec) {
        final CodecHistory history = state.descriptor().codecs().get(CodecRole.VALUE);
        return new StoredCodec<>(state, codec, readers(history, codec), history.mark());
    }

    /**
     * What reads the values of each mark.
     *
     * @throws StateMismatchException when some cannot be read
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    static <T> Codec<T>[] readers(final CodecHistory history, final Codec<T> codec) {
        final Codec<T>[] readers = new Codec[history.identities().size()];
        for (int i = 0; i < readers.length; i++) {
            final CodecIdentity identity = history.identities().get(i);
            readers[i] = identity.equals(CodecIdentity.ofValues(codec)) ? codec : readerOf(identity, codec);
            for (int j = 0; j < i && !codec.marked(); j++) {
                if (readers[i].fixedLength() < 0 || readers[i].fixedLength() == readers[j].fixedLength()) {
                    throw new StateMismatchException("values are not marked, and their length does not tell them from"
                            + " those of " + history.identities().get(j).describe());
                }
            }
        }
        return readers;
    }

    private static <T> Codec<T> readerOf(final CodecIdentity identity, final Codec<T> codec) {
        if (identity.marked() != codec.marked()) {
            throw new StateMismatchException(identity.marked() ? "its values are marked" : "its values are not marked");
        }
        return codec.readerOf(identity.id(), identity.version(), identity.schema());
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
        return codec.schema();
    }

    @Override
    public int fixedLength() {
        final int length = codec.fixedLength();
        return length < 0 ? VARIABLE_LENGTH : length + (marked ? MARK_LENGTH : 0);
    }

    @Override
    public boolean marked() {
        return marked;
    }

    @Override
    public int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        final int length = codec.encode(value, buffer, offset);
        if (!marked) {
            return length;
        }
        if (length < 0) {
            throw new IllegalStateException("codec returned a negative length: codec=" + codec.id());
        }
        buffer.putByte(offset + length, (byte) mark);
        return length + MARK_LENGTH;
    }

    @Override
    public T decode(final DirectBuffer buffer, final int offset, final int length) {
        if (!marked) {
            return readers.length == 1
                    ? codec.decode(buffer, offset, length)
                    : ofLength(length).decode(buffer, offset, length);
        }
        if (length < MARK_LENGTH) {
            throw new CorruptStoreException("value has no mark: state=" + state.name() + " length=" + length);
        }
        final int contentLength = length - MARK_LENGTH;
        final int found = buffer.getByte(offset + contentLength) & 0xff;
        return found == mark
                ? codec.decode(buffer, offset, contentLength)
                : ofMark(found).decode(buffer, offset, contentLength);
    }

    private Codec<T> ofLength(final int length) {
        for (final Codec<T> reader : readers) {
            if (reader.fixedLength() == length) {
                return reader;
            }
        }
        return codec; // which says what is wrong
    }

    private Codec<T> ofMark(final int found) {
        if (found < readers.length) {
            return readers[found];
        }
        final int known =
                state.descriptor().codecs().get(CodecRole.VALUE).identities().size();
        if (found < known) {
            throw new StateMismatchException("value was written by a codec that the state was opened with later: state="
                    + state.name() + " mark=" + found + " known=" + readers.length + "; open the state again");
        }
        throw new CorruptStoreException(
                "value has a mark that no codec has: state=" + state.name() + " mark=" + found + " marks=" + known);
    }
}

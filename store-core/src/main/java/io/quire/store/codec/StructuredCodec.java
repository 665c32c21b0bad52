/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A built-in codec. Its values can stand alone, where the length is known from outside, and inline in those of another
 * codec, where they tell it themselves. What it can read of older values follows from the two schemas.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <T> type of the values
 */
abstract class StructuredCodec<T> implements Codec<T> {
    private static final String ID_PREFIX = "quire.";
    private static final int VERSION = 1;

    private final Schema schema;
    private final String text;

    StructuredCodec(final Schema schema) {
        this.schema = schema;
        text = schema.text();
    }

    final Schema structure() {
        return schema;
    }

    @Override
    public final String id() {
        return ID_PREFIX + schema.kind().word();
    }

    @Override
    public final int version() {
        return VERSION;
    }

    @Override
    public final String schema() {
        return text;
    }

    @Override
    public int fixedLength() {
        return schema.kind().width();
    }

    /** Writes a value inline and returns where the next one goes. */
    abstract int write(T value, MutableDirectBuffer buffer, int offset);

    /** Reads a value inline. */
    abstract T read(ValueReader in);

    /**
     * What reads inline values that were written under another schema.
     *
     * @param written its kind is not {@link Schema.Kind#CUSTOM}
     * @param distinct whether values that were different must stay so: keys of maps and elements of sets
     * @throws StateMismatchException when they cannot be read without loss
     */
    abstract InlineReader<T> resolve(Schema written, boolean distinct);

    @Override
    public int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        return write(value, buffer, offset) - offset;
    }

    @Override
    public T decode(final DirectBuffer buffer, final int offset, final int length) {
        final ValueReader in = new ValueReader(buffer, offset, length);
        final T value = read(in);
        in.checkEnd();
        return value;
    }

    @Override
    public Codec<T> readerOf(final String id, final int version, final String schema) {
        if (!isBuiltIn(id, version)) {
            throw new StateMismatchException(
                    "codec " + id() + " v" + VERSION + " reads built-in codecs of version " + VERSION + " only");
        }
        final Schema written = SchemaParser.parse(schema);
        checkKind(id, written);
        return new ReadingCodec<>(this, written, resolve(written, false));
    }

    /** Whether a codec of the catalog is one of these, of the version that they have. */
    static boolean isBuiltIn(final String id, final int version) {
        return id.startsWith(ID_PREFIX) && version == VERSION;
    }

    /** Checks that a schema is one of a codec that is built in. */
    static void checkKind(final String id, final Schema written) {
        if (!id.equals(ID_PREFIX + written.kind().word())) {
            throw new CorruptStoreException("schema does not belong to its codec: codec=" + id + " schema=" + written);
        }
    }

    final StateMismatchException cannotRead(final Schema written) {
        return new StateMismatchException(written + " cannot be read as " + schema);
    }

    /** Writes a number in variable length: seven bits a byte, low bits first. */
    static int writeNumber(final int value, final MutableDirectBuffer buffer, final int offset) {
        int rest = value;
        int at = offset;
        while (rest > 0x7f) {
            buffer.putByte(at++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(at, (byte) rest);
        return at + 1;
    }
}

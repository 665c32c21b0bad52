/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.StateMismatchException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes values of a type to bytes and reads them back. Id, version and schema are recorded with each state that uses
 * the codec and checked when the state is opened again.
 *
 * <p>A codec that throws has no effect on the store: bytes are encoded in full before anything is changed.
 *
 * <p>Threading: a codec is used by one thread at a time; built-in ones are thread-safe unless they say otherwise.
 *
 * @param <T> type of the values, never null
 */
public interface Codec<T> {
    /** Returned by {@link #fixedLength()} when lengths differ. */
    int VARIABLE_LENGTH = -1;
    /** Longest schema, characters. */
    int SCHEMA_LENGTH_MAX = 32 * 1024;

    /**
     * Name of the format this codec writes, for instance {@code "quire.string"}.
     *
     * @return at most 255 bytes of UTF-8, the same for the life of the format
     */
    String id();

    /**
     * Version of the format.
     *
     * @return 1 or more
     */
    int version();

    /**
     * What the bytes of a value mean, as far as it is not fixed by id and version: for instance the components of a
     * record. Two codecs with the same id, version and schema read each other's values.
     *
     * @return at most {@link #SCHEMA_LENGTH_MAX} characters, the same for the life of this codec; empty when id and
     *     version say it all
     */
    default String schema() {
        return "";
    }

    /**
     * Bytes of every value this codec writes.
     *
     * @return bytes, or {@link #VARIABLE_LENGTH}
     */
    default int fixedLength() {
        return VARIABLE_LENGTH;
    }

    /**
     * Whether a state keeps one byte behind each value that says under which schema it was written. Without it the
     * format can only ever be replaced by one of another {@link #fixedLength()}, where the length tells.
     *
     * @return the same for the life of the format
     */
    default boolean marked() {
        return true;
    }

    /**
     * A byte that no encoded value ends with. Where values are neither {@link #marked} nor of a fixed length, it tells
     * those that carry a timestamp from those written before their state had a time to live; without it such a state
     * is copied when it is given its first one.
     *
     * @return 0..255, or -1 when there is none; the same for the life of the format
     */
    default int unusedLastByte() {
        return -1;
    }

    /**
     * A codec for values that a codec with another identity has written, used to open a state whose values are older
     * than this codec. It decodes only.
     *
     * @param id what {@link #id()} of that codec returned
     * @param version what its {@link #version()} returned
     * @param schema what its {@link #schema()} returned
     * @return reads such values as values of this codec
     * @throws StateMismatchException when they cannot be read without loss; the message says why, without a final stop
     */
    default Codec<T> readerOf(final String id, final int version, final String schema) {
        throw new StateMismatchException(
                "codec " + this.id() + " v" + this.version() + " reads nothing but what it has written itself");
    }

    /**
     * Writes a value.
     *
     * @param value what to write, not null
     * @param buffer grows as needed
     * @param offset where the first byte goes
     * @return bytes written
     */
    int encode(T value, MutableDirectBuffer buffer, int offset);

    /**
     * Reads a value. Nothing read may be kept as a view of the buffer, unless the codec says so and for how long.
     *
     * @param buffer holds it
     * @param offset its first byte
     * @param length its bytes, as returned by encode
     * @return the value, not null
     * @throws io.quire.store.errors.CorruptStoreException when the bytes are not a value
     */
    T decode(DirectBuffer buffer, int offset, int length);
}

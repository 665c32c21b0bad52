/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes values of a type to bytes and reads them back. Id and version are recorded with each state that uses the codec
 * and checked when the state is opened again.
 *
 * <p>A codec that throws has no effect on the store: bytes are encoded in full before anything is changed.
 *
 * <p>Threading: a codec is used by one thread at a time; built-in ones are thread-safe.
 *
 * @param <T> type of the values, never null
 */
public interface Codec<T> {
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
     * Writes a value.
     *
     * @param value what to write, not null
     * @param buffer grows as needed
     * @param offset where the first byte goes
     * @return bytes written
     */
    int encode(T value, MutableDirectBuffer buffer, int offset);

    /**
     * Reads a value. Nothing read may be kept as a view of the buffer.
     *
     * @param buffer holds it
     * @param offset its first byte
     * @param length its bytes, as returned by encode
     * @return the value, not null
     */
    T decode(DirectBuffer buffer, int offset, int length);
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The built-in codecs. Numbers are little-endian and of fixed width, strings are UTF-8, collections hold a count and
 * their elements. What can be read after a type has changed is in {@code docs/codecs.md}.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class Codecs {
    /** Booleans: 1 byte. Writing allocates nothing, reading nothing. */
    public static final Codec<Boolean> BOOLEAN = new FixedWidthCodec.BooleanCodec();

    /** 1-byte integers. Writing allocates nothing, reading nothing. */
    public static final Codec<Byte> BYTE = new FixedWidthCodec.ByteCodec();

    /** 2-byte integers. Writing allocates nothing, reading a box. */
    public static final Codec<Short> SHORT = new FixedWidthCodec.ShortCodec();

    /** 2-byte UTF-16 units. Writing allocates nothing, reading a box. */
    public static final Codec<Character> CHAR = new FixedWidthCodec.CharCodec();

    /** 4-byte integers. Writing allocates nothing, reading a box. */
    public static final Codec<Integer> INT = new FixedWidthCodec.IntCodec();

    /** 8-byte integers. Writing allocates nothing, reading a box. */
    public static final Codec<Long> LONG = new FixedWidthCodec.LongCodec();

    /** 4-byte floating point, every bit kept. Writing allocates nothing, reading a box. */
    public static final Codec<Float> FLOAT = new FixedWidthCodec.FloatCodec();

    /** 8-byte floating point, every bit kept. Writing allocates nothing, reading a box. */
    public static final Codec<Double> DOUBLE = new FixedWidthCodec.DoubleCodec();

    /** UUIDs: 16 bytes. Writing allocates nothing, reading the object. */
    public static final Codec<java.util.UUID> UUID = new FixedWidthCodec.UuidCodec();

    /** Instants: 8 bytes of seconds, 4 of nanoseconds. Writing allocates nothing, reading the object. */
    public static final Codec<Instant> INSTANT = new FixedWidthCodec.InstantCodec();

    /**
     * Strings as UTF-8. A string with an unpaired surrogate is refused with an {@link IllegalArgumentException}: two
     * such strings would become the same bytes. Writing allocates nothing, reading the string and a copy of its bytes.
     */
    public static final Codec<String> STRING = new StringCodec();

    /** Byte arrays, copied both ways. Writing allocates nothing, reading the array. */
    public static final Codec<byte[]> BYTES = new BytesCodec();

    private Codecs() {}

    /**
     * Constants of an enum, 1 byte for up to 128 of them. The schema holds their names: constants can be added and
     * reordered, and one that no value holds can be removed. Reading a value whose constant is gone is a {@link
     * io.quire.store.errors.StateMismatchException}. Neither way allocates.
     *
     * @param type the enum
     * @param <E> the enum
     * @return its codec
     */
    public static <E extends Enum<E>> Codec<E> enumOf(final Class<E> type) {
        if (!type.isEnum()) {
            throw new ConfigurationException("not an enum: class=" + type.getName());
        }
        return new EnumCodec<>(type);
    }

    /**
     * Records, component by component.
     *
     * @param type the record, whose components have types that built-in codecs write
     * @param <T> the record
     * @return its codec
     * @throws ConfigurationException when a component has no codec, the record contains itself or is not accessible
     */
    public static <T> RecordCodec<T> record(final Class<T> type) {
        return record(type, ComponentCodecs.BUILT_IN);
    }

    /**
     * Records, component by component, with codecs for components of other types.
     *
     * @param type the record
     * @param codecs writes its components
     * @param <T> the record
     * @return its codec
     * @throws ConfigurationException when a component has no codec, the record contains itself or is not accessible
     */
    public static <T> RecordCodec<T> record(final Class<T> type, final ComponentCodecs codecs) {
        return codecs.bind(type);
    }

    /**
     * Lists; read as an {@link java.util.ArrayList}. Writing allocates nothing when the list allows access by index.
     *
     * @param element writes the elements, which must not be null
     * @param <E> type of the elements
     * @return the codec
     */
    public static <E> Codec<List<E>> list(final Codec<E> element) {
        return new CollectionCodec.OfList<>(CustomCodec.inline(element));
    }

    /**
     * Sets; read as a {@link java.util.LinkedHashSet} in the order of writing. Writing allocates an iterator.
     *
     * @param element writes the elements, which must not be null
     * @param <E> type of the elements
     * @return the codec
     */
    public static <E> Codec<Set<E>> set(final Codec<E> element) {
        return new CollectionCodec.OfSet<>(CustomCodec.inline(element));
    }

    /**
     * Maps; read as a {@link java.util.LinkedHashMap} in the order of writing. Writing allocates an iterator.
     *
     * @param key writes the keys, which must not be null
     * @param value writes the values, which must not be null
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return the codec
     */
    public static <K, V> Codec<Map<K, V>> map(final Codec<K> key, final Codec<V> value) {
        return new MapCodec<>(CustomCodec.inline(key), CustomCodec.inline(value));
    }

    /**
     * Values that may be absent: a byte, then the value.
     *
     * @param content writes the value
     * @param <T> type of the value
     * @return the codec
     */
    public static <T> Codec<Optional<T>> optional(final Codec<T> content) {
        return new OptionalCodec<>(CustomCodec.inline(content));
    }
}

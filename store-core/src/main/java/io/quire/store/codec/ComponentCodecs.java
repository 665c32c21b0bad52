/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Which codec writes a component of a record: the built-in one of its type, or one that was given for it.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class ComponentCodecs {
    /** The built-in codecs and nothing else. */
    public static final ComponentCodecs BUILT_IN = new ComponentCodecs(MethodHandles.lookup(), Map.of(), Set.of());

    private static final Map<Class<?>, Codec<?>> BY_CLASS = Map.ofEntries(
            Map.entry(boolean.class, Codecs.BOOLEAN),
            Map.entry(Boolean.class, Codecs.BOOLEAN),
            Map.entry(byte.class, Codecs.BYTE),
            Map.entry(Byte.class, Codecs.BYTE),
            Map.entry(short.class, Codecs.SHORT),
            Map.entry(Short.class, Codecs.SHORT),
            Map.entry(char.class, Codecs.CHAR),
            Map.entry(Character.class, Codecs.CHAR),
            Map.entry(int.class, Codecs.INT),
            Map.entry(Integer.class, Codecs.INT),
            Map.entry(long.class, Codecs.LONG),
            Map.entry(Long.class, Codecs.LONG),
            Map.entry(float.class, Codecs.FLOAT),
            Map.entry(Float.class, Codecs.FLOAT),
            Map.entry(double.class, Codecs.DOUBLE),
            Map.entry(Double.class, Codecs.DOUBLE),
            Map.entry(UUID.class, Codecs.UUID),
            Map.entry(Instant.class, Codecs.INSTANT),
            Map.entry(String.class, Codecs.STRING),
            Map.entry(byte[].class, Codecs.BYTES));

    private final MethodHandles.Lookup lookup;
    private final Map<Class<?>, Codec<?>> given;
    private final Set<Class<?>> outer; // records that the one at hand stands in

    private ComponentCodecs(
            final MethodHandles.Lookup lookup, final Map<Class<?>, Codec<?>> given, final Set<Class<?>> outer) {
        this.lookup = lookup;
        this.given = Map.copyOf(given);
        this.outer = Set.copyOf(outer);
    }

    /**
     * The same choice, with a codec for components of a type, at whatever depth.
     *
     * @param type class of the components, without type arguments
     * @param codec writes them
     * @param <C> type of the components
     * @return the choice
     * @throws ConfigurationException when the type is primitive
     */
    public <C> ComponentCodecs with(final Class<C> type, final Codec<C> codec) {
        if (type.isPrimitive()) {
            throw new ConfigurationException("components of primitive type have their own codec: type=" + type);
        }
        final Map<Class<?>, Codec<?>> more = new HashMap<>(given);
        more.put(type, Objects.requireNonNull(codec, "codec"));
        return new ComponentCodecs(lookup, more, outer);
    }

    /**
     * The same choice, for records of a module that is not open to this one.
     *
     * @param ofModule a lookup made inside the module
     * @return the choice
     */
    public ComponentCodecs withLookup(final MethodHandles.Lookup ofModule) {
        return new ComponentCodecs(Objects.requireNonNull(ofModule, "ofModule"), given, outer);
    }

    <T> RecordCodec<T> bind(final Class<T> type) {
        if (outer.contains(type)) {
            throw new ConfigurationException("a record must not contain itself: class=" + type.getName());
        }
        final Set<Class<?>> inside = new HashSet<>(outer);
        inside.add(type);
        return RecordCodec.bind(lookup, type, new ComponentCodecs(lookup, given, inside));
    }

    StructuredCodec<?> codecOf(final Class<?> owner, final RecordComponent component) {
        final StructuredCodec<?> codec = codecOf(component.getGenericType());
        if (codec == null) {
            throw new ConfigurationException("no codec for the type of a component: class=" + owner.getName()
                    + " component=" + component.getName() + " type="
                    + component.getGenericType().getTypeName()
                    + "; give one with ComponentCodecs.with");
        }
        return codec;
    }

    /** The codec of a type, or null. */
    private StructuredCodec<?> codecOf(final Type type) {
        if (type instanceof Class<?> raw) {
            return codecOf(raw);
        }
        if (type instanceof GenericArrayType || !(type instanceof ParameterizedType generic)) {
            return null;
        }
        final Class<?> raw = (Class<?>) generic.getRawType();
        if (given.containsKey(raw)) {
            return CustomCodec.inline(given.get(raw));
        }
        final StructuredCodec<?> first = codecOf(generic.getActualTypeArguments()[0]);
        if (first == null) {
            return null;
        }
        if (raw == List.class) {
            return new CollectionCodec.OfList<>(first);
        }
        if (raw == Set.class) {
            return new CollectionCodec.OfSet<>(first);
        }
        if (raw == Optional.class) {
            return new OptionalCodec<>(first);
        }
        if (raw == Map.class) {
            final StructuredCodec<?> second = codecOf(generic.getActualTypeArguments()[1]);
            return second == null ? null : new MapCodec<>(first, second);
        }
        return null;
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // whatever the enum, its constants are of its own type
    private StructuredCodec<?> codecOf(final Class<?> raw) {
        if (given.containsKey(raw)) {
            return CustomCodec.inline(given.get(raw));
        }
        final Codec<?> builtIn = BY_CLASS.get(raw);
        if (builtIn != null) {
            return CustomCodec.inline(builtIn);
        }
        if (raw.isEnum()) {
            return new EnumCodec(raw);
        }
        return raw.isRecord() ? bind(raw) : null;
    }
}

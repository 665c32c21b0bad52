/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.agrona.MutableDirectBuffer;

/**
 * Records, component by component in the order of declaration. What is bound to the class is bound once, here; encoding
 * and decoding use no reflection and box no number. Objects are all that decoding allocates, encoding allocates
 * nothing.
 *
 * <p>Components can be of primitive type or the boxed one, {@code String}, {@code byte[]}, {@code UUID}, {@code
 * Instant}, an enum, a record, or {@code List}, {@code Set}, {@code Map}, {@code Optional} of those; others are given a
 * codec with {@link ComponentCodecs#with}. Components other than primitives and optionals may be null. A record must
 * not contain itself.
 *
 * <p>A class can change while values of its older forms are in the store. Components can be added ({@link #withDefault}
 * says what they are in older values; otherwise null, zero, false or empty), removed, reordered, renamed ({@link
 * #withFormerName}), and numbers widened: byte, short, int, long; float, double; byte and short to float and double,
 * int to double. Everything else is a {@link StateMismatchException} when the state is opened.
 *
 * <p>Threading: thread-safe if its {@link ComponentCodecs} were given thread-safe codecs only; immutable.
 *
 * @param <T> the record
 */
public final class RecordCodec<T> extends StructuredCodec<T> {
    private final Class<T> type;
    private final List<RecordPart> parts;
    private final List<MethodHandle> accessors;
    private final MethodHandle constructor;
    private final RecordAccess access;

    private RecordCodec(
            final Class<T> type,
            final List<RecordPart> parts,
            final List<MethodHandle> accessors,
            final MethodHandle constructor) {
        super(schemaOf(parts));
        this.type = type;
        this.parts = parts;
        this.accessors = accessors;
        this.constructor = constructor;
        access = access(structure(), false);
    }

    private static Schema schemaOf(final List<RecordPart> parts) {
        final List<String> names = new ArrayList<>();
        final List<Schema> schemas = new ArrayList<>();
        for (final RecordPart part : parts) {
            names.add(part.name());
            schemas.add(part.schema());
        }
        return new Schema(Schema.Kind.RECORD, false, names, schemas);
    }

    /** Binds a class, with codecs for those of its components that were given one. */
    static <T> RecordCodec<T> bind(
            final MethodHandles.Lookup lookup, final Class<T> type, final ComponentCodecs codecs) {
        if (!type.isRecord()) {
            throw new ConfigurationException("not a record: class=" + type.getName());
        }
        try {
            final MethodHandles.Lookup inside = MethodHandles.privateLookupIn(type, lookup);
            final List<RecordPart> parts = new ArrayList<>();
            final List<MethodHandle> accessors = new ArrayList<>();
            final List<Class<?>> types = new ArrayList<>();
            for (final RecordComponent component : type.getRecordComponents()) {
                final StructuredCodec<?> codec = codecs.codecOf(type, component);
                final Class<?> erased = component.getType();
                parts.add(new RecordPart(component.getName(), erased, codec, absentByDefault(erased), List.of()));
                accessors.add(inside.unreflect(component.getAccessor()));
                types.add(erased);
            }
            final MethodHandle constructor = inside.findConstructor(type, MethodType.methodType(void.class, types));
            return new RecordCodec<>(type, parts, accessors, constructor);
        } catch (final ReflectiveOperationException e) {
            throw new ConfigurationException(
                    "record is not accessible: class=" + type.getName()
                            + "; open its package or give a lookup of its own module",
                    e);
        }
    }

    private static Object absentByDefault(final Class<?> type) {
        if (type == java.util.Optional.class) {
            return java.util.Optional.empty();
        }
        // An array of numbers is born with the zero of its type.
        return type.isPrimitive() ? java.lang.reflect.Array.get(java.lang.reflect.Array.newInstance(type, 1), 0) : null;
    }

    private RecordAccess access(final Schema written, final boolean distinct) {
        return RecordAccess.of(
                RecordHandles.writer(parts, accessors), RecordHandles.reader(parts, constructor, written, distinct));
    }

    /**
     * The same codec, with a value for a component that older records do not have.
     *
     * @param component name of the component
     * @param value what it is in records that were written without it; immutable, of the component's type
     * @return the codec
     * @throws ConfigurationException when there is no such component or the value is not of its type
     */
    public RecordCodec<T> withDefault(final String component, final Object value) {
        return with(component, part -> {
            final Class<?> boxed = MethodType.methodType(part.type()).wrap().returnType();
            if (value == null ? !part.nullable() : !boxed.isInstance(value)) {
                throw new ConfigurationException("default is not of the component's type: component=" + component
                        + " type=" + part.type().getName() + " found="
                        + (value == null ? "null" : value.getClass().getName()));
            }
            return new RecordPart(part.name(), part.type(), part.codec(), value, part.formerNames());
        });
    }

    /**
     * The same codec, for a class in which a component had another name before.
     *
     * @param component present name of the component
     * @param formerName name it had
     * @return the codec
     * @throws ConfigurationException when there is no such component
     */
    public RecordCodec<T> withFormerName(final String component, final String formerName) {
        Objects.requireNonNull(formerName, "formerName");
        return with(component, part -> {
            final List<String> formerNames = new ArrayList<>(part.formerNames());
            formerNames.add(formerName);
            return new RecordPart(part.name(), part.type(), part.codec(), part.absent(), formerNames);
        });
    }

    private RecordCodec<T> with(final String component, final UnaryOperator<RecordPart> change) {
        final List<RecordPart> changed = new ArrayList<>(parts);
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).name().equals(component)) {
                changed.set(i, change.apply(changed.get(i)));
                return new RecordCodec<>(type, changed, accessors, constructor);
            }
        }
        throw new ConfigurationException(
                "record has no such component: class=" + type.getName() + " component=" + component);
    }

    @Override
    int write(final T value, final MutableDirectBuffer buffer, final int offset) {
        try {
            return access.write(value, buffer, offset);
        } catch (final RuntimeException | Error e) {
            throw e;
        } catch (final Throwable e) {
            throw new IllegalStateException("an accessor threw what it does not declare: class=" + type.getName(), e);
        }
    }

    @Override
    T read(final ValueReader in) {
        return read(access, in);
    }

    private T read(final RecordAccess reader, final ValueReader in) {
        try {
            return type.cast(reader.read(in));
        } catch (final StateStoreException | Error e) {
            throw e;
        } catch (final Throwable e) {
            throw new CorruptStoreException(
                    "value is damaged, or its class has become stricter: the constructor refuses it: class="
                            + type.getName() + " cause=" + e.getClass().getName(),
                    e);
        }
    }

    @Override
    InlineReader<T> resolve(final Schema written, final boolean distinct) {
        if (written.equals(structure())) {
            return this::read;
        }
        if (written.kind() != Schema.Kind.RECORD) {
            throw cannotRead(written);
        }
        final RecordAccess reader = access(written, distinct);
        return in -> read(reader, in);
    }
}

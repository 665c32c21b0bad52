/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static java.lang.invoke.MethodType.methodType;

import io.quire.store.errors.StateMismatchException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.agrona.MutableDirectBuffer;

/**
 * Composes the handles that write and read a record: one step for each component, in the order of the schema, without
 * an array of arguments and without boxed numbers.
 *
 * <p>Threading: thread-safe; used once for each type and schema.
 */
final class RecordHandles {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodType WRITE_TYPE =
            methodType(int.class, int.class, MutableDirectBuffer.class, Object.class);

    private RecordHandles() {}

    /**
     * The handle that writes a record: {@code (int offset, MutableDirectBuffer, Object record)int}.
     *
     * @param parts components in order
     * @param accessors their accessors
     */
    static MethodHandle writer(final List<RecordPart> parts, final List<MethodHandle> accessors) {
        MethodHandle rest = MethodHandles.dropArguments(
                MethodHandles.identity(int.class), 1, MutableDirectBuffer.class, Object.class);
        if (parts.isEmpty()) {
            return find("writeEmpty", WRITE_TYPE);
        }
        for (int i = parts.size() - 1; i >= 0; i--) {
            final MethodHandle accessor = accessors.get(i);
            final MethodHandle get = accessor.asType(accessor.type().changeParameterType(0, Object.class));
            final MethodHandle step = MethodHandles.filterArguments(writeStep(parts.get(i)), 2, get);
            // rest(step(offset, buffer, record), buffer, record): the old offset is dropped
            rest = MethodHandles.foldArguments(MethodHandles.dropArguments(rest, 1, int.class), step);
        }
        return rest;
    }

    private static MethodHandle writeStep(final RecordPart part) {
        if (part.type().isPrimitive()) {
            return find("write", methodType(int.class, int.class, MutableDirectBuffer.class, part.type()));
        }
        final MethodType type =
                methodType(int.class, StructuredCodec.class, int.class, MutableDirectBuffer.class, Object.class);
        final MethodHandle step = find(part.nullable() ? "writeNullable" : "writePresent", type);
        final MethodHandle bound = MethodHandles.insertArguments(step, 0, part.codec());
        return bound.asType(bound.type().changeParameterType(2, part.type()));
    }

    /**
     * The handle that reads a record written under some schema: {@code (ValueReader)Object}.
     *
     * @param parts components in order
     * @param constructor takes them
     * @param written schema of the record's bytes
     * @param distinct whether records that were different must stay so
     * @throws StateMismatchException when a component cannot be read without loss
     */
    static MethodHandle reader(
            final List<RecordPart> parts,
            final MethodHandle constructor,
            final Schema written,
            final boolean distinct) {
        final Map<String, Integer> sources = sources(parts, written);
        final int count = written.parts().size();
        final MethodHandle[] steps = new MethodHandle[count];
        final int[] targets = new int[count]; // component that a step yields, -1 = none
        for (int i = 0; i < count; i++) {
            targets[i] = sources.getOrDefault(written.names().get(i), -1);
            steps[i] = targets[i] < 0
                    ? skipStep(written, i, distinct)
                    : readStep(parts.get(targets[i]), written.parts().get(i), distinct);
        }
        MethodHandle rest = withDefaults(parts, constructor, sources);
        rest = inOrderOfBytes(rest, targets);
        rest = MethodHandles.dropArguments(rest, rest.type().parameterCount(), ValueReader.class);
        for (int i = count - 1; i >= 0; i--) {
            // Each step's result goes in front of the reader, which stays last.
            final boolean yields = targets[i] >= 0;
            final int position = rest.type().parameterCount() - (yields ? 2 : 1);
            rest = MethodHandles.foldArguments(rest, position, steps[i]);
        }
        if (count == 0) {
            rest = MethodHandles.foldArguments(rest, find("readEmpty", methodType(void.class, ValueReader.class)));
        }
        return rest.asType(methodType(Object.class, ValueReader.class));
    }

    /** Which component of the present record takes each component that was written. */
    private static Map<String, Integer> sources(final List<RecordPart> parts, final Schema written) {
        final Map<String, Integer> sources = new HashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            if (!written.names().contains(parts.get(i).name())) {
                for (final String former : parts.get(i).formerNames()) {
                    if (written.names().contains(former) && !sources.containsValue(i)) {
                        sources.putIfAbsent(former, i);
                    }
                }
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            sources.putIfAbsent(parts.get(i).name(), i);
        }
        sources.keySet().retainAll(written.names());
        return sources;
    }

    /** Gives components that were not written what they are then. */
    private static MethodHandle withDefaults(
            final List<RecordPart> parts, final MethodHandle constructor, final Map<String, Integer> sources) {
        MethodHandle rest = constructor;
        for (int i = parts.size() - 1; i >= 0; i--) {
            if (!sources.containsValue(i)) {
                rest = MethodHandles.insertArguments(rest, i, parts.get(i).absent());
            }
        }
        return rest;
    }

    /** Arguments in the order in which they are read in place of that of the components. */
    private static MethodHandle inOrderOfBytes(final MethodHandle target, final int[] targets) {
        final List<Integer> read = new ArrayList<>();
        for (final int component : targets) {
            if (component >= 0) {
                read.add(component);
            }
        }
        final List<Integer> ascending = new ArrayList<>(read);
        ascending.sort(null);
        final Class<?>[] types = new Class<?>[read.size()];
        final int[] order = new int[read.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = read.indexOf(ascending.get(i));
            types[order[i]] = target.type().parameterType(i);
        }
        return MethodHandles.permuteArguments(target, methodType(target.type().returnType(), types), order);
    }

    private static MethodHandle readStep(final RecordPart part, final Schema written, final boolean distinct) {
        if (written.nullable() && !part.nullable()) {
            throw new StateMismatchException("component " + part.name() + ": it may be absent, so " + written
                    + " cannot be read as " + part.schema());
        }
        if (part.type().isPrimitive()) {
            final Schema.Kind own = part.codec().structure().kind();
            if (written.kind() != own && !FixedWidthCodec.widens(written.kind(), own)) {
                throw new StateMismatchException(
                        "component " + part.name() + ": " + written + " cannot be read as " + own.word());
            }
            return readPrimitive(written.kind()).asType(methodType(part.type(), ValueReader.class));
        }
        final InlineReader<?> reader;
        try {
            reader = part.codec().resolve(written.asNullable(false), distinct);
        } catch (final StateMismatchException e) {
            throw new StateMismatchException("component " + part.name() + ": " + e.getMessage(), e);
        }
        final MethodHandle step = find(
                written.nullable() ? "readNullable" : "readPresent",
                methodType(Object.class, InlineReader.class, ValueReader.class));
        return MethodHandles.insertArguments(step, 0, reader).asType(methodType(part.type(), ValueReader.class));
    }

    private static MethodHandle readPrimitive(final Schema.Kind kind) {
        final String word = kind.word();
        final String name = "read" + Character.toUpperCase(word.charAt(0)) + word.substring(1);
        final Class<?> type = switch (kind) {
            case BOOLEAN -> boolean.class;
            case BYTE -> byte.class;
            case SHORT -> short.class;
            case CHAR -> char.class;
            case INT -> int.class;
            case LONG -> long.class;
            case FLOAT -> float.class;
            default -> double.class;
        };
        try {
            return LOOKUP.findVirtual(ValueReader.class, name, methodType(type));
        } catch (final ReflectiveOperationException e) {
            throw new LinkageError("a step of this class is missing", e);
        }
    }

    private static MethodHandle skipStep(final Schema written, final int index, final boolean distinct) {
        if (distinct) {
            throw new StateMismatchException("component " + written.names().get(index)
                    + ": a record that is a key of a map or an element of a set cannot lose a component");
        }
        final MethodHandle step = find("skip", methodType(void.class, Schema.class, ValueReader.class));
        return MethodHandles.insertArguments(step, 0, written.parts().get(index));
    }

    private static MethodHandle find(final String name, final MethodType type) {
        try {
            return LOOKUP.findStatic(RecordHandles.class, name, type);
        } catch (final ReflectiveOperationException e) {
            throw new LinkageError("a step of this class is missing", e);
        }
    }

    // The steps. Found by name above.

    @SuppressWarnings("UnusedMethod")
    private static int writeEmpty(final int offset, final MutableDirectBuffer buffer, final Object record) {
        Objects.requireNonNull(record, "record");
        buffer.putByte(offset, (byte) 0); // no value is empty, so that counts of elements stay bounded
        return offset + Byte.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static void readEmpty(final ValueReader in) {
        if (in.readByte() != 0) {
            throw in.damaged("a record without components is not zero");
        }
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final boolean value) {
        buffer.putByte(offset, value ? (byte) 1 : 0);
        return offset + Byte.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final byte value) {
        buffer.putByte(offset, value);
        return offset + Byte.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final short value) {
        buffer.putShort(offset, value, ByteOrder.LITTLE_ENDIAN);
        return offset + Short.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final char value) {
        buffer.putChar(offset, value, ByteOrder.LITTLE_ENDIAN);
        return offset + Character.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final int value) {
        buffer.putInt(offset, value, ByteOrder.LITTLE_ENDIAN);
        return offset + Integer.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final long value) {
        buffer.putLong(offset, value, ByteOrder.LITTLE_ENDIAN);
        return offset + Long.BYTES;
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final float value) {
        return write(offset, buffer, Float.floatToRawIntBits(value));
    }

    @SuppressWarnings("UnusedMethod")
    private static int write(final int offset, final MutableDirectBuffer buffer, final double value) {
        return write(offset, buffer, Double.doubleToRawLongBits(value));
    }

    @SuppressWarnings({"UnusedMethod", "unchecked"}) // the component has the type its codec was chosen for
    private static int writeNullable(
            final StructuredCodec<?> codec, final int offset, final MutableDirectBuffer buffer, final Object value) {
        buffer.putByte(offset, value == null ? 0 : (byte) 1);
        return value == null
                ? offset + Byte.BYTES
                : ((StructuredCodec<Object>) codec).write(value, buffer, offset + Byte.BYTES);
    }

    @SuppressWarnings({"UnusedMethod", "unchecked"}) // the component has the type its codec was chosen for
    private static int writePresent(
            final StructuredCodec<?> codec, final int offset, final MutableDirectBuffer buffer, final Object value) {
        return ((StructuredCodec<Object>) codec)
                .write(Objects.requireNonNull(value, "an optional component is null"), buffer, offset);
    }

    @SuppressWarnings("UnusedMethod")
    private static Object readNullable(final InlineReader<?> reader, final ValueReader in) {
        return in.readBoolean() ? reader.read(in) : null;
    }

    @SuppressWarnings("UnusedMethod")
    private static Object readPresent(final InlineReader<?> reader, final ValueReader in) {
        return reader.read(in);
    }

    /** Passes over a value. */
    private static void skip(final Schema schema, final ValueReader in) {
        if (schema.nullable() && !in.readBoolean()) {
            return;
        }
        switch (schema.kind()) {
            case STRING, BYTES -> in.take(in.readCount());
            case ENUM -> in.readNumber();
            case OPTIONAL -> skipAll(schema.parts(), in.readBoolean() ? 1 : 0, in);
            case LIST, SET, MAP -> skipAll(schema.parts(), in.readCount(), in);
            case RECORD -> {
                if (schema.parts().isEmpty()) {
                    readEmpty(in);
                }
                skipAll(schema.parts(), 1, in);
            }
            case CUSTOM -> in.take(in.readInt());
            default -> in.take(schema.kind().width());
        }
    }

    private static void skipAll(final List<Schema> parts, final int times, final ValueReader in) {
        for (int i = 0; i < times; i++) {
            for (final Schema part : parts) {
                skip(part, in);
            }
        }
    }
}

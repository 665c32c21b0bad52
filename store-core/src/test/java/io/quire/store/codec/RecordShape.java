/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * A random type, its values, and what becomes of both when the type changes: the plain model of what {@link
 * RecordCodec} does with generated classes. Records are written as source and loaded by the test.
 */
public final class RecordShape {
    /** Public, since generated classes of another package name it. */
    public enum Color {
        RED,
        GREEN,
        BLUE
    }

    private static final List<String> PRIMITIVES =
            List.of("boolean", "byte", "short", "char", "int", "long", "float", "double");
    private static final List<String> OBJECTS =
            List.of("Byte", "Short", "Integer", "Long", "Float", "Double", "String", "UUID", "Instant", "Color");
    private static final Map<String, List<String>> WIDER = Map.of(
            "byte", List.of("short", "int", "long", "float", "double"),
            "short", List.of("int", "long", "float", "double"),
            "int", List.of("long", "double"),
            "float", List.of("double"),
            "Byte", List.of("Short", "Integer", "Long", "Float", "Double"),
            "Short", List.of("Integer", "Long", "Float", "Double"),
            "Integer", List.of("Long", "Double"),
            "Float", List.of("Double"));

    final String kind; // one of the above, List, Set, Map, Optional or Record
    final List<RecordShape> parts = new ArrayList<>();
    final List<String> names = new ArrayList<>(); // of a record's components
    String className; // of a record

    private RecordShape(final String kind) {
        this.kind = kind;
    }

    /** A record of up to six components. */
    static RecordShape record(final Random random, final int depth, final List<RecordShape> records) {
        final RecordShape shape = new RecordShape("Record");
        final int count = random.nextInt(7);
        for (int i = 0; i < count; i++) {
            shape.names.add("c" + i);
            shape.parts.add(component(random, depth - 1, records));
        }
        return shape.named(records);
    }

    private RecordShape named(final List<RecordShape> records) {
        className = "R" + records.size();
        records.add(this);
        return this;
    }

    private static RecordShape component(final Random random, final int depth, final List<RecordShape> records) {
        return random.nextBoolean()
                ? new RecordShape(PRIMITIVES.get(random.nextInt(PRIMITIVES.size())))
                : object(random, depth, records);
    }

    private static RecordShape object(final Random random, final int depth, final List<RecordShape> records) {
        final int choice = depth <= 0 ? 9 : random.nextInt(10);
        if (choice == 0) {
            return record(random, depth, records);
        }
        final String kind =
                choice == 1 ? "List" : choice == 2 ? "Set" : choice == 3 ? "Map" : choice == 4 ? "Optional" : "";
        if (kind.isEmpty()) {
            return new RecordShape(OBJECTS.get(random.nextInt(OBJECTS.size())));
        }
        final RecordShape shape = new RecordShape(kind);
        for (int i = kind.equals("Map") ? 2 : 1; i > 0; i--) {
            shape.parts.add(object(random, depth - 1, records));
        }
        return shape;
    }

    boolean primitive() {
        return PRIMITIVES.contains(kind);
    }

    private boolean nullable() {
        return !primitive() && !kind.equals("Optional");
    }

    /** The type in source, with the names that the generated file imports. */
    String source() {
        if (kind.equals("Record")) {
            return className;
        }
        final List<String> arguments = parts.stream().map(RecordShape::source).toList();
        return arguments.isEmpty() ? kind : kind + "<" + String.join(", ", arguments) + ">";
    }

    /** The declaration of a record. */
    String declaration() {
        final List<String> components = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            components.add(parts.get(i).source() + " " + names.get(i));
        }
        return "record " + className + "(" + String.join(", ", components) + ") {}\n";
    }

    /** A random value; never null. */
    Object value(final Random random, final ClassLoader loader) throws ReflectiveOperationException {
        return switch (kind) {
            case "boolean" -> random.nextBoolean();
            case "byte", "Byte" -> (byte) random.nextInt();
            case "short", "Short" -> (short) random.nextInt();
            case "char" -> (char) random.nextInt();
            case "int", "Integer" -> random.nextInt();
            case "long", "Long" -> random.nextLong();
            case "float", "Float" -> random.nextFloat();
            case "double", "Double" -> random.nextDouble();
            case "String" -> text(random);
            case "UUID" -> new UUID(random.nextLong(), random.nextLong());
            case "Instant" -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
            case "Color" -> Color.values()[random.nextInt(3)];
            case "Optional" ->
                random.nextBoolean() ? Optional.of(parts.get(0).value(random, loader)) : Optional.empty();
            case "List", "Set" -> {
                final List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(parts.get(0).value(random, loader));
                }
                yield kind.equals("List") ? list : new LinkedHashSet<>(list);
            }
            case "Map" -> {
                final Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(parts.get(0).value(random, loader), parts.get(1).value(random, loader));
                }
                yield map;
            }
            default -> {
                final Object[] components = new Object[parts.size()];
                for (int i = 0; i < components.length; i++) {
                    final RecordShape part = parts.get(i);
                    components[i] = part.nullable() && random.nextInt(5) == 0 ? null : part.value(random, loader);
                }
                yield construct(loader, components);
            }
        };
    }

    private static String text(final Random random) {
        final StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(20) == 0 ? 300 : 8); i > 0; i--) {
            text.appendCodePoint(
                    "aä€😀\0z".codePoints().skip(random.nextInt(6)).findFirst().orElseThrow());
        }
        return text.toString();
    }

    private Object construct(final ClassLoader loader, final Object[] components) throws ReflectiveOperationException {
        final Constructor<?> constructor = type(loader).getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return constructor.newInstance(components);
    }

    Class<?> type(final ClassLoader loader) throws ReflectiveOperationException {
        return loader.loadClass("generated." + className);
    }

    /** A later form of the type; keys and elements of sets lose no component. */
    RecordShape evolved(final Random random, final boolean distinct, final List<RecordShape> records) {
        if (WIDER.containsKey(kind) && random.nextInt(3) == 0) {
            final List<String> wider = WIDER.get(kind);
            return new RecordShape(wider.get(random.nextInt(wider.size())));
        }
        final RecordShape later = new RecordShape(kind);
        for (int i = 0; i < parts.size(); i++) {
            final boolean keys = kind.equals("Set") || (kind.equals("Map") && i == 0);
            if (!kind.equals("Record") || distinct || random.nextInt(4) > 0) {
                later.parts.add(parts.get(i).evolved(random, distinct || keys, records));
                later.names.add(names.isEmpty() ? "" : names.get(i));
            }
        }
        if (!kind.equals("Record")) {
            return later;
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            later.parts.add(component(random, 1, records));
            later.names.add("added" + records.size() + "x" + i);
        }
        final long order = random.nextLong();
        Collections.shuffle(later.parts, new Random(order));
        Collections.shuffle(later.names, new Random(order));
        return later.named(records);
    }

    /** What a value of this type is as one of the later type. */
    Object converted(final Object value, final RecordShape later, final ClassLoader loader)
            throws ReflectiveOperationException {
        if (value == null) {
            return null;
        }
        if (value instanceof Number number) {
            return switch (later.kind) {
                case "byte", "Byte" -> number.byteValue();
                case "short", "Short" -> number.shortValue();
                case "int", "Integer" -> number.intValue();
                case "long", "Long" -> number.longValue();
                case "float", "Float" -> number.floatValue();
                default -> number.doubleValue();
            };
        }
        if (value instanceof Map<?, ?> map) {
            final Map<Object, Object> converted = new LinkedHashMap<>();
            for (final Map.Entry<?, ?> entry : map.entrySet()) {
                converted.put(part(0, entry.getKey(), later, loader), part(1, entry.getValue(), later, loader));
            }
            return converted;
        }
        if (value instanceof List<?> list) {
            return all(list, new ArrayList<>(), later, loader);
        }
        if (value instanceof Set<?> set) {
            return all(set, new LinkedHashSet<>(), later, loader);
        }
        if (value instanceof Optional<?> optional) {
            return optional.isEmpty() ? value : Optional.of(part(0, optional.get(), later, loader));
        }
        return kind.equals("Record") ? convertedRecord(value, later, loader) : value;
    }

    private Object all(
            final Iterable<?> from,
            final java.util.Collection<Object> to,
            final RecordShape later,
            final ClassLoader loader)
            throws ReflectiveOperationException {
        for (final Object element : from) {
            to.add(part(0, element, later, loader));
        }
        return to;
    }

    private Object part(final int index, final Object value, final RecordShape later, final ClassLoader loader)
            throws ReflectiveOperationException {
        return parts.get(index).converted(value, later.parts.get(index), loader);
    }

    private Object convertedRecord(final Object value, final RecordShape later, final ClassLoader loader)
            throws ReflectiveOperationException {
        final Object[] components = new Object[later.parts.size()];
        for (int i = 0; i < components.length; i++) {
            final RecordShape target = later.parts.get(i);
            final int source = names.indexOf(later.names.get(i));
            if (source >= 0) {
                final Method accessor = value.getClass().getDeclaredMethod(names.get(source));
                accessor.setAccessible(true);
                components[i] = parts.get(source).converted(accessor.invoke(value), target, loader);
            } else {
                components[i] = target.absent();
            }
        }
        return later.construct(loader, components);
    }

    /** What a component is that was not written. */
    private Object absent() {
        return switch (kind) {
            case "boolean" -> false;
            case "byte" -> (byte) 0;
            case "short" -> (short) 0;
            case "char" -> '\0';
            case "int" -> 0;
            case "long" -> 0L;
            case "float" -> 0f;
            case "double" -> 0d;
            case "Optional" -> Optional.empty();
            default -> null;
        };
    }
}

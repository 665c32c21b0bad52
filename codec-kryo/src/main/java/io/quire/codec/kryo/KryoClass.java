/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.CompatibleFieldSerializer;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.serializers.FieldSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import com.esotericsoftware.kryo.serializers.RecordSerializer;
import com.esotericsoftware.kryo.serializers.TaggedFieldSerializer;
import com.esotericsoftware.kryo.serializers.VersionFieldSerializer;
import io.quire.store.errors.ConfigurationException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * A class that a codec knows.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param number stands for the class in the bytes
 * @param type the class
 * @param serializer makes its serializer, or null for Kryo's choice
 * @param <C> the class
 */
record KryoClass<C>(int number, Class<C> type, Function<Kryo, Serializer<C>> serializer) {
    /** Serializers of Kryo's whose bytes show which fields they hold, so that the class may change by their rules. */
    private static final List<Class<?>> EVOLVING =
            List.of(CompatibleFieldSerializer.class, TaggedFieldSerializer.class, VersionFieldSerializer.class);

    /** Makes a Kryo know the class; returns what its bytes depend on. */
    @SuppressWarnings("rawtypes") // as Kryo has it
    String register(final Kryo kryo) {
        final Serializer chosen = serializer == null ? kryo.getDefaultSerializer(type) : serializer.apply(kryo);
        check(chosen);
        final Serializer bounded = serializer == null ? BoundedKryo.bounded(chosen, type) : chosen;
        final Serializer registered = BoundedKryo.boundedNames(bounded);
        kryo.register(type, registered, number);
        final String kind = Modifier.isFinal(type.getModifiers()) ? "final " : "";
        return number + "=" + kind + type.getTypeName() + ":"
                + chosen.getClass().getName() + shape(chosen, type, List.of());
    }

    @SuppressWarnings("rawtypes") // as Kryo has it
    private void check(final Serializer chosen) {
        if (serializer != null) {
            new SerializerCheck(type).checkGiven(chosen);
            return;
        }
        new SerializerCheck(type).check(chosen);
        final boolean collection = chosen instanceof CollectionSerializer
                && chosen.getClass() != CollectionSerializer.class
                && !(chosen instanceof DefaultSerializers.TreeSetSerializer);
        final boolean map = chosen instanceof MapSerializer
                && chosen.getClass() != MapSerializer.class
                && !(chosen instanceof DefaultSerializers.TreeMapSerializer);
        if (collection || map) {
            throw new ConfigurationException("Kryo's serializer for a class believes any length it reads: class="
                    + type.getName() + " serializer=" + chosen.getClass().getName()
                    + "; use another collection, or register the class with a serializer of your own");
        }
    }

    /**
     * Names, types and settings of what is written one after the other, where nothing in the bytes tells.
     *
     * @param outer the serializers that this one is a part of
     */
    @SuppressWarnings("rawtypes") // as Kryo has it
    private static String shape(final Serializer chosen, final Class<?> type, final List<Serializer> outer) {
        final List<String> parts = new ArrayList<>();
        if (type.isEnum()) {
            for (final Object constant : type.getEnumConstants()) {
                parts.add(((Enum<?>) constant).name());
            }
        } else if (chosen instanceof RecordSerializer && type.isRecord()) {
            final RecordComponent[] components = type.getRecordComponents();
            List.of(components).stream()
                    .sorted(Comparator.comparing(RecordComponent::getName))
                    .forEach(component -> parts.add(part(component.getName(), component.getGenericType())));
        } else if (chosen instanceof FieldSerializer && !EVOLVING.contains(chosen.getClass())) {
            final List<Serializer> inside = new ArrayList<>(outer);
            inside.add(chosen);
            for (final FieldSerializer.CachedField field : ((FieldSerializer<?>) chosen).getFields()) {
                parts.add(part(field.getName(), field.getField().getGenericType())
                        + settings(field, ((FieldSerializer<?>) chosen).getKryo(), inside));
            }
        }
        return parts.isEmpty() ? "" : "(" + String.join(",", parts) + ")";
    }

    /** What annotations or calls have set for a field and its bytes depend on; nothing for what Kryo does by itself. */
    @SuppressWarnings("rawtypes") // as Kryo has it
    private static String settings(
            final FieldSerializer.CachedField field, final Kryo kryo, final List<Serializer> outer) {
        final Class<?> declared = field.getField().getType();
        final Class<?> value = field.getValueClass();
        final boolean chosenByKryo = value == declared && kryo.isFinal(declared);
        final StringBuilder text = new StringBuilder();
        if (value != null && !chosenByKryo && !(field.getField().getGenericType() instanceof TypeVariable)) {
            text.append(" as ").append(value.getTypeName());
        }
        if (!declared.isPrimitive() && !field.getCanBeNull()) {
            text.append(" present");
        }
        if (!field.getVariableLengthEncoding()) {
            text.append(" fixed");
        }
        if (field.getOptimizePositive()) {
            text.append(" positive");
        }
        final Serializer serializer = field.getSerializer();
        if (serializer != null) {
            text.append(" by ").append(serializer.getClass().getName());
            // A serializer may stand inside itself, as that of a linked list's nodes.
            if (outer.stream().noneMatch(other -> other == serializer)) {
                text.append(shape(serializer, value == null ? declared : value, outer));
            }
        }
        return text.toString();
    }

    private static String part(final String name, final Type type) {
        return name + " " + type.getTypeName();
    }

    /**
     * Whether what an entry of an older schema stands for can be read under an entry of this one: when they are the
     * same, or an enum has got constants behind those it had.
     */
    static boolean reads(final String present, final String written) {
        if (present == null) {
            return false;
        }
        final boolean ofEnum = written.contains(":" + DefaultSerializers.EnumSerializer.class.getName() + "(");
        return present.equals(written)
                || (ofEnum && present.startsWith(written.substring(0, written.length() - 1) + ","));
    }
}

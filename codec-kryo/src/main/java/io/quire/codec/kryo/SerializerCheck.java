/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.serializers.BlowfishSerializer;
import com.esotericsoftware.kryo.serializers.ClosureSerializer;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.CompatibleFieldSerializer;
import com.esotericsoftware.kryo.serializers.DefaultArraySerializers;
import com.esotericsoftware.kryo.serializers.DeflateSerializer;
import com.esotericsoftware.kryo.serializers.ExternalizableSerializer;
import com.esotericsoftware.kryo.serializers.FieldSerializer;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import com.esotericsoftware.kryo.serializers.TaggedFieldSerializer;
import io.quire.store.errors.ConfigurationException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Looks at the serializer of a class, and at those it holds for fields, elements, keys and values: annotations of
 * fields and whoever made the serializer may have given it any.
 *
 * <p>Threading: confined to one thread.
 */
final class SerializerCheck {
    private static final String OF_KRYO = Kryo.class.getPackageName() + ".";

    private final Class<?> type;
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    SerializerCheck(final Class<?> type) {
        this.type = type;
    }

    /**
     * Looks at the serializer of the class.
     *
     * @throws ConfigurationException when it, or one that it holds, is not allowed
     */
    @SuppressWarnings("rawtypes") // as Kryo has it
    void check(final Serializer serializer) {
        refuseJavaSerialization(serializer, "");
        refuseHiding(serializer, "");
        refuseChunks(serializer, "");
        checkHeld(serializer, "");
    }

    /**
     * Looks at the serializer of the class that whoever registers it has made.
     *
     * @throws ConfigurationException when it is one of Kryo's that believes any length, or as {@link #check}
     */
    @SuppressWarnings("rawtypes") // as Kryo has it
    void checkGiven(final Serializer serializer) {
        check(serializer);
        if (believesLengths(serializer)) {
            throw refused("Kryo's serializer believes any length it reads where it is given", serializer, "");
        }
    }

    @SuppressWarnings("rawtypes") // as Kryo has it
    private void checkHeld(final Serializer holder, final String place) {
        if (!seen.add(holder)) {
            return;
        }
        if (holder instanceof FieldSerializer<?> fields) {
            for (final FieldSerializer.CachedField field : fields.getFields()) {
                final String ofOther = place.isEmpty() ? " field=" : place + ".";
                checkPart(field.getSerializer(), ofOther + field.getName());
            }
        } else if (holder instanceof CollectionSerializer<?> collection) {
            checkPart(collection.getElementSerializer(), place + " of=elements");
        } else if (holder instanceof MapSerializer<?> map) {
            checkPart(map.getKeySerializer(), place + " of=keys");
            checkPart(map.getValueSerializer(), place + " of=values");
        }
    }

    @SuppressWarnings("rawtypes") // as Kryo has it
    private void checkPart(final Serializer part, final String place) {
        if (part == null) {
            return;
        }
        refuseJavaSerialization(part, place);
        refuseHiding(part, place);
        refuseChunks(part, place);
        if (part instanceof CompatibleFieldSerializer || believesLengths(part)) {
            throw refused("Kryo's serializer for a part of a class believes any length it reads", part, place);
        }
        checkHeld(part, place);
    }

    @SuppressWarnings("rawtypes") // as Kryo has it
    private static boolean believesLengths(final Serializer serializer) {
        final boolean counts = serializer instanceof CollectionSerializer || serializer instanceof MapSerializer;
        return serializer instanceof DefaultArraySerializers.ObjectArraySerializer
                || serializer instanceof DefaultArraySerializers.StringArraySerializer
                || (counts && serializer.getClass().getName().startsWith(OF_KRYO));
    }

    /** Fields are then read from an input that Kryo makes, which believes any length of strings and arrays. */
    @SuppressWarnings("rawtypes") // as Kryo has it
    private void refuseChunks(final Serializer serializer, final String place) {
        final boolean compatible = serializer instanceof CompatibleFieldSerializer<?> fields
                && fields.getCompatibleFieldSerializerConfig().getChunkedEncoding();
        final boolean tagged = serializer instanceof TaggedFieldSerializer<?> fields
                && fields.getTaggedFieldSerializerConfig().getChunkedEncoding();
        if (compatible || tagged) {
            throw refused("chunked encoding believes any length it reads", serializer, place);
        }
    }

    @SuppressWarnings("rawtypes") // as Kryo has it
    private void refuseJavaSerialization(final Serializer serializer, final String place) {
        if (serializer instanceof JavaSerializer
                || serializer instanceof ExternalizableSerializer
                || serializer instanceof ClosureSerializer) {
            throw refused("a serializer that stands on Java serialization is not allowed", serializer, place);
        }
    }

    /** What these hold cannot be asked for, and they read what they unpack without limits. */
    @SuppressWarnings("rawtypes") // as Kryo has it
    private void refuseHiding(final Serializer serializer, final String place) {
        if (serializer instanceof DeflateSerializer || serializer instanceof BlowfishSerializer) {
            throw refused("a serializer that hides what it holds is not allowed", serializer, place);
        }
    }

    private ConfigurationException refused(final String what, final Serializer<?> serializer, final String place) {
        final String instead = place.isEmpty()
                ? "; register the class without it, or with a serializer of your own"
                : "; leave out the annotation (Bind, BindCollection, BindMap) or the call that sets it and register the"
                        + " classes of the values that stand there, or set a serializer of your own";
        return new ConfigurationException(what + ": class=" + type.getName() + place + " serializer="
                + serializer.getClass().getName() + instead);
    }
}

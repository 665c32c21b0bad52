/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.DirectBuffer;

/**
 * Reads what the built-in codecs have written from the schema in the catalog alone, without the classes that a program
 * reads it with: for looking at a store from outside.
 *
 * <p>Numbers, characters, UUIDs, instants, strings and byte arrays are the objects that the codecs make. A constant of
 * an enum is its name, a record a map from the names of its components to their values, null where a component may be
 * absent and is. Lists and sets are lists, a map is a list of its entries, since what a key has become may not be
 * comparable, an optional is an {@link Optional}. What a codec of somebody else has written inside is a byte array.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class SchemaDecoder {
    private final Schema schema;

    private SchemaDecoder(final Schema schema) {
        this.schema = schema;
    }

    /**
     * The decoder for what a codec has written.
     *
     * @param id id of the codec, as the catalog has it
     * @param version its version
     * @param schema its schema
     * @return null when the codec is not a built-in one, or one of a version that this one does not know
     * @throws CorruptStoreException when the schema is none
     */
    public static SchemaDecoder of(final String id, final int version, final String schema) {
        if (!StructuredCodec.isBuiltIn(id, version)) {
            return null;
        }
        final Schema parsed = SchemaParser.parse(schema);
        StructuredCodec.checkKind(id, parsed);
        return new SchemaDecoder(parsed);
    }

    /** {@return bytes of every value, or {@link Codec#VARIABLE_LENGTH}} */
    public int fixedLength() {
        return schema.kind().width();
    }

    /** {@return a byte that no value ends with, or -1; see {@link Codec#unusedLastByte}} */
    public int unusedLastByte() {
        return schema.kind() == Schema.Kind.STRING ? Codecs.STRING.unusedLastByte() : -1;
    }

    /**
     * Reads a value that stands alone.
     *
     * @param buffer where it is
     * @param offset where it begins
     * @param length its bytes
     * @return the value, never null
     * @throws CorruptStoreException when the bytes are not what the schema says
     */
    public Object decode(final DirectBuffer buffer, final int offset, final int length) {
        final ValueReader in = new ValueReader(buffer, offset, length);
        final Object value = switch (schema.kind()) {
            case STRING -> Utf8.read(in, length);
            case BYTES -> bytes(in, length);
            default -> read(schema, in);
        };
        in.checkEnd();
        return value;
    }

    private static Object read(final Schema schema, final ValueReader in) {
        return switch (schema.kind()) {
            case BOOLEAN -> in.readBoolean();
            case BYTE -> in.readByte();
            case SHORT -> in.readShort();
            case CHAR -> in.readChar();
            case INT -> in.readInt();
            case LONG -> in.readLong();
            case FLOAT -> in.readFloat();
            case DOUBLE -> in.readDouble();
            case UUID -> ((StructuredCodec<?>) Codecs.UUID).read(in);
            case INSTANT -> ((StructuredCodec<?>) Codecs.INSTANT).read(in);
            case STRING -> Utf8.read(in, in.readCount());
            case BYTES -> bytes(in, in.readCount());
            case ENUM -> constant(schema, in);
            case OPTIONAL -> in.readBoolean() ? Optional.of(read(schema.parts().get(0), in)) : Optional.empty();
            case LIST, SET -> elements(schema, in);
            case MAP -> entries(schema, in);
            case RECORD -> components(schema, in);
            case CUSTOM -> bytes(in, in.readInt());
        };
    }

    private static byte[] bytes(final ValueReader in, final int length) {
        final int start = in.take(length);
        final byte[] bytes = new byte[length];
        in.buffer().getBytes(start, bytes);
        return bytes;
    }

    private static String constant(final Schema schema, final ValueReader in) {
        final int index = in.readNumber();
        if (index >= schema.names().size()) {
            throw in.damaged("index of an enum constant=" + index + " constants="
                    + schema.names().size());
        }
        return schema.names().get(index);
    }

    private static List<Object> elements(final Schema schema, final ValueReader in) {
        final int count = in.readCount();
        final List<Object> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(read(schema.parts().get(0), in));
        }
        return elements;
    }

    private static List<Map.Entry<Object, Object>> entries(final Schema schema, final ValueReader in) {
        final int count = in.readCount();
        final List<Map.Entry<Object, Object>> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final Object key = read(schema.parts().get(0), in);
            entries.add(Map.entry(key, read(schema.parts().get(1), in)));
        }
        return entries;
    }

    private static Map<String, Object> components(final Schema schema, final ValueReader in) {
        if (schema.parts().isEmpty()) {
            in.readByte(); // no value is empty
        }
        final Map<String, Object> components = new LinkedHashMap<>();
        for (int i = 0; i < schema.parts().size(); i++) {
            final Schema part = schema.parts().get(i);
            final boolean isThere = !part.nullable() || in.readBoolean();
            components.put(schema.names().get(i), isThere ? read(part, in) : null);
        }
        return components;
    }
}

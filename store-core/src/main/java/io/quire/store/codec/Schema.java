/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.ConfigurationException;
import java.util.List;

/**
 * What the bytes of a value mean: a tree, written as text into the catalog, for instance {@code
 * record(id:long,tags:list(string)?)}. Class names are not part of it, so that classes can be renamed and moved.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param kind what stands at the root
 * @param nullable whether a byte before the value says that it is there; components of records only
 * @param names constants of an enum, components of a record, or id, version and schema of a custom codec
 * @param parts elements, key and value, or components
 */
record Schema(Kind kind, boolean nullable, List<String> names, List<Schema> parts) {
    /** Deepest nesting. */
    static final int DEPTH_MAX = 32;

    /** What a value can be. Names stand in the catalog and never change their meaning. */
    enum Kind {
        BOOLEAN("boolean", 1),
        BYTE("byte", 1),
        SHORT("short", 2),
        CHAR("char", 2),
        INT("int", 4),
        LONG("long", 8),
        FLOAT("float", 4),
        DOUBLE("double", 8),
        UUID("uuid", 16),
        INSTANT("instant", 12),
        STRING("string", Codec.VARIABLE_LENGTH),
        BYTES("bytes", Codec.VARIABLE_LENGTH),
        ENUM("enum", Codec.VARIABLE_LENGTH),
        OPTIONAL("optional", Codec.VARIABLE_LENGTH),
        LIST("list", Codec.VARIABLE_LENGTH),
        SET("set", Codec.VARIABLE_LENGTH),
        MAP("map", Codec.VARIABLE_LENGTH),
        RECORD("record", Codec.VARIABLE_LENGTH),
        CUSTOM("custom", Codec.VARIABLE_LENGTH);

        private final String word;
        private final int width;

        Kind(final String word, final int width) {
            this.word = word;
            this.width = width;
        }

        /** The word that stands for this kind in the text. */
        String word() {
            return word;
        }

        /** Bytes of every value of this kind, or {@link Codec#VARIABLE_LENGTH}. */
        int width() {
            return width;
        }

        static Kind ofWord(final String word) {
            for (final Kind kind : values()) {
                if (kind.word.equals(word)) {
                    return kind;
                }
            }
            return null;
        }
    }

    Schema {
        names = List.copyOf(names);
        parts = List.copyOf(parts);
    }

    static Schema leaf(final Kind kind) {
        return new Schema(kind, false, List.of(), List.of());
    }

    static Schema of(final Kind kind, final Schema... parts) {
        return new Schema(kind, false, List.of(), List.of(parts));
    }

    Schema asNullable(final boolean wanted) {
        return wanted == nullable ? this : new Schema(kind, wanted, names, parts);
    }

    /** The text that {@link SchemaParser} reads. */
    String text() {
        final StringBuilder text = new StringBuilder();
        append(text, DEPTH_MAX);
        if (text.length() > Codec.SCHEMA_LENGTH_MAX) {
            throw new ConfigurationException("the schema of a codec is too long: length=" + text.length() + " allowed="
                    + Codec.SCHEMA_LENGTH_MAX);
        }
        return text.toString();
    }

    private void append(final StringBuilder text, final int depthLeft) {
        if (depthLeft == 0) {
            throw new ConfigurationException("a codec is nested too deeply: allowed=" + DEPTH_MAX);
        }
        text.append(kind.word);
        if (kind == Kind.ENUM) {
            text.append('(').append(String.join(",", names)).append(')');
        } else if (kind == Kind.CUSTOM) {
            text.append("(\"").append(escaped(names.get(0)));
            text.append("\",").append(names.get(1));
            text.append(",\"").append(escaped(names.get(2))).append("\")");
        } else if (kind == Kind.RECORD || !parts.isEmpty()) {
            text.append('(');
            for (int i = 0; i < parts.size(); i++) {
                text.append(i == 0 ? "" : ",");
                if (kind == Kind.RECORD) {
                    text.append(names.get(i)).append(':');
                }
                parts.get(i).append(text, depthLeft - 1);
            }
            text.append(')');
        }
        if (nullable) {
            text.append('?');
        }
    }

    private static String escaped(final String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    @Override
    public String toString() {
        return text();
    }
}

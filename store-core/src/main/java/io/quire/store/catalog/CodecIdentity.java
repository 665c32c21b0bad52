/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import java.nio.charset.StandardCharsets;

/**
 * What the catalog remembers of a codec.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param id name of the format; empty for primitives and bytes
 * @param version version of the format; 0 for primitives and bytes
 * @param schema what the bytes mean, as far as id and version do not say it
 * @param marked whether a byte behind each value says under which schema it was written
 * @param timestamped whether each value carries the time at which it was written
 */
public record CodecIdentity(String id, int version, String schema, boolean marked, boolean timestamped) {
    /** For keys and values that no codec encodes. */
    public static final CodecIdentity NONE = new CodecIdentity("", 0, "", false);

    /** Longest id, bytes of UTF-8. */
    public static final int ID_LENGTH_MAX = 255;

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when the id or the schema is too long or has an unpaired surrogate
     */
    public CodecIdentity {
        checkText("codec id", id);
        checkText("codec schema", schema);
        final int idLength = id.getBytes(StandardCharsets.UTF_8).length;
        if (idLength > ID_LENGTH_MAX || schema.length() > Codec.SCHEMA_LENGTH_MAX) {
            throw new ConfigurationException("codec id or schema is too long: idLength=" + idLength + " allowed="
                    + ID_LENGTH_MAX + " schemaLength=" + schema.length() + " allowed=" + Codec.SCHEMA_LENGTH_MAX);
        }
    }

    /**
     * What the catalog remembers of a codec whose values carry no timestamp.
     *
     * @param id name of the format; empty for primitives and bytes
     * @param version version of the format; 0 for primitives and bytes
     * @param schema what the bytes mean, as far as id and version do not say it
     * @param marked whether a byte behind each value says under which schema it was written
     * @throws ConfigurationException when the id or the schema is too long or has an unpaired surrogate
     */
    public CodecIdentity(final String id, final int version, final String schema, final boolean marked) {
        this(id, version, schema, marked, false);
    }

    /**
     * The same codec, with or without timestamps.
     *
     * @param with whether each value carries one
     * @return its identity
     */
    public CodecIdentity withTimestamps(final boolean with) {
        return with == timestamped ? this : new CodecIdentity(id, version, schema, marked, with);
    }

    private static void checkText(final String what, final String text) {
        if (text == null) {
            throw new ConfigurationException(what + " is null");
        }
        if (!new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).equals(text)) {
            throw new ConfigurationException(what + " has an unpaired surrogate, which UTF-8 cannot hold");
        }
    }

    /**
     * The identity of a codec that encodes values.
     *
     * @param codec what to identify
     * @return what the catalog remembers of it
     * @throws ConfigurationException when its id is empty or its version less than 1
     */
    public static CodecIdentity ofValues(final Codec<?> codec) {
        return of(codec, codec.marked());
    }

    /**
     * The identity of a codec that encodes keys, which are never marked.
     *
     * @param codec what to identify
     * @return what the catalog remembers of it
     * @throws ConfigurationException when its id is empty or its version less than 1
     */
    public static CodecIdentity ofKeys(final Codec<?> codec) {
        return of(codec, false);
    }

    private static CodecIdentity of(final Codec<?> codec, final boolean marked) {
        final CodecIdentity identity = new CodecIdentity(codec.id(), codec.version(), codec.schema(), marked);
        if (identity.id.isEmpty() || identity.version < 1) {
            throw new ConfigurationException("a codec needs an id and a version of 1 or more: class="
                    + codec.getClass().getName() + " id=" + identity.id + " version=" + identity.version);
        }
        return identity;
    }

    /** {@return id, version and schema, for messages} */
    public String describe() {
        return schema.isEmpty() || id.endsWith("." + schema) ? toString() : this + " " + schema;
    }

    @Override
    public String toString() {
        return id.isEmpty() ? "-" : id + " v" + version;
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof CodecIdentity that
                        && version == that.version
                        && marked == that.marked
                        && timestamped == that.timestamped
                        && id.equals(that.id)
                        && schema.equals(that.schema));
    }

    @Override
    public int hashCode() {
        return (31 * id.hashCode() + version) * 31 + schema.hashCode();
    }
}

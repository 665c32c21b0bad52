/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A state as the catalog and the change log know it; little-endian.
 *
 * <pre>
 *  0      4       8               12          16
 *  +------+-------+---------------+-----------+----------
 *  | id   | kind  | section count | reserved, | sections
 *  |      |       |               | zeros     |
 *  +------+-------+---------------+-----------+----------
 * </pre>
 *
 * <p>A section for each codec, roles ascending, and within a role by mark, ascending; marks whose codecs were dropped
 * are left out. Of other kinds, at most one section, behind those. The section of a codec:
 *
 * <pre>
 *  0        4       6      7       8      12         16        20
 *  +--------+-------+------+-------+------+----------+---------+----------+--------------
 *  | length | type, | role | flags | mark | codec    | codec   | id bytes | schema bytes
 *  |        | 1     |      |       |      | version  | id      |          |
 *  |        |       |      |       |      |          | length  |          |
 *  +--------+-------+------+-------+------+----------+---------+----------+--------------
 * </pre>
 *
 * <p>Flags: 1 = the codec that writes now, one in each role; 2 = values are marked; 4 = values carry timestamps. Zero
 * is neither an id nor a kind, type or role.
 *
 * <p>The section of the {@link ExpiryRule}:
 *
 * <pre>
 *  0        4       6        7      8           16         24
 *  +--------+-------+--------+------+-----------+----------+
 *  | length | type, | update | zero | time to   | since,   |
 *  |        | 2     |        |      | live, ms  | ms       |
 *  +--------+-------+--------+------+-----------+----------+
 * </pre>
 *
 * <p>For a state that was copied to get its first one 8 bytes follow: the log position since when.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param id number of the state in its store, 1 or more, never reused
 * @param name name, not in the encoded form: it is the key there
 * @param kind shape
 * @param codecs the codecs of each role; a role without codecs is absent
 * @param expiry when what it holds expires
 */
public record StateDescriptor(
        int id, String name, StateKind kind, Map<CodecRole, CodecHistory> codecs, ExpiryRule expiry) {
    /** Longest name, bytes of UTF-8. */
    public static final int NAME_LENGTH_MAX = 255;
    /** Longest encoded form. */
    public static final int LENGTH_MAX = 8 * 1024 * 1024;

    static final int ID_OFFSET = 0;
    static final int KIND_OFFSET = ID_OFFSET + Integer.BYTES;
    static final int SECTION_COUNT_OFFSET = KIND_OFFSET + Integer.BYTES;
    static final int RESERVED_OFFSET = SECTION_COUNT_OFFSET + Integer.BYTES;
    static final int SECTIONS_OFFSET = RESERVED_OFFSET + Integer.BYTES;

    static final int SECTION_LENGTH_OFFSET = 0;
    static final int SECTION_TYPE_OFFSET = SECTION_LENGTH_OFFSET + Integer.BYTES;
    static final int SECTION_ROLE_OFFSET = SECTION_TYPE_OFFSET + Short.BYTES;
    static final int SECTION_FLAGS_OFFSET = SECTION_ROLE_OFFSET + Byte.BYTES;
    static final int SECTION_MARK_OFFSET = SECTION_FLAGS_OFFSET + Byte.BYTES;
    static final int SECTION_VERSION_OFFSET = SECTION_MARK_OFFSET + Integer.BYTES;
    static final int SECTION_ID_LENGTH_OFFSET = SECTION_VERSION_OFFSET + Integer.BYTES;
    static final int SECTION_HEADER_LENGTH = SECTION_ID_LENGTH_OFFSET + Integer.BYTES;

    static final short SECTION_TYPE_CODEC = 1;
    static final int FLAG_CURRENT = 1;
    static final int FLAG_MARKED = 2;
    static final int FLAG_TIMESTAMPED = 4;

    static final short SECTION_TYPE_EXPIRY = 2;
    static final int EXPIRY_UPDATE_OFFSET = SECTION_TYPE_OFFSET + Short.BYTES;
    static final int EXPIRY_RESERVED_OFFSET = EXPIRY_UPDATE_OFFSET + Byte.BYTES;
    static final int EXPIRY_TTL_OFFSET = EXPIRY_RESERVED_OFFSET + Byte.BYTES;
    static final int EXPIRY_SINCE_OFFSET = EXPIRY_TTL_OFFSET + Long.BYTES;
    static final int EXPIRY_SECTION_LENGTH = EXPIRY_SINCE_OFFSET + Long.BYTES;
    static final int EXPIRY_POSITION_OFFSET = EXPIRY_SECTION_LENGTH;
    static final int EXPIRY_SECTION_LENGTH_WITH_POSITION = EXPIRY_POSITION_OFFSET + Long.BYTES;

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when a name is empty or too long
     */
    public StateDescriptor {
        codecs = Collections.unmodifiableMap(codecs.isEmpty() ? new EnumMap<>(CodecRole.class) : new EnumMap<>(codecs));
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (!new String(bytes, StandardCharsets.UTF_8).equals(name)) {
            throw new ConfigurationException("state name has an unpaired surrogate, which UTF-8 cannot hold");
        }
        if (bytes.length < 1 || bytes.length > NAME_LENGTH_MAX) {
            throw new ConfigurationException(
                    "state name must have 1.." + NAME_LENGTH_MAX + " bytes: found=" + bytes.length);
        }
    }

    /**
     * A state in which nothing expires.
     *
     * @param id number of the state in its store, 1 or more
     * @param name name
     * @param kind shape
     * @param codecs the codecs of each role; a role without codecs is absent
     */
    public StateDescriptor(
            final int id, final String name, final StateKind kind, final Map<CodecRole, CodecHistory> codecs) {
        this(id, name, kind, codecs, ExpiryRule.NONE);
    }

    /**
     * A state with at most a codec for its keys and one for its values.
     *
     * @param id number of the state in its store, 1 or more
     * @param name name
     * @param kind shape
     * @param keyCodec how keys are encoded, or {@link CodecIdentity#NONE}
     * @param valueCodec how values are encoded, or {@link CodecIdentity#NONE}
     */
    public StateDescriptor(
            final int id,
            final String name,
            final StateKind kind,
            final CodecIdentity keyCodec,
            final CodecIdentity valueCodec) {
        this(id, name, kind, codecs(keyCodec, valueCodec));
    }

    private static Map<CodecRole, CodecHistory> codecs(final CodecIdentity keyCodec, final CodecIdentity valueCodec) {
        final Map<CodecRole, CodecHistory> codecs = new EnumMap<>(CodecRole.class);
        if (!keyCodec.equals(CodecIdentity.NONE)) {
            codecs.put(CodecRole.KEY, CodecHistory.of(keyCodec));
        }
        if (!valueCodec.equals(CodecIdentity.NONE)) {
            codecs.put(CodecRole.VALUE, CodecHistory.of(valueCodec));
        }
        return codecs;
    }

    /**
     * The codec that writes what has a role.
     *
     * @param role the role
     * @return its codec, {@link CodecIdentity#NONE} when there is none
     */
    public CodecIdentity codec(final CodecRole role) {
        final CodecHistory history = codecs.get(role);
        return history == null ? CodecIdentity.NONE : history.current();
    }

    /** {@return how keys are encoded} */
    public CodecIdentity keyCodec() {
        return codec(CodecRole.KEY);
    }

    /** {@return how values are encoded now} */
    public CodecIdentity valueCodec() {
        return codec(CodecRole.VALUE);
    }

    /**
     * The same state once another codec writes what has a role.
     *
     * @param role the role
     * @param history its codecs from now on
     * @return the descriptor
     */
    public StateDescriptor with(final CodecRole role, final CodecHistory history) {
        final Map<CodecRole, CodecHistory> changed = new EnumMap<>(CodecRole.class);
        changed.putAll(codecs);
        changed.put(role, history);
        return new StateDescriptor(id, name, kind, changed, expiry);
    }

    /**
     * The same state once what it holds expires by another rule.
     *
     * @param rule when
     * @return the descriptor
     */
    public StateDescriptor with(final ExpiryRule rule) {
        return new StateDescriptor(id, name, kind, codecs, rule);
    }

    /**
     * What the state was at a position of the change log, as far as its values tell nothing by themselves: those of
     * primitives and bytes, and typed ones that are any bytes, do not say whether they carry timestamps.
     *
     * @param position log position after a change, or after the batch that it belongs to
     * @return this, or the same without a time to live
     */
    public StateDescriptor asOf(final long position) {
        if (expiry.isNone() || position > expiry.sincePosition()) {
            return this;
        }
        final CodecHistory values = codecs.get(CodecRole.VALUE);
        return (values == null ? this : with(CodecRole.VALUE, values.onlyCurrent(false))).with(ExpiryRule.NONE);
    }

    /**
     * Whether all entries of a state that was described otherwise had to be copied to become this: it got its first
     * time to live, and nothing would tell values with a timestamp from those without.
     *
     * @param earlier the other description
     * @return true for a state of primitives or bytes, and for one whose values are any bytes
     */
    public boolean isCopyOf(final StateDescriptor earlier) {
        if (!earlier.expiry.isNone() || expiry.isNone()) {
            return false;
        }
        final CodecHistory values = codecs.get(CodecRole.VALUE);
        return kind.isPrimitive() || (values != null && values.isCopyOf(earlier.codecs.get(CodecRole.VALUE)));
    }

    /**
     * Whether this is another descriptor, or what it may become by evolution of its codecs and by another time to live.
     *
     * @param earlier the other
     * @return true when only codecs that may evolve did, and no value got another age
     */
    public boolean continues(final StateDescriptor earlier) {
        if (id != earlier.id
                || kind != earlier.kind
                || !name.equals(earlier.name)
                || !codecs.keySet().equals(earlier.codecs.keySet())
                || !expiry.continues(earlier.expiry)) {
            return false;
        }
        for (final CodecRole role : codecs.keySet()) {
            final CodecHistory history = codecs.get(role);
            final CodecHistory before = earlier.codecs.get(role);
            if (role.evolves() ? !history.continues(before) : !history.equals(before)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The encoded form.
     *
     * @return at most {@link #LENGTH_MAX} bytes
     * @throws ConfigurationException when it would be longer
     */
    public byte[] encode() {
        final List<byte[]> sections = new ArrayList<>();
        long length = SECTIONS_OFFSET;
        for (final Map.Entry<CodecRole, CodecHistory> entry : codecs.entrySet()) {
            final CodecHistory history = entry.getValue();
            for (int mark = 0; mark < history.identities().size(); mark++) {
                if (!history.identities().get(mark).equals(CodecIdentity.NONE)) {
                    final byte[] section = encode(entry.getKey(), history, mark);
                    sections.add(section);
                    length += section.length;
                }
            }
        }
        if (!expiry.isNone()) {
            sections.add(encode(expiry));
            length += sectionLength(expiry);
        }
        if (length > LENGTH_MAX) {
            throw new ConfigurationException("the schemas of a state are too long together: state=" + name + " length="
                    + length + " allowed=" + LENGTH_MAX);
        }
        final ByteBuffer buffer = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(ID_OFFSET, id).putInt(KIND_OFFSET, kind.code()).putInt(SECTION_COUNT_OFFSET, sections.size());
        buffer.position(SECTIONS_OFFSET);
        sections.forEach(buffer::put);
        return buffer.array();
    }

    private static byte[] encode(final CodecRole role, final CodecHistory history, final int mark) {
        final CodecIdentity identity = history.identities().get(mark);
        final byte[] idBytes = identity.id().getBytes(StandardCharsets.UTF_8);
        final byte[] schemaBytes = identity.schema().getBytes(StandardCharsets.UTF_8);
        final int length = SECTION_HEADER_LENGTH + idBytes.length + schemaBytes.length;
        final ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        final int flags = (mark == history.mark() ? FLAG_CURRENT : 0)
                | (identity.marked() ? FLAG_MARKED : 0)
                | (identity.timestamped() ? FLAG_TIMESTAMPED : 0);
        buffer.putInt(SECTION_LENGTH_OFFSET, length)
                .putShort(SECTION_TYPE_OFFSET, SECTION_TYPE_CODEC)
                .put(SECTION_ROLE_OFFSET, (byte) role.code())
                .put(SECTION_FLAGS_OFFSET, (byte) flags)
                .putInt(SECTION_MARK_OFFSET, mark)
                .putInt(SECTION_VERSION_OFFSET, identity.version())
                .putInt(SECTION_ID_LENGTH_OFFSET, idBytes.length);
        buffer.position(SECTION_HEADER_LENGTH);
        buffer.put(idBytes).put(schemaBytes);
        return buffer.array();
    }

    private static int sectionLength(final ExpiryRule rule) {
        return rule.sincePosition() == 0 ? EXPIRY_SECTION_LENGTH : EXPIRY_SECTION_LENGTH_WITH_POSITION;
    }

    private static byte[] encode(final ExpiryRule rule) {
        final int length = sectionLength(rule);
        final ByteBuffer buffer = ByteBuffer.allocate(length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SECTION_LENGTH_OFFSET, length)
                .putShort(SECTION_TYPE_OFFSET, SECTION_TYPE_EXPIRY)
                .put(EXPIRY_UPDATE_OFFSET, (byte) rule.update())
                .putLong(EXPIRY_TTL_OFFSET, rule.ttlMs())
                .putLong(EXPIRY_SINCE_OFFSET, rule.sinceMs());
        if (length == EXPIRY_SECTION_LENGTH_WITH_POSITION) {
            buffer.putLong(EXPIRY_POSITION_OFFSET, rule.sincePosition());
        }
        return buffer.array();
    }

    /**
     * Reads the encoded form.
     *
     * @param name name of the state
     * @param bytes what {@link #encode} returned
     * @return the descriptor
     * @throws CorruptStoreException when it is not that
     */
    public static StateDescriptor decode(final String name, final byte[] bytes) {
        return new StateDescriptorReader(name, bytes).read();
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof StateDescriptor that
                        && id == that.id
                        && kind == that.kind
                        && name.equals(that.name)
                        && codecs.equals(that.codecs)
                        && expiry.equals(that.expiry));
    }

    @Override
    public int hashCode() {
        return (31 * id + name.hashCode()) * 31 + codecs.hashCode();
    }
}

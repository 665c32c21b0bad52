/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the encoded form of a {@link StateDescriptor}, of which nothing is believed unchecked.
 *
 * <p>Threading: confined to one call of {@link #read}.
 */
final class StateDescriptorReader {
    private static final int FLAGS =
            StateDescriptor.FLAG_CURRENT | StateDescriptor.FLAG_MARKED | StateDescriptor.FLAG_TIMESTAMPED;

    private final String name;
    private final byte[] bytes;
    private final ByteBuffer buffer;
    private final Map<CodecRole, List<CodecIdentity>> identities = new EnumMap<>(CodecRole.class);
    private final Map<CodecRole, Integer> current = new EnumMap<>(CodecRole.class);
    private ExpiryRule expiry = ExpiryRule.NONE;

    StateDescriptorReader(final String name, final byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    StateDescriptor read() {
        if (bytes.length < StateDescriptor.SECTIONS_OFFSET || bytes.length > StateDescriptor.LENGTH_MAX) {
            throw invalid("its length is out of range");
        }
        final int id = buffer.getInt(StateDescriptor.ID_OFFSET);
        final StateKind kind = StateKind.ofCode(buffer.getInt(StateDescriptor.KIND_OFFSET));
        final int sectionCount = buffer.getInt(StateDescriptor.SECTION_COUNT_OFFSET);
        if (kind == null || id <= 0 || buffer.getInt(StateDescriptor.RESERVED_OFFSET) != 0) {
            throw invalid("id=" + id + " kind=" + buffer.getInt(StateDescriptor.KIND_OFFSET));
        }
        int at = StateDescriptor.SECTIONS_OFFSET;
        for (int i = 0; i < sectionCount; i++) {
            at = section(at);
        }
        if (sectionCount < 0 || at != bytes.length) {
            throw invalid("sections=" + sectionCount + " end=" + at);
        }
        try {
            final StateDescriptor state = new StateDescriptor(id, name, kind, histories(), expiry);
            if (expiry.sincePosition() != 0 && !state.isCopyOf(state.asOf(expiry.sincePosition()))) {
                throw invalid("kind=" + kind + " sincePosition=" + expiry.sincePosition());
            }
            return state;
        } catch (final ConfigurationException e) {
            throw new CorruptStoreException("catalog entry is not valid: " + e.getMessage(), e);
        }
    }

    /** Reads a section and returns where the next one begins. */
    private int section(final int at) {
        final int left = bytes.length - at;
        final int length = left < StateDescriptor.SECTION_HEADER_LENGTH
                ? 0
                : buffer.getInt(at + StateDescriptor.SECTION_LENGTH_OFFSET);
        if (length < StateDescriptor.SECTION_HEADER_LENGTH || length > left) {
            throw invalid("sectionLength=" + length + " left=" + left);
        }
        final int type = buffer.getShort(at + StateDescriptor.SECTION_TYPE_OFFSET);
        switch (type) {
            case StateDescriptor.SECTION_TYPE_CODEC -> codec(at, length);
            case StateDescriptor.SECTION_TYPE_EXPIRY -> expiry(at, length);
            default ->
                throw type <= 0
                        ? invalid("sectionType=" + type)
                        : new FormatTooNewException("a state has something this version does not know: state=" + name
                                + " sectionType=" + type + " supported=" + StateDescriptor.SECTION_TYPE_EXPIRY);
        }
        return at + length;
    }

    private void expiry(final int at, final int length) {
        final int update = buffer.get(at + StateDescriptor.EXPIRY_UPDATE_OFFSET);
        final boolean positioned = length == StateDescriptor.EXPIRY_SECTION_LENGTH_WITH_POSITION;
        final long position = positioned ? buffer.getLong(at + StateDescriptor.EXPIRY_POSITION_OFFSET) : 0;
        if ((length != StateDescriptor.EXPIRY_SECTION_LENGTH && !positioned)
                || (positioned && position < 1)
                || !expiry.isNone()
                || buffer.get(at + StateDescriptor.EXPIRY_RESERVED_OFFSET) != 0
                || buffer.getLong(at + StateDescriptor.EXPIRY_TTL_OFFSET) < 1) {
            throw invalid("time to live: update=" + update + " length=" + length);
        }
        try {
            expiry = new ExpiryRule(
                    update,
                    buffer.getLong(at + StateDescriptor.EXPIRY_TTL_OFFSET),
                    buffer.getLong(at + StateDescriptor.EXPIRY_SINCE_OFFSET),
                    position);
        } catch (final ConfigurationException e) {
            throw new CorruptStoreException("catalog entry is not valid: " + e.getMessage(), e);
        }
    }

    private void codec(final int at, final int length) {
        final CodecRole role = CodecRole.ofCode(buffer.get(at + StateDescriptor.SECTION_ROLE_OFFSET));
        final int flags = buffer.get(at + StateDescriptor.SECTION_FLAGS_OFFSET);
        final int mark = buffer.getInt(at + StateDescriptor.SECTION_MARK_OFFSET);
        final int version = buffer.getInt(at + StateDescriptor.SECTION_VERSION_OFFSET);
        final int idLength = buffer.getInt(at + StateDescriptor.SECTION_ID_LENGTH_OFFSET);
        final int schemaLength = length - StateDescriptor.SECTION_HEADER_LENGTH - idLength;
        if (role == null
                || !expiry.isNone()
                || (flags & ~FLAGS) != 0
                || idLength < 1
                || version < 1
                || schemaLength < 0) {
            throw invalid("codec: role=" + buffer.get(at + StateDescriptor.SECTION_ROLE_OFFSET) + " flags=" + flags
                    + " version=" + version + " idLength=" + idLength);
        }
        final List<CodecIdentity> ofRole = identities.computeIfAbsent(role, any -> new ArrayList<>());
        if (mark < ofRole.size()
                || mark >= CodecHistory.COUNT_MAX
                || (mark > ofRole.size() && !role.evolves())
                || ((flags & StateDescriptor.FLAG_CURRENT) != 0 && current.put(role, mark) != null)) {
            throw invalid("codec: role=" + role + " mark=" + mark + " expected=" + ofRole.size());
        }
        while (ofRole.size() < mark) {
            ofRole.add(CodecIdentity.NONE); // dropped
        }
        final int idAt = at + StateDescriptor.SECTION_HEADER_LENGTH;
        try {
            ofRole.add(new CodecIdentity(
                    text(idAt, idLength),
                    version,
                    text(idAt + idLength, schemaLength),
                    (flags & StateDescriptor.FLAG_MARKED) != 0,
                    (flags & StateDescriptor.FLAG_TIMESTAMPED) != 0));
        } catch (final ConfigurationException e) {
            throw new CorruptStoreException("catalog entry is not valid: " + e.getMessage(), e);
        }
    }

    private String text(final int at, final int length) {
        return new String(bytes, at, length, StandardCharsets.UTF_8);
    }

    private Map<CodecRole, CodecHistory> histories() {
        final Map<CodecRole, CodecHistory> histories = new EnumMap<>(CodecRole.class);
        identities.forEach(
                (role, ofRole) -> histories.put(role, new CodecHistory(ofRole, current.getOrDefault(role, -1))));
        return histories;
    }

    private CorruptStoreException invalid(final String what) {
        return new CorruptStoreException(
                "catalog entry is not valid: " + what + " state=" + name + " length=" + bytes.length);
    }
}

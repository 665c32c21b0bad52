/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A state as the catalog and the change log know it; little-endian.
 *
 * <pre>
 *  0      4       8              12               16              18                20            24
 *  +------+-------+--------------+----------------+---------------+-----------------+-------------+---------
 *  | id   | kind  | key codec    | value codec    | key codec id  | value codec id  | reserved    | id bytes
 *  |      |       | version      | version        | length        | length          | zeros       |
 *  +------+-------+--------------+----------------+---------------+-----------------+-------------+---------
 * </pre>
 *
 * <p>Zero is neither an id nor a kind.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param id number of the state in its store, 1 or more, never reused
 * @param name name, not in the encoded form: it is the key there
 * @param kind shape
 * @param keyCodec how keys are encoded
 * @param valueCodec how values are encoded
 */
public record StateDescriptor(int id, String name, StateKind kind, CodecIdentity keyCodec, CodecIdentity valueCodec) {
    /** Longest name, bytes of UTF-8. */
    public static final int NAME_LENGTH_MAX = 255;

    static final int ID_OFFSET = 0;
    static final int KIND_OFFSET = ID_OFFSET + Integer.BYTES;
    static final int KEY_CODEC_VERSION_OFFSET = KIND_OFFSET + Integer.BYTES;
    static final int VALUE_CODEC_VERSION_OFFSET = KEY_CODEC_VERSION_OFFSET + Integer.BYTES;
    static final int KEY_CODEC_ID_LENGTH_OFFSET = VALUE_CODEC_VERSION_OFFSET + Integer.BYTES;
    static final int VALUE_CODEC_ID_LENGTH_OFFSET = KEY_CODEC_ID_LENGTH_OFFSET + Short.BYTES;
    static final int RESERVED_OFFSET = VALUE_CODEC_ID_LENGTH_OFFSET + Short.BYTES;
    static final int CODEC_IDS_OFFSET = RESERVED_OFFSET + Integer.BYTES;

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when a name is empty or too long
     */
    public StateDescriptor {
        checkName("state name", name, 1);
        checkName("key codec id", keyCodec.id(), 0);
        checkName("value codec id", valueCodec.id(), 0);
    }

    private static void checkName(final String what, final String name, final int lengthMin) {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        final int length = bytes.length;
        if (!new String(bytes, StandardCharsets.UTF_8).equals(name)) {
            throw new ConfigurationException(what + " has an unpaired surrogate, which UTF-8 cannot hold");
        }
        if (length < lengthMin || length > NAME_LENGTH_MAX) {
            throw new ConfigurationException(
                    what + " must have " + lengthMin + ".." + NAME_LENGTH_MAX + " bytes: found=" + length);
        }
    }

    /** {@return the encoded form} */
    public byte[] encode() {
        final byte[] keyId = keyCodec.id().getBytes(StandardCharsets.UTF_8);
        final byte[] valueId = valueCodec.id().getBytes(StandardCharsets.UTF_8);
        final ByteBuffer buffer = ByteBuffer.allocate(CODEC_IDS_OFFSET + keyId.length + valueId.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(ID_OFFSET, id)
                .putInt(KIND_OFFSET, kind.code())
                .putInt(KEY_CODEC_VERSION_OFFSET, keyCodec.version())
                .putInt(VALUE_CODEC_VERSION_OFFSET, valueCodec.version())
                .putShort(KEY_CODEC_ID_LENGTH_OFFSET, (short) keyId.length)
                .putShort(VALUE_CODEC_ID_LENGTH_OFFSET, (short) valueId.length);
        buffer.position(CODEC_IDS_OFFSET);
        buffer.put(keyId).put(valueId);
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
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < CODEC_IDS_OFFSET) {
            throw new CorruptStoreException("catalog entry too short: found=" + bytes.length);
        }
        final StateKind kind = StateKind.ofCode(buffer.getInt(KIND_OFFSET));
        final int keyIdLength = buffer.getShort(KEY_CODEC_ID_LENGTH_OFFSET);
        final int valueIdLength = buffer.getShort(VALUE_CODEC_ID_LENGTH_OFFSET);
        final int id = buffer.getInt(ID_OFFSET);
        if (kind == null
                || id <= 0
                || keyIdLength < 0
                || valueIdLength < 0
                || CODEC_IDS_OFFSET + keyIdLength + valueIdLength != bytes.length) {
            throw new CorruptStoreException("catalog entry is not valid: id=" + id + " kind="
                    + buffer.getInt(KIND_OFFSET) + " length=" + bytes.length);
        }
        return new StateDescriptor(
                id,
                name,
                kind,
                new CodecIdentity(
                        new String(bytes, CODEC_IDS_OFFSET, keyIdLength, StandardCharsets.UTF_8),
                        buffer.getInt(KEY_CODEC_VERSION_OFFSET)),
                new CodecIdentity(
                        new String(bytes, CODEC_IDS_OFFSET + keyIdLength, valueIdLength, StandardCharsets.UTF_8),
                        buffer.getInt(VALUE_CODEC_VERSION_OFFSET)));
    }
}

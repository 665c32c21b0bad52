/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.memory.RawMemory;
import java.util.Arrays;

/** A change as a handler has received it, or as a model expects it. */
record RecordedChange(byte type, int stateId, byte[] key, byte[] value) {
    static RecordedChange of(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        return new RecordedChange(type, stateId, bytes(keyPointer, keyLength), bytes(valuePointer, valueLength));
    }

    static byte[] bytes(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }

    static byte[] longBytes(final long value) {
        final byte[] bytes = new byte[Long.BYTES];
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, value);
        return bytes;
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof RecordedChange that
                && type == that.type
                && stateId == that.stateId
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key) * 31 + Arrays.hashCode(value) + type * 7 + stateId;
    }

    @Override
    public String toString() {
        return "type=" + type + " state=" + stateId + " key[" + key.length + "] value[" + value.length + "] hash="
                + Integer.toHexString(hashCode());
    }
}

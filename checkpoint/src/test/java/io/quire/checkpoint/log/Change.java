/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;
import java.util.List;

/** A change as replay has delivered it, or as a model expects it. */
record Change(byte type, int stateId, byte[] key, byte[] value) {
    static Change putLong(final int stateId, final long key, final long value) {
        return new Change((byte) 1, stateId, longBytes(key), longBytes(value));
    }

    static byte[] longBytes(final long value) {
        final byte[] bytes = new byte[Long.BYTES];
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, value);
        return bytes;
    }

    long keyAsLong() {
        return RawMemory.getLong(key, RawMemory.ARRAY_OFFSET);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Change that
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

    /** Keeps what replay delivers. */
    record Recorder(List<Change> changes, List<Long> groupEnds) implements ChangeRecordHandler {
        @Override
        public void onRecord(
                final byte type,
                final int stateId,
                final long keyPointer,
                final int keyLength,
                final long valuePointer,
                final int valueLength) {
            changes.add(new Change(type, stateId, bytes(keyPointer, keyLength), bytes(valuePointer, valueLength)));
        }

        @Override
        public void onGroupEnd(final long position) {
            groupEnds.add(position);
        }

        private static byte[] bytes(final long pointer, final int length) {
            final byte[] bytes = new byte[length];
            RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
            return bytes;
        }
    }
}

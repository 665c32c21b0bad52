/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import org.agrona.ExpandableArrayBuffer;

/**
 * What the entries touched by a batch were before it, so that it can be rolled back: a stack of
 * {@code [key][value][state id, key length, value length or ABSENT, bytes so far]}.
 *
 * <p>Threading: confined to the store's writer.
 */
final class UndoLog {
    private static final int ABSENT = -1;
    private static final int TRAILER_LENGTH = 3 * Integer.BYTES;
    private static final int KEEP_LENGTH_MAX = 1024 * 1024;

    private ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(4096);
    private int end;

    void clear() {
        end = 0;
        if (buffer.capacity() > KEEP_LENGTH_MAX) {
            buffer = new ExpandableArrayBuffer(4096);
        }
    }

    void saveLong(final int stateId, final long key, final boolean present, final long value) {
        buffer.putLong(end, key);
        int at = end + Long.BYTES;
        if (present) {
            buffer.putLong(at, value);
            at += Long.BYTES;
        }
        trailer(at, stateId, Long.BYTES, present ? Long.BYTES : ABSENT);
    }

    /** The old value, if any, stands at a native pointer; 0 = absent. */
    void saveBytes(
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        final int valueBytes = valuePointer == 0 ? 0 : valueLength;
        buffer.checkLimit(Math.addExact(Math.addExact(end, keyLength), valueBytes + TRAILER_LENGTH));
        final long start = RawMemory.ARRAY_OFFSET + end;
        RawMemory.copy(keyBase, keyOffset, buffer.byteArray(), start, keyLength);
        RawMemory.copy(null, valuePointer, buffer.byteArray(), start + keyLength, valueBytes);
        trailer(end + keyLength + valueBytes, stateId, keyLength, valuePointer == 0 ? ABSENT : valueLength);
    }

    private void trailer(final int at, final int stateId, final int keyLength, final int valueLength) {
        buffer.putInt(at, stateId);
        buffer.putInt(at + Integer.BYTES, keyLength);
        buffer.putInt(at + 2 * Integer.BYTES, valueLength);
        end = at + TRAILER_LENGTH;
    }

    /** Puts everything back as it was, last change first. */
    void rollback(final StateStore store) {
        while (end > 0) {
            final int trailer = end - TRAILER_LENGTH;
            final KeyedState state = store.stateOfId(buffer.getInt(trailer));
            final int keyLength = buffer.getInt(trailer + Integer.BYTES);
            final int valueLength = buffer.getInt(trailer + 2 * Integer.BYTES);
            final int start = trailer - Math.max(0, valueLength) - keyLength;
            final long keyOffset = RawMemory.ARRAY_OFFSET + start;
            if (valueLength == ABSENT) {
                state.applyRemove(buffer.byteArray(), keyOffset, keyLength);
            } else {
                state.applyPut(
                        buffer.byteArray(),
                        keyOffset,
                        keyLength,
                        buffer.byteArray(),
                        keyOffset + keyLength,
                        valueLength);
            }
            end = start;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import org.agrona.ExpandableArrayBuffer;

/**
 * What the entries touched by a batch were before it, so that it can be rolled back: a stack of
 * {@code [key][value][type, state id, key length, value length]}, each a change that puts back what was before.
 *
 * <p>Threading: confined to the store's writer.
 */
final class UndoLog {
    private static final int STATE_ID_OFFSET = Integer.BYTES;
    private static final int KEY_LENGTH_OFFSET = STATE_ID_OFFSET + Integer.BYTES;
    private static final int VALUE_LENGTH_OFFSET = KEY_LENGTH_OFFSET + Integer.BYTES;
    private static final int TRAILER_LENGTH = VALUE_LENGTH_OFFSET + Integer.BYTES;
    private static final int KEEP_LENGTH_MAX = 1024 * 1024;

    /** Bytes that it may hold: a little less than the longest array. */
    static final int LENGTH_MAX = Integer.MAX_VALUE - 4096;

    private final int lengthMax;
    private ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(4096);
    private int end;

    UndoLog() {
        this(LENGTH_MAX);
    }

    UndoLog(final int lengthMax) {
        this.lengthMax = lengthMax;
    }

    void clear() {
        end = 0;
        if (buffer.capacity() > KEEP_LENGTH_MAX) {
            buffer = new ExpandableArrayBuffer(4096);
        }
    }

    /** Everything is saved before its change, and StoreFullException is thrown instead of letting that happen. */
    void saveLong(final int stateId, final long key, final boolean present, final long value) {
        checkRoom(Long.BYTES + Long.BYTES);
        buffer.putLong(end, key);
        if (present) {
            buffer.putLong(end + Long.BYTES, value);
            trailer(ChangeRecordDescriptor.TYPE_PUT, stateId, Long.BYTES, Long.BYTES);
        } else {
            trailer(ChangeRecordDescriptor.TYPE_REMOVE, stateId, Long.BYTES, 0);
        }
    }

    /** The old value, if any, stands at a native pointer; 0 = absent. */
    void saveBytes(
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        if (valuePointer == 0) {
            save(ChangeRecordDescriptor.TYPE_REMOVE, stateId, keyBase, keyOffset, keyLength, null, 0, 0);
        } else {
            save(
                    ChangeRecordDescriptor.TYPE_PUT,
                    stateId,
                    keyBase,
                    keyOffset,
                    keyLength,
                    null,
                    valuePointer,
                    valueLength);
        }
    }

    /** A change that {@link KeyedState#apply} understands; bytes are given as the change log takes them. */
    void save(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        checkRoom((long) keyLength + valueLength);
        buffer.checkLimit(end + keyLength + valueLength + TRAILER_LENGTH);
        final long start = RawMemory.ARRAY_OFFSET + end;
        RawMemory.copy(keyBase, keyOffset, buffer.byteArray(), start, keyLength);
        RawMemory.copy(valueBase, valueOffset, buffer.byteArray(), start + keyLength, valueLength);
        trailer(type, stateId, keyLength, valueLength);
    }

    private void checkRoom(final long length) {
        if (end + length + TRAILER_LENGTH > lengthMax) {
            throw new StoreFullException("the batch has replaced too much to be rolled back: bytes=" + end
                    + " needed=" + (length + TRAILER_LENGTH) + " most=" + lengthMax
                    + "; this write was not made, commit or roll back and use smaller batches");
        }
    }

    private void trailer(final byte type, final int stateId, final int keyLength, final int valueLength) {
        final int at = end + keyLength + valueLength;
        buffer.putInt(at, type);
        buffer.putInt(at + STATE_ID_OFFSET, stateId);
        buffer.putInt(at + KEY_LENGTH_OFFSET, keyLength);
        buffer.putInt(at + VALUE_LENGTH_OFFSET, valueLength);
        end = at + TRAILER_LENGTH;
    }

    /** Puts everything back as it was, last change first. */
    void rollback(final StateRegistry registry) {
        while (end > 0) {
            final int trailer = end - TRAILER_LENGTH;
            final KeyedState state = registry.ofId(buffer.getInt(trailer + STATE_ID_OFFSET));
            final int keyLength = buffer.getInt(trailer + KEY_LENGTH_OFFSET);
            final int valueLength = buffer.getInt(trailer + VALUE_LENGTH_OFFSET);
            final int start = trailer - valueLength - keyLength;
            final byte[] base = buffer.byteArray();
            final long keyOffset = RawMemory.ARRAY_OFFSET + start;
            state.apply(
                    (byte) buffer.getInt(trailer),
                    base,
                    keyOffset,
                    keyLength,
                    base,
                    keyOffset + keyLength,
                    valueLength);
            end = start;
        }
    }
}

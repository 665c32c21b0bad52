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
    /** Types below zero stand in no log: what only a rollback does. The elements a list had are put back. */
    static final byte TYPE_LIST_PUT_BACK = -1;
    /** What was appended to a list is cut off. */
    static final byte TYPE_LIST_CUT_OFF = -2;
    /** Two lists that were merged are split. */
    static final byte TYPE_LIST_SPLIT = -3;
    /** An entry of a map is inserted where it was. */
    static final byte TYPE_MAP_INSERT = -4;
    /** The elements of a list get the timestamps back that they had. */
    static final byte TYPE_LIST_AGE = -5;
    /** A timer is put back to its place among those of the same time. */
    static final byte TYPE_TIMER_PUT_BACK = -10;

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
    private int keptCount; // entries that keep what a commit has to free

    UndoLog() {
        this(LENGTH_MAX);
    }

    UndoLog(final int lengthMax) {
        this.lengthMax = lengthMax;
    }

    void clear() {
        end = 0;
        keptCount = 0;
        if (buffer.capacity() > KEEP_LENGTH_MAX) {
            buffer = new ExpandableArrayBuffer(4096);
        }
    }

    /** Everything is saved before its change, and StoreFullException is thrown instead of letting that happen. */
    void saveLong(final int stateId, final long key, final boolean present, final long value) {
        ensureRoom(Long.BYTES + Long.BYTES);
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
        ensureRoom((long) keyLength + valueLength);
        final long start = RawMemory.ARRAY_OFFSET + end;
        RawMemory.copy(keyBase, keyOffset, buffer.byteArray(), start, keyLength);
        RawMemory.copy(valueBase, valueOffset, buffer.byteArray(), start + keyLength, valueLength);
        trailer(type, stateId, keyLength, valueLength);
    }

    /** A change that keeps something, which is to be freed when the batch is committed. */
    void saveKept(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] kept,
            final int keptLength) {
        save(type, stateId, keyBase, keyOffset, keyLength, kept, RawMemory.ARRAY_OFFSET, keptLength);
        keptCount++;
    }

    /**
     * Makes sure that bytes can be saved.
     *
     * @throws StoreFullException when the batch has grown too large to be taken back
     */
    void ensureRoom(final long length) {
        if (end + length + TRAILER_LENGTH > lengthMax) {
            throw new StoreFullException("the batch has replaced too much to be rolled back: bytes=" + end
                    + " needed=" + (length + TRAILER_LENGTH) + " most=" + lengthMax
                    + "; this write was not made, commit or roll back and use smaller batches");
        }
        buffer.checkLimit(end + (int) length + TRAILER_LENGTH);
    }

    /** Bytes saved so far, for {@link #truncate}. */
    int length() {
        return end;
    }

    /** Forgets what was saved since, which kept nothing. */
    void truncate(final int length) {
        end = length;
    }

    /** Frees what was kept in case of a rollback. */
    void commit(final StateRegistry registry) {
        for (int at = end; keptCount > 0; ) {
            final int trailer = at - TRAILER_LENGTH;
            final int valueLength = buffer.getInt(trailer + VALUE_LENGTH_OFFSET);
            final int value = trailer - valueLength;
            if (buffer.getInt(trailer) == TYPE_LIST_PUT_BACK) {
                registry.ofId(buffer.getInt(trailer + STATE_ID_OFFSET))
                        .discard(buffer.byteArray(), RawMemory.ARRAY_OFFSET + value);
                keptCount--;
            }
            at = value - buffer.getInt(trailer + KEY_LENGTH_OFFSET);
        }
        clear();
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
        keptCount = 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;

/**
 * Slots of a segment with inline entries whose key and value have fixed widths; little-endian, 8-byte aligned.
 *
 * <pre>
 *  0                8                      r = 8 + key length - 8, rounded up to 8
 *  +----------------+----------------------+----------------+
 *  | hash of key    | key after its first  | value, padded  |     hash 0 and the key's
 *  |                | 8 bytes, padded      | to 8           |     other bytes 0 = empty
 *  +----------------+----------------------+----------------+
 * </pre>
 *
 * <p>The hash takes the place of the key's first eight bytes, which it gives back ({@link KeyHash#firstOf}), so an
 * entry takes no more than its key and value, each rounded up to 8, and no slot has to be hashed to be moved. Padding
 * is zeros.
 *
 * <p>An empty slot is zeros. The one key that would look like that, with hash 0 and zeros after its first eight bytes,
 * has a slot of its own, which the header has a flag for. Another key whose hash is 0 is an entry like any other.
 *
 * <p>The header of a segment is followed by the slot of that one key, then, from the next line on, by the
 * slots that are searched. An entry stands at its home slot or after it, cyclically, with no empty slot in between. A
 * slot may straddle lines and pages.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class FixedBytesShape {
    static final int KEY_LENGTH_MAX = 64;
    static final int VALUE_LENGTH_MAX = 256 + Long.BYTES; // of callers 256, and a timestamp
    static final int HASH_OFFSET = 0; // long: KeyHash.ofFixed(key)
    static final int REST_OFFSET = HASH_OFFSET + Long.BYTES;
    static final int ZERO_SLOT_OFFSET = SegmentDescriptor.HEADER_LENGTH;

    /** Up to this length a search looks at two slots in a line or more, so that fuller segments cost little. */
    private static final int SHORT_SLOT_LENGTH = 16;

    final int keyLength;
    final int valueLength;
    final int restLength;
    final int valueOffset;
    final int slotLength;
    final int slotCount;
    final int firstSlotOffset;
    final int endOffset;
    /** Slots in use at which a segment splits, 7/8 of short slots and 3/4 of longer ones. */
    final int countMax;

    FixedBytesShape(final int keyLength, final int valueLength) {
        checkLengths(keyLength, valueLength);
        this.keyLength = keyLength;
        this.valueLength = valueLength;
        restLength = Math.max(0, keyLength - Long.BYTES);
        valueOffset = REST_OFFSET + padded(restLength, Long.BYTES);
        slotLength = valueOffset + padded(valueLength, Long.BYTES);
        firstSlotOffset = padded(ZERO_SLOT_OFFSET + slotLength, PageDescriptor.LINE_LENGTH);
        slotCount = (SegmentDescriptor.SEGMENT_LENGTH - firstSlotOffset) / slotLength;
        endOffset = firstSlotOffset + slotCount * slotLength;
        countMax = slotLength <= SHORT_SLOT_LENGTH ? slotCount / 8 * 7 : slotCount / 4 * 3;
    }

    static void checkLengths(final int keyLength, final int valueLength) {
        if (keyLength < 1 || keyLength > KEY_LENGTH_MAX || valueLength < 0 || valueLength > VALUE_LENGTH_MAX) {
            throw new ConfigurationException("fixed widths out of range: keyLength=" + keyLength + " expected=1.."
                    + KEY_LENGTH_MAX + " valueLength=" + valueLength + " expected=0.." + VALUE_LENGTH_MAX);
        }
    }

    private static int padded(final int length, final int alignment) {
        return (length + alignment - 1) & -alignment;
    }

    /** Two neighbours with at most this many entries together become one segment. */
    int mergeCountMax() {
        return countMax / 2;
    }

    /** Whether a slot holds no entry. */
    boolean isEmpty(final long slot) {
        return isEmpty(null, slot);
    }

    /** Whether a slot holds no entry; it is at an offset in an array, or at a native pointer when that is null. */
    boolean isEmpty(final byte[] slotBase, final long slot) {
        return RawMemory.getLong(slotBase, slot + HASH_OFFSET) == 0 && isRestZero(slotBase, slot);
    }

    /** Whether the bytes of the key in a slot after the first eight are zeros. */
    boolean isRestZero(final long slot) {
        return isRestZero(null, slot);
    }

    private boolean isRestZero(final byte[] slotBase, final long slot) {
        for (int offset = REST_OFFSET; offset < valueOffset; offset += Long.BYTES) {
            if (RawMemory.getLong(slotBase, slot + offset) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the bytes of a key after the first eight are those in a slot. */
    boolean hasRest(final long slot, final byte[] keyBase, final long keyOffset) {
        return restLength == 0 || RawMemory.equal(keyBase, keyOffset + Long.BYTES, slot + REST_OFFSET, restLength);
    }

    /** Writes the key of a slot, which is at an offset in an array, or at a native pointer when that is null. */
    void copyKey(
            final KeyHash keyHash, final byte[] slotBase, final long slot, final byte[] keyBase, final long keyOffset) {
        final long hash = RawMemory.getLong(slotBase, slot + HASH_OFFSET);
        final long first = keyHash.firstOf(hash, slotBase, slot + REST_OFFSET, keyLength);
        if (keyLength >= Long.BYTES) {
            RawMemory.putLong(keyBase, keyOffset, first);
            if (restLength > 0) {
                RawMemory.copy(slotBase, slot + REST_OFFSET, keyBase, keyOffset + Long.BYTES, restLength);
            }
        } else {
            for (int i = 0; i < keyLength; i++) {
                RawMemory.putByte(keyBase, keyOffset + i, (byte) (first >>> (i * Byte.SIZE)));
            }
        }
    }

    /** Whether a key is the one that has a slot of its own. */
    boolean isZeroKey(final long hash, final byte[] keyBase, final long keyOffset) {
        if (hash != 0) {
            return false;
        }
        for (int i = Long.BYTES; i < keyLength; i++) {
            if (RawMemory.getByte(keyBase, keyOffset + i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the address of a slot is that of the slot for the one key. */
    static boolean isZeroSlot(final long slot) {
        return (slot & (SegmentDescriptor.SEGMENT_LENGTH - 1)) == ZERO_SLOT_OFFSET;
    }

    int slotOffset(final int index) {
        return firstSlotOffset + index * slotLength;
    }

    int homeOffset(final long hash) {
        return slotOffset(KeyHash.home(hash, slotCount));
    }

    /** Offset of the slot after one, cyclically. */
    int nextOffset(final int offset) {
        final int next = offset + slotLength;
        return next == endOffset ? firstSlotOffset : next;
    }

    /** Offset of the slot that comes some slots after one, at most as many as there are, cyclically. */
    int offsetAfter(final int offset, final int slots) {
        final int after = offset + slots * slotLength;
        return after < endOffset ? after : after - slotCount * slotLength;
    }
}

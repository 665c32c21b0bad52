/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.memory.PageDescriptor;

/**
 * Slots of a segment with inline entries whose key and value have fixed widths; little-endian, 8-byte aligned.
 *
 * <pre>
 *  0                8                      r = 8 + key length - 8, rounded up to 8
 *  +----------------+----------------------+----------------+
 *  | hash of key    | key after its first  | value, padded  |     hash 0 = empty
 *  |                | 8 bytes, padded      | to 8           |
 *  +----------------+----------------------+----------------+
 * </pre>
 *
 * <p>The hash takes the place of the key's first eight bytes, which it gives back ({@link KeyHash#firstOf}), so an
 * entry takes no more than its key and value, each rounded up to 8, and no slot has to be hashed to be moved. Padding
 * is zeros.
 *
 * <p>The header of a segment is followed by one slot for a key whose hash is 0, then, from the next line on, by the
 * slots that are searched. An entry stands at its home slot or after it, cyclically, with no empty slot in between. A
 * slot may straddle lines and pages.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class FixedBytesShape {
    static final int KEY_LENGTH_MAX = 64;
    static final int VALUE_LENGTH_MAX = 256;
    static final int HASH_OFFSET = 0; // long: KeyHash.ofFixed(key); 0 = empty
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
}

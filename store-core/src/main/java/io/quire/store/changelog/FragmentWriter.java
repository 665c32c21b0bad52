/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.memory.RawMemory;

/**
 * Cuts a record that is longer than the ring takes into fragments, see {@link ChangeRecordDescriptor}. The fragments
 * are not published here, except those that must make room for the next ones.
 *
 * <p>Threading: confined to the writer.
 */
final class FragmentWriter {
    private static final int HEADER_LENGTH = ChangeRecordDescriptor.HEADER_LENGTH;

    private final RingProducer producer;
    private final FailStop failStop;
    private final int maxPayload;
    private long lastPosition;
    private long lastPointer;

    FragmentWriter(final RingProducer producer, final FailStop failStop, final int maxRecordLength) {
        this.producer = producer;
        this.failStop = failStop;
        maxPayload = maxRecordLength - HEADER_LENGTH;
    }

    /** Bytes that the fragments of a record take together, at most. */
    long alignedLength(final long length) {
        final long fragmentCount = (length + maxPayload - 1) / maxPayload;
        return length + fragmentCount * HEADER_LENGTH + ChangeRecordDescriptor.ALIGNMENT;
    }

    /** Where the last fragment begins. */
    long lastPosition() {
        return lastPosition;
    }

    /** Where the last fragment is in the ring. */
    long lastPointer() {
        return lastPointer;
    }

    /** Writes all fragments or, when waiting for room fails, leaves nothing that recovery would see. */
    void append(
            final byte type,
            final byte flags,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final int length = HEADER_LENGTH + keyLength + valueLength;
        final long start = producer.position();
        int done = 0;
        try {
            while (done < length) {
                final int payload = Math.min(maxPayload, length - done);
                final boolean isLast = done + payload == length;
                final long pointer =
                        claimFragment(payload, isLast ? flags : ChangeRecordDescriptor.FLAG_GROUP_CONTINUES, stateId);
                final long target = pointer + HEADER_LENGTH - done; // where byte 0 of the whole record would be
                if (done == 0) {
                    ChangeLog.putHeader(target, length, type, flags, stateId, keyLength);
                }
                copyPart(keyBase, keyOffset, target, HEADER_LENGTH, keyLength, done, payload);
                copyPart(valueBase, valueOffset, target, HEADER_LENGTH + keyLength, valueLength, done, payload);
                producer.advance(ChangeRecordDescriptor.alignedLength(HEADER_LENGTH + payload));
                done += payload;
            }
        } finally {
            if (done < length) {
                drop(start);
            }
        }
    }

    private long claimFragment(final int payload, final byte flags, final int stateId) {
        final int alignedLength = ChangeRecordDescriptor.alignedLength(HEADER_LENGTH + payload);
        final long pointer = producer.claim(alignedLength);
        RawMemory.putLong(pointer + alignedLength - Long.BYTES, 0); // no stale bytes in the padding
        ChangeLog.putHeader(pointer, HEADER_LENGTH + payload, ChangeRecordDescriptor.TYPE_FRAGMENT, flags, stateId, 0);
        lastPosition = producer.position();
        lastPointer = pointer;
        return pointer;
    }

    /** Copies the part of a field that lies in bytes [done, done + payload) of the whole record. */
    private static void copyPart(
            final byte[] base,
            final long offset,
            final long target,
            final int fieldStart,
            final int fieldLength,
            final int done,
            final int payload) {
        final int from = Math.max(done, fieldStart);
        final int to = Math.min(done + payload, fieldStart + fieldLength);
        if (from < to) {
            RawMemory.copy(base, offset + from - fieldStart, null, target + from, to - from);
        }
    }

    private void drop(final long start) {
        if (producer.published() <= start) {
            producer.rewind(start);
        } else {
            // Some fragments are out already: nothing may follow them, or replay would take it for the rest.
            failStop.trip(new IllegalStateException("a record was left incomplete in the change log"));
        }
    }
}

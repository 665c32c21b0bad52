/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;

/**
 * Turns a stream of raw records into complete groups: joins fragments, skips pads, holds the records of a group back
 * until it is complete and drops them when it was aborted.
 *
 * <p>Every field is checked before it is used, so damaged or hostile records end in an exception; memory stays below
 * {@link ChangeRecordDescriptor#MAX_GROUP_LENGTH} and a block.
 *
 * <p>Threading: confined to one thread.
 */
public final class ChangeGroupAssembler implements AutoCloseable {
    private static final int INITIAL_CAPACITY = 64 * 1024;
    private static final int UPCOMING_MAX = 32;
    private static final int HEADER_LENGTH = ChangeRecordDescriptor.HEADER_LENGTH;

    private final ChangeRecordHandler handler;
    private final int[] upcomingLengths = new int[UPCOMING_MAX];

    // The records of the open group, fragments joined, each padded to 8 bytes.
    private long groupPointer;
    private int groupCapacity;
    private int groupUsed;
    private int joinStart; // where the record being joined begins in the group
    private int joinRemaining; // payload bytes still missing of the record being joined, 0 = none
    private boolean isGroupOpen;

    private long position = -1; // after the last record accepted
    private long groupEndPosition = -1; // after the last complete or aborted group
    private long recordCount;
    private long groupCount;
    private long abortedGroupCount;

    /**
     * Creates an assembler with no open group.
     *
     * @param handler receives the records of complete groups
     */
    public ChangeGroupAssembler(final ChangeRecordHandler handler) {
        this.handler = handler;
    }

    /**
     * Accepts whole records that follow those accepted before.
     *
     * @param startPosition log position of the first record
     * @param pointer native pointer to private memory, valid until the method returns
     * @param length bytes, a multiple of 8
     * @throws CorruptStoreException when the bytes are not whole, well-formed records at the expected position
     */
    public void accept(final long startPosition, final long pointer, final int length) {
        if (position != -1 && startPosition != position) {
            throw new CorruptStoreException(
                    "change log records out of place: expected position=" + position + " found=" + startPosition);
        }
        if (position == -1) {
            groupEndPosition = startPosition;
        }
        int offset = 0;
        while (offset < length) {
            final int count = announce(pointer + offset, length - offset, startPosition + offset);
            for (int i = 0; i < count; i++) {
                final long record = pointer + offset;
                final int alignedLength = upcomingLengths[i];
                position = startPosition + offset + alignedLength;
                acceptRecord(record, RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET), alignedLength);
                offset += alignedLength;
            }
        }
    }

    /** Checks the next records and tells the handler which changes are among them; returns how many they are. */
    private int announce(final long pointer, final int length, final long startPosition) {
        int count = 0;
        int offset = 0;
        while (offset < length && count < UPCOMING_MAX) {
            final long record = pointer + offset;
            final int alignedLength = checkedAlignedLength(record, length - offset, startPosition + offset);
            final byte type = RawMemory.getByte(record + ChangeRecordDescriptor.TYPE_OFFSET);
            if (type == ChangeRecordDescriptor.TYPE_PUT || type == ChangeRecordDescriptor.TYPE_REMOVE) {
                handler.onUpcoming(
                        RawMemory.getInt(record + ChangeRecordDescriptor.STATE_ID_OFFSET),
                        record + ChangeRecordDescriptor.KEY_OFFSET,
                        RawMemory.getInt(record + ChangeRecordDescriptor.KEY_LENGTH_OFFSET));
            }
            upcomingLengths[count++] = alignedLength;
            offset += alignedLength;
        }
        handler.onUpcomingEnd();
        return count;
    }

    /** {@return whether records of an incomplete group are held back} */
    public boolean isGroupOpen() {
        return isGroupOpen;
    }

    /** {@return log position after the last record accepted, -1 before the first} */
    public long position() {
        return position;
    }

    /** {@return log position after the last group that was completed or aborted; pads after it count as its end} */
    public long groupEndPosition() {
        return groupEndPosition;
    }

    /** {@return records handed to the handler} */
    public long recordCount() {
        return recordCount;
    }

    /** {@return groups handed to the handler} */
    public long groupCount() {
        return groupCount;
    }

    /** {@return groups dropped because they were aborted} */
    public long abortedGroupCount() {
        return abortedGroupCount;
    }

    @Override
    public void close() {
        RawMemory.free(groupPointer);
        groupPointer = 0;
        groupCapacity = 0;
        groupUsed = 0;
    }

    /**
     * Length of the whole record at a pointer.
     *
     * @param record native pointer to its first byte
     * @param available bytes from there, a multiple of 8
     * @return bytes with padding, or -1 when the bytes are not a whole, well-formed record
     */
    public static int alignedLengthOrInvalid(final long record, final int available) {
        if (available < ChangeRecordDescriptor.MIN_PAD_LENGTH) {
            return -1;
        }
        final int length = RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET);
        if (length < ChangeRecordDescriptor.MIN_PAD_LENGTH || length > available) {
            return -1;
        }
        final int alignedLength = ChangeRecordDescriptor.alignedLength(length);
        final byte type = RawMemory.getByte(record + ChangeRecordDescriptor.TYPE_OFFSET);
        final byte flags = RawMemory.getByte(record + ChangeRecordDescriptor.FLAGS_OFFSET);
        if (alignedLength > available || (flags & ~ChangeRecordDescriptor.FLAG_GROUP_CONTINUES) != 0) {
            return -1;
        }
        if (type == ChangeRecordDescriptor.TYPE_PAD) {
            return alignedLength;
        }
        return isWellFormed(record, length, type) ? alignedLength : -1;
    }

    private static boolean isWellFormed(final long record, final int length, final byte type) {
        if (type < ChangeRecordDescriptor.TYPE_PUT
                || type > ChangeRecordDescriptor.TYPE_EXPIRY_TIME
                || length < HEADER_LENGTH
                || RawMemory.getShort(record + ChangeRecordDescriptor.RESERVED_OFFSET) != 0) {
            return false;
        }
        final int keyLength = RawMemory.getInt(record + ChangeRecordDescriptor.KEY_LENGTH_OFFSET);
        return keyLength >= 0 && keyLength <= length - HEADER_LENGTH;
    }

    private static int checkedAlignedLength(final long record, final int available, final long recordPosition) {
        final int alignedLength = alignedLengthOrInvalid(record, available);
        if (alignedLength < 0) {
            throw new CorruptStoreException("change log record is malformed: position=" + recordPosition
                    + " bytes available=" + available + "; its block is intact, so it was written this way");
        }
        return alignedLength;
    }

    private void acceptRecord(final long record, final int length, final int alignedLength) {
        final byte type = RawMemory.getByte(record + ChangeRecordDescriptor.TYPE_OFFSET);
        final boolean isLast = RawMemory.getByte(record + ChangeRecordDescriptor.FLAGS_OFFSET) == 0;
        switch (type) {
            case ChangeRecordDescriptor.TYPE_PAD -> {
                if (!isGroupOpen) {
                    groupEndPosition = position;
                }
            }
            case ChangeRecordDescriptor.TYPE_ABORT -> abortGroup();
            case ChangeRecordDescriptor.TYPE_COMMIT -> completeGroup();
            case ChangeRecordDescriptor.TYPE_UNLOGGED -> passUnlogged(isLast);
            case ChangeRecordDescriptor.TYPE_FRAGMENT -> {
                join(record + HEADER_LENGTH, length - HEADER_LENGTH, isLast);
                if (isLast) {
                    completeGroup();
                }
            }
            default -> {
                if (isLast && !isGroupOpen) {
                    deliver(record);
                    endGroup();
                } else {
                    hold(record, alignedLength);
                    if (isLast) {
                        completeGroup();
                    }
                }
            }
        }
    }

    private void passUnlogged(final boolean isLast) {
        if (isGroupOpen || !isLast) {
            throw malformed("a note about changes that were not logged inside a group");
        }
        handler.onUnlogged();
        endGroup();
    }

    private void hold(final long record, final int alignedLength) {
        if (joinRemaining != 0) {
            throw malformed("a record inside a fragmented record");
        }
        RawMemory.copy(record, extendGroup(alignedLength), alignedLength);
        isGroupOpen = true;
    }

    private void join(final long payload, final int payloadLength, final boolean isLast) {
        isGroupOpen = true;
        if (joinRemaining == 0) {
            joinStart = groupUsed;
            joinRemaining = joinedLength(payload, payloadLength);
        }
        if (payloadLength > joinRemaining || payloadLength == 0) {
            throw malformed("a fragment of " + payloadLength + " bytes where " + joinRemaining + " are missing");
        }
        RawMemory.copy(payload, extendGroup(payloadLength), payloadLength);
        joinRemaining -= payloadLength;
        if (joinRemaining == 0) {
            final int padding = ChangeRecordDescriptor.alignedLength(groupUsed) - groupUsed;
            extendGroup(padding);
            final long joined = groupPointer + joinStart;
            final byte type = RawMemory.getByte(joined + ChangeRecordDescriptor.TYPE_OFFSET);
            if (alignedLengthOrInvalid(joined, groupUsed - joinStart) < 0 || !isChange(type)) {
                throw malformed("fragments that do not form a record");
            }
        } else if (isLast) {
            throw malformed("a fragmented record that ends " + joinRemaining + " bytes early");
        }
    }

    private int joinedLength(final long payload, final int payloadLength) {
        final int length =
                payloadLength < HEADER_LENGTH ? -1 : RawMemory.getInt(payload + ChangeRecordDescriptor.LENGTH_OFFSET);
        if (length < HEADER_LENGTH || length > ChangeRecordDescriptor.MAX_GROUP_LENGTH) {
            throw malformed("a fragmented record of length " + length);
        }
        return length;
    }

    private static boolean isChange(final byte type) {
        return (type >= ChangeRecordDescriptor.TYPE_PUT && type <= ChangeRecordDescriptor.TYPE_DROP_STATE)
                || (type >= ChangeRecordDescriptor.TYPE_OPERATION_FIRST
                        && type <= ChangeRecordDescriptor.TYPE_ALTER_STATE);
    }

    private long extendGroup(final int length) {
        final long needed = (long) groupUsed + length;
        if (needed > groupCapacity) {
            // Groups are bounded when they are written; anything longer is not one of ours.
            if (needed > ChangeRecordDescriptor.MAX_GROUP_LENGTH) {
                throw malformed("a group longer than " + ChangeRecordDescriptor.MAX_GROUP_LENGTH + " bytes");
            }
            final long doubled = Math.max(needed, Math.max(INITIAL_CAPACITY, groupCapacity * 2L));
            growGroup((int) Math.min(doubled, ChangeRecordDescriptor.MAX_GROUP_LENGTH));
        }
        final long target = groupPointer + groupUsed;
        groupUsed += length;
        return target;
    }

    private void growGroup(final int newCapacity) {
        final long newPointer = RawMemory.allocate(newCapacity);
        if (groupUsed > 0) {
            RawMemory.copy(groupPointer, newPointer, groupUsed);
        }
        RawMemory.free(groupPointer);
        groupPointer = newPointer;
        groupCapacity = newCapacity;
    }

    private void completeGroup() {
        if (joinRemaining != 0) {
            throw malformed("a commit inside a fragmented record");
        }
        for (int offset = 0; offset < groupUsed; ) {
            final long record = groupPointer + offset;
            deliver(record);
            offset += ChangeRecordDescriptor.alignedLength(
                    RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET));
        }
        clearGroup();
        endGroup();
    }

    private void abortGroup() {
        if (isGroupOpen) {
            abortedGroupCount++;
        }
        clearGroup();
        groupEndPosition = position;
        handler.onGroupEnd(position);
    }

    private void clearGroup() {
        groupUsed = 0;
        joinRemaining = 0;
        isGroupOpen = false;
    }

    private void endGroup() {
        groupCount++;
        groupEndPosition = position;
        handler.onGroupEnd(position);
    }

    private void deliver(final long record) {
        final int keyLength = RawMemory.getInt(record + ChangeRecordDescriptor.KEY_LENGTH_OFFSET);
        final int length = RawMemory.getInt(record + ChangeRecordDescriptor.LENGTH_OFFSET);
        handler.onRecord(
                RawMemory.getByte(record + ChangeRecordDescriptor.TYPE_OFFSET),
                RawMemory.getInt(record + ChangeRecordDescriptor.STATE_ID_OFFSET),
                record + ChangeRecordDescriptor.KEY_OFFSET,
                keyLength,
                record + ChangeRecordDescriptor.KEY_OFFSET + keyLength,
                length - HEADER_LENGTH - keyLength);
        recordCount++;
    }

    private CorruptStoreException malformed(final String what) {
        return new CorruptStoreException("change log holds " + what + ": before position=" + position
                + "; its block is intact, so it was written this way");
    }
}

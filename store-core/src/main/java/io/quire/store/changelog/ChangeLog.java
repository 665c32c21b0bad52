/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * Appends changes to the ring: after a method has returned, outside a group, its change survives the death of the
 * process. Allocates nothing and makes no system call unless the ring is full; then it waits for the log agent with
 * the idle strategy given and counts the time.
 *
 * <p>Between {@link #beginGroup} and {@link #commitGroup} changes become one group, which recovery applies all or not
 * at all. Groups do not nest.
 *
 * <p>Every method that appends throws {@link io.quire.store.errors.StoreFailedException} when the log agent has
 * failed or died, {@link io.quire.store.errors.StoreClosedException} when the store was closed, and {@link
 * StoreFullException} when the change, or the group with it, is longer than {@link #MAX_GROUP_LENGTH}; in each case
 * the log has no part of the change that recovery would see.
 *
 * <p>Bytes are given as Agrona describes a buffer: a byte array and an offset from {@link RawMemory#ARRAY_OFFSET}, or
 * null and a native pointer.
 *
 * <p>Threading: confined to the store's writer; {@link #position}, {@link #stallCount} and {@link #stallNs} may be
 * called by any thread.
 */
public final class ChangeLog {
    /** Bytes that the records of one group may have together, headers and padding included. */
    public static final int MAX_GROUP_LENGTH = ChangeRecordDescriptor.MAX_GROUP_LENGTH;

    private static final int HEADER_LENGTH = ChangeRecordDescriptor.HEADER_LENGTH;
    private static final byte NO_FLAGS = 0;
    private static final int COPY_BY_LONGS_MAX = 64;

    private final FailStop failStop;
    private final RingProducer producer;
    private final FragmentWriter fragments;
    private final int maxRecordLength;
    private final byte[] longKey = new byte[Long.BYTES];

    private byte groupFlags; // FLAG_GROUP_CONTINUES while a group is open
    private long groupStart; // position before the open group
    private long groupLength; // bytes of the open group so far
    private long lastRecordPosition; // of the open group
    private long lastRecordPointer;

    /**
     * Continues the log at the ring's tail.
     *
     * @param ring where to append
     * @param failStop shared with the consumer; no method waits once it has tripped
     * @param idleStrategy how to wait while the ring is full; not shared with another thread
     * @param signal wakes the consumer when the ring fills up
     * @param clock for the stall counters
     */
    public ChangeLog(
            final ChangeRing ring,
            final FailStop failStop,
            final IdleStrategy idleStrategy,
            final ConsumerSignal signal,
            final NanoClock clock) {
        this.failStop = failStop;
        producer = new RingProducer(ring, failStop, idleStrategy, signal, clock);
        maxRecordLength = ring.maxRecordLength();
        fragments = new FragmentWriter(producer, failStop, maxRecordLength);
    }

    /**
     * Log position after the last change, or group of changes, that is complete: everything before it survives the
     * death of the process. It does not move while a group is open, so reading may always begin there.
     *
     * @return log position; may be asked for after the store was closed, too
     */
    public long position() {
        return producer.committed();
    }

    /** {@return how often the writer had to wait because the ring was full} */
    public long stallCount() {
        return producer.stallCount();
    }

    /** {@return nanoseconds the writer has waited because the ring was full} */
    public long stallNs() {
        return producer.stallNs();
    }

    /**
     * Sets a key of 8 bytes to a value of 8 bytes.
     *
     * @param stateId number of the state
     * @param key logged as 8 bytes, little-endian
     * @param value logged as 8 bytes, little-endian
     */
    public void putLong(final int stateId, final long key, final long value) {
        final int length = HEADER_LENGTH + Long.BYTES + Long.BYTES;
        final long pointer = claim(length);
        putHeader(pointer, length, ChangeRecordDescriptor.TYPE_PUT, groupFlags, stateId, Long.BYTES);
        RawMemory.putLong(pointer + HEADER_LENGTH, key);
        RawMemory.putLong(pointer + HEADER_LENGTH + Long.BYTES, value);
        finish(pointer, length);
    }

    /**
     * Removes a key of 8 bytes.
     *
     * @param stateId number of the state
     * @param key logged as 8 bytes, little-endian
     */
    public void removeLong(final int stateId, final long key) {
        final int length = HEADER_LENGTH + Long.BYTES;
        final long pointer = claim(length);
        putHeader(pointer, length, ChangeRecordDescriptor.TYPE_REMOVE, groupFlags, stateId, Long.BYTES);
        RawMemory.putLong(pointer + HEADER_LENGTH, key);
        finish(pointer, length);
    }

    /**
     * Sets a key of 8 bytes to a value of any length.
     *
     * @param stateId number of the state
     * @param key logged as 8 bytes, little-endian
     * @param valueBase array of the value, or null
     * @param valueOffset its offset in the array, or native pointer
     * @param valueLength its bytes, not negative
     */
    public void putLongBytes(
            final int stateId, final long key, final byte[] valueBase, final long valueOffset, final int valueLength) {
        final long length = HEADER_LENGTH + Long.BYTES + (long) valueLength;
        if (length > maxRecordLength) {
            RawMemory.putLong(longKey, RawMemory.ARRAY_OFFSET, key);
            appendFragments(
                    ChangeRecordDescriptor.TYPE_PUT,
                    stateId,
                    longKey,
                    RawMemory.ARRAY_OFFSET,
                    Long.BYTES,
                    valueBase,
                    valueOffset,
                    valueLength);
            return;
        }
        final int alignedLength = ChangeRecordDescriptor.alignedLength((int) length);
        final long pointer = claim(alignedLength);
        RawMemory.putLong(pointer + alignedLength - Long.BYTES, 0);
        putHeader(pointer, (int) length, ChangeRecordDescriptor.TYPE_PUT, groupFlags, stateId, Long.BYTES);
        RawMemory.putLong(pointer + HEADER_LENGTH, key);
        copy(valueBase, valueOffset, pointer + HEADER_LENGTH + Long.BYTES, valueLength);
        finish(pointer, alignedLength);
    }

    /**
     * Sets a key to a value.
     *
     * @param stateId number of the state
     * @param keyBase array of the key, or null
     * @param keyOffset its offset in the array, or native pointer
     * @param keyLength its bytes, not negative
     * @param valueBase array of the value, or null
     * @param valueOffset its offset in the array, or native pointer
     * @param valueLength its bytes, not negative
     */
    public void put(
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        append(
                ChangeRecordDescriptor.TYPE_PUT,
                stateId,
                keyBase,
                keyOffset,
                keyLength,
                valueBase,
                valueOffset,
                valueLength);
    }

    /**
     * Removes a key.
     *
     * @param stateId number of the state
     * @param keyBase array of the key, or null
     * @param keyOffset its offset in the array, or native pointer
     * @param keyLength its bytes, not negative
     */
    public void remove(final int stateId, final byte[] keyBase, final long keyOffset, final int keyLength) {
        append(ChangeRecordDescriptor.TYPE_REMOVE, stateId, keyBase, keyOffset, keyLength, null, 0, 0);
    }

    /**
     * Changes a state in a way that its kind defines.
     *
     * @param type {@link ChangeRecordDescriptor#TYPE_OPERATION_FIRST}..{@link
     *     ChangeRecordDescriptor#TYPE_OPERATION_LAST}
     * @param stateId number of the state
     * @param keyBase array of the key, or null
     * @param keyOffset its offset in the array, or native pointer
     * @param keyLength its bytes, not negative
     * @param valueBase array of what the kind adds, or null
     * @param valueOffset its offset in the array, or native pointer
     * @param valueLength its bytes, not negative
     */
    public void operation(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        append(type, stateId, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
    }

    /**
     * Removes all keys of a state.
     *
     * @param stateId number of the state
     */
    public void clearState(final int stateId) {
        append(ChangeRecordDescriptor.TYPE_CLEAR_STATE, stateId, null, 0, 0, null, 0, 0);
    }

    /**
     * Creates a state.
     *
     * @param stateId its number
     * @param nameBase array of the name's bytes, or null
     * @param nameOffset offset in the array, or native pointer
     * @param nameLength bytes of the name
     * @param descriptorBase array of the encoded descriptor, or null
     * @param descriptorOffset offset in the array, or native pointer
     * @param descriptorLength bytes of the descriptor
     */
    public void createState(
            final int stateId,
            final byte[] nameBase,
            final long nameOffset,
            final int nameLength,
            final byte[] descriptorBase,
            final long descriptorOffset,
            final int descriptorLength) {
        append(
                ChangeRecordDescriptor.TYPE_CREATE_STATE,
                stateId,
                nameBase,
                nameOffset,
                nameLength,
                descriptorBase,
                descriptorOffset,
                descriptorLength);
    }

    /**
     * Gives a state another descriptor.
     *
     * @param stateId its number
     * @param descriptorBase array of the encoded descriptor, or null
     * @param descriptorOffset offset in the array, or native pointer
     * @param descriptorLength bytes of the descriptor
     */
    public void alterState(
            final int stateId, final byte[] descriptorBase, final long descriptorOffset, final int descriptorLength) {
        append(
                ChangeRecordDescriptor.TYPE_ALTER_STATE,
                stateId,
                null,
                0,
                0,
                descriptorBase,
                descriptorOffset,
                descriptorLength);
    }

    /**
     * Drops a state. The record says once more what the state was: no catalog does any more, and whoever begins to read
     * the log behind its creation can know it from here only.
     *
     * @param stateId its number
     * @param nameBase array of the name's bytes, or null
     * @param nameOffset offset in the array, or native pointer
     * @param nameLength bytes of the name
     * @param descriptorBase array of the encoded descriptor, or null
     * @param descriptorOffset offset in the array, or native pointer
     * @param descriptorLength bytes of the descriptor
     */
    public void dropState(
            final int stateId,
            final byte[] nameBase,
            final long nameOffset,
            final int nameLength,
            final byte[] descriptorBase,
            final long descriptorOffset,
            final int descriptorLength) {
        append(
                ChangeRecordDescriptor.TYPE_DROP_STATE,
                stateId,
                nameBase,
                nameOffset,
                nameLength,
                descriptorBase,
                descriptorOffset,
                descriptorLength);
    }

    /** {@return whether {@link #expiryTime} finds room in the ring now, and so does not wait} */
    public boolean hasRoomForExpiryTime() {
        return producer.hasRoom(HEADER_LENGTH + Long.BYTES);
    }

    /**
     * Says the time by which values expire. Outside of groups.
     *
     * @param timeMs milliseconds
     */
    public void expiryTime(final long timeMs) {
        final int length = HEADER_LENGTH + Long.BYTES;
        final long pointer = claim(length);
        putHeader(pointer, length, ChangeRecordDescriptor.TYPE_EXPIRY_TIME, groupFlags, 0, 0);
        RawMemory.putLong(pointer + HEADER_LENGTH, timeMs);
        finish(pointer, length);
    }

    /**
     * Opens a group. Its changes are published when it is committed, or earlier when the ring has no room for them all;
     * recovery ignores them until the commit.
     *
     * @throws IllegalStateException when a group is open
     */
    public void beginGroup() {
        if (groupFlags != NO_FLAGS) {
            throw new IllegalStateException("a group is open already; groups do not nest");
        }
        failStop.check();
        groupFlags = ChangeRecordDescriptor.FLAG_GROUP_CONTINUES;
        groupStart = producer.position();
        groupLength = 0;
    }

    /**
     * Completes the open group and publishes it; an empty one leaves nothing in the log.
     *
     * @throws IllegalStateException when no group is open
     */
    public void commitGroup() {
        checkGroupOpen();
        if (groupLength == 0) {
            groupFlags = NO_FLAGS;
            return;
        }
        if (lastRecordPosition >= producer.published()) {
            failStop.check();
            groupFlags = NO_FLAGS;
            RawMemory.putByte(lastRecordPointer + ChangeRecordDescriptor.FLAGS_OFFSET, NO_FLAGS);
            producer.commit();
            return;
        }
        groupFlags = NO_FLAGS;
        append(ChangeRecordDescriptor.TYPE_COMMIT, 0, null, 0, 0, null, 0, 0);
    }

    /**
     * Ends the open group so that recovery ignores it.
     *
     * @throws IllegalStateException when no group is open
     */
    public void abortGroup() {
        checkGroupOpen();
        groupFlags = NO_FLAGS;
        if (producer.published() <= groupStart) {
            producer.rewind(groupStart);
        } else if (groupLength > 0) {
            append(ChangeRecordDescriptor.TYPE_ABORT, 0, null, 0, 0, null, 0, 0);
        }
    }

    /** {@return whether a group is open} */
    public boolean isGroupOpen() {
        return groupFlags != NO_FLAGS;
    }

    private void checkGroupOpen() {
        if (groupFlags == NO_FLAGS) {
            throw new IllegalStateException("no group is open");
        }
    }

    private void append(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final long length = HEADER_LENGTH + (long) keyLength + valueLength;
        if (length > maxRecordLength) {
            appendFragments(type, stateId, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            return;
        }
        final int alignedLength = ChangeRecordDescriptor.alignedLength((int) length);
        final long pointer = claim(alignedLength);
        RawMemory.putLong(pointer + alignedLength - Long.BYTES, 0); // no stale bytes in the padding
        putHeader(pointer, (int) length, type, groupFlags, stateId, keyLength);
        copy(keyBase, keyOffset, pointer + HEADER_LENGTH, keyLength);
        copy(valueBase, valueOffset, pointer + HEADER_LENGTH + keyLength, valueLength);
        finish(pointer, alignedLength);
    }

    private long claim(final int alignedLength) {
        if (groupFlags != NO_FLAGS && groupLength + alignedLength > MAX_GROUP_LENGTH) {
            throw groupTooLong(groupLength + alignedLength);
        }
        return producer.claim(alignedLength);
    }

    static void putHeader(
            final long pointer,
            final int length,
            final byte type,
            final byte flags,
            final int stateId,
            final int keyLength) {
        RawMemory.putLong(
                pointer + ChangeRecordDescriptor.LENGTH_OFFSET,
                ChangeRecordDescriptor.lengthTypeFlags(length, type, flags));
        RawMemory.putLong(
                pointer + ChangeRecordDescriptor.STATE_ID_OFFSET,
                ChangeRecordDescriptor.stateIdKeyLength(stateId, keyLength));
    }

    private void finish(final long pointer, final int alignedLength) {
        if (groupFlags == NO_FLAGS) {
            producer.advance(alignedLength);
            producer.commit();
        } else {
            lastRecordPosition = producer.position();
            lastRecordPointer = pointer;
            groupLength += alignedLength;
            producer.advance(alignedLength);
        }
    }

    private static void copy(final byte[] base, final long offset, final long target, final int length) {
        if (length > COPY_BY_LONGS_MAX || length < Long.BYTES) {
            if (length > 0) {
                RawMemory.copy(base, offset, null, target, length);
            }
            return;
        }
        // Whole longs, the last one overlapping its predecessor: no call and no loop over single bytes.
        final int last = length - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            RawMemory.putLong(target + i, RawMemory.getLong(base, offset + i));
        }
        RawMemory.putLong(target + last, RawMemory.getLong(base, offset + last));
    }

    private void appendFragments(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final long total = fragments.alignedLength(HEADER_LENGTH + (long) keyLength + valueLength);
        final long newGroupLength = (groupFlags == NO_FLAGS ? 0 : groupLength) + total;
        if (newGroupLength > MAX_GROUP_LENGTH) {
            throw groupTooLong(newGroupLength);
        }
        fragments.append(type, groupFlags, stateId, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        if (groupFlags == NO_FLAGS) {
            producer.commit();
        } else {
            lastRecordPosition = fragments.lastPosition();
            lastRecordPointer = fragments.lastPointer();
            groupLength = newGroupLength;
        }
    }

    private static StoreFullException groupTooLong(final long length) {
        return new StoreFullException("change too long for the log: bytes of the record or of its group=" + length
                + " limit=" + MAX_GROUP_LENGTH + "; nothing was logged, write less at once");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.memory.RawMemory;

/**
 * Hands changes on and remembers the last of them, by a hash over 64 KiB of the log or more, so that whoever finds the
 * log begun anew can tell whether it still says what it said: it is read from {@link #checkPosition} again, and nothing
 * is handed on before {@link #endPosition}. When that is reached and the hash is another, or there is no such place,
 * the log is another one.
 *
 * <p>Threading: confined to one thread.
 */
final class HandedChanges implements ChangeRecordHandler {
    private static final long REMEMBERED_LENGTH = 64 * 1024;
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L; // odd: no change of a factor is lost
    private static final int ROTATION = 29;

    /** What was found where the log was read again. */
    enum Check {
        /** Not there yet. */
        UNDERWAY,
        /** The log says what it said. */
        SAME,
        /** It says something else. */
        OTHER
    }

    private final ChangeRecordHandler handler;
    private long endPosition; // of the last group handed on

    // Two hashes, so that there is always one over enough: when the younger is long enough the older begins anew.
    private long olderPosition;
    private long olderHash;
    private long youngerPosition;
    private long youngerHash;

    private Check check = Check.SAME;
    private long checkHash;

    /**
     * Creates it.
     *
     * @param position log position behind which reading begins
     * @param handler is given everything once
     */
    HandedChanges(final long position, final ChangeRecordHandler handler) {
        this.handler = handler;
        endPosition = position;
        olderPosition = position;
        youngerPosition = position;
    }

    /** {@return log position up to which everything was handed on; a group has ended there} */
    long endPosition() {
        return endPosition;
    }

    /** {@return log position to read from again, where a group has ended} */
    long checkPosition() {
        return olderPosition;
    }

    /** Begins to compare what comes now, from {@link #checkPosition} on. */
    void beginCheck() {
        checkHash = 0;
        check = olderPosition == endPosition ? Check.SAME : Check.UNDERWAY;
    }

    /** Compares nothing more: what comes now is handed on. */
    void endCheck() {
        check = Check.SAME;
    }

    /** {@return how the comparison went} */
    Check check() {
        return check;
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        if (check == Check.SAME) {
            olderHash = hash(olderHash, type, stateId, keyPointer, keyLength, valuePointer, valueLength);
            youngerHash = hash(youngerHash, type, stateId, keyPointer, keyLength, valuePointer, valueLength);
            handler.onRecord(type, stateId, keyPointer, keyLength, valuePointer, valueLength);
        } else {
            checkHash = hash(checkHash, type, stateId, keyPointer, keyLength, valuePointer, valueLength);
        }
    }

    @Override
    public void onUnlogged() {
        if (check == Check.SAME) {
            handler.onUnlogged();
        }
    }

    @Override
    public void onGroupEnd(final long position) {
        if (check == Check.SAME) {
            olderHash = mix(olderHash, position);
            youngerHash = mix(youngerHash, position);
            endPosition = position;
            if (position - youngerPosition >= REMEMBERED_LENGTH) {
                olderPosition = youngerPosition;
                olderHash = youngerHash;
                youngerPosition = position;
                youngerHash = 0;
            }
            handler.onGroupEnd(position);
        } else if (check == Check.UNDERWAY) {
            checkHash = mix(checkHash, position);
            if (position >= endPosition) {
                check = position == endPosition && checkHash == olderHash ? Check.SAME : Check.OTHER;
            }
        }
    }

    private static long hash(
            final long before,
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        final long lengths = (long) keyLength << Integer.SIZE | valueLength;
        final long hash = mix(mix(before, (long) type << Integer.SIZE ^ stateId), lengths);
        return bytes(bytes(hash, keyPointer, keyLength), valuePointer, valueLength);
    }

    private static long bytes(final long before, final long pointer, final int length) {
        long hash = before;
        int offset = 0;
        for (; offset + Long.BYTES <= length; offset += Long.BYTES) {
            hash = mix(hash, RawMemory.getLong(pointer + offset));
        }
        for (; offset < length; offset++) {
            hash = mix(hash, RawMemory.getByte(pointer + offset));
        }
        return hash;
    }

    private static long mix(final long hash, final long value) {
        return Long.rotateLeft((hash ^ value) * MULTIPLIER, ROTATION);
    }
}

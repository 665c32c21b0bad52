/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.changelog.ChangeRecordHandler;

/**
 * Tells when the first record is about to be replayed, since what is good for answering the first read early is not
 * good for applying millions of records, and hands all of them on.
 *
 * <p>Threading: called by the thread that replays.
 */
final class HydratingReplay implements ChangeRecordHandler {
    private final ChangeRecordHandler replay;
    private Runnable beforeFirst;

    HydratingReplay(final ChangeRecordHandler replay, final Runnable beforeFirst) {
        this.replay = replay;
        this.beforeFirst = beforeFirst;
    }

    private void begin() {
        if (beforeFirst != null) {
            beforeFirst.run();
            beforeFirst = null;
        }
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        begin();
        replay.onRecord(type, stateId, keyPointer, keyLength, valuePointer, valueLength);
    }

    @Override
    public void onUpcoming(final int stateId, final long keyPointer, final int keyLength) {
        begin();
        replay.onUpcoming(stateId, keyPointer, keyLength);
    }

    @Override
    public void onUpcomingEnd() {
        replay.onUpcomingEnd();
    }

    @Override
    public void onGroupEnd(final long position) {
        replay.onGroupEnd(position);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;

/**
 * Applies records of the change log to a store that is being recovered, without logging them again.
 *
 * <p>Every record ends in {@link io.quire.store.errors.CorruptStoreException} that does not fit what is there: a state
 * that does not exist, other widths than its own, a type that its kind does not know.
 *
 * <p>Threading: confined to the opening thread, before the store is used.
 */
public final class StateReplay implements ChangeRecordHandler {
    private final StateStore store;
    private final ReplayLookahead lookahead;

    /**
     * Begins a replay.
     *
     * @param store to be brought up to date
     */
    public StateReplay(final StateStore store) {
        this.store = store;
        lookahead = new ReplayLookahead(store.registry());
    }

    @Override
    public void onUpcoming(final int stateId, final long keyPointer, final int keyLength) {
        lookahead.announce(stateId, keyPointer, keyLength);
    }

    @Override
    public void onUpcomingEnd() {
        lookahead.fetch();
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        if (type == ChangeRecordDescriptor.TYPE_CREATE_STATE) {
            final StateDescriptor descriptor = descriptor(keyPointer, keyLength, valuePointer, valueLength);
            store.registry().recreate(stateId, descriptor);
        } else if (type == ChangeRecordDescriptor.TYPE_ALTER_STATE) {
            final String name = store.registry().ofId(stateId).name();
            store.registry().realter(stateId, StateDescriptor.decode(name, copy(valuePointer, valueLength)));
        } else if (type == ChangeRecordDescriptor.TYPE_DROP_STATE) {
            store.registry().redrop(stateId, descriptor(keyPointer, keyLength, valuePointer, valueLength));
        } else if (type == ChangeRecordDescriptor.TYPE_EXPIRY_TIME) {
            replayExpiryTime(keyLength, valuePointer, valueLength);
        } else {
            store.registry().ofId(stateId).apply(type, null, keyPointer, keyLength, null, valuePointer, valueLength);
        }
    }

    private void replayExpiryTime(final int keyLength, final long valuePointer, final int valueLength) {
        if (keyLength != 0 || valueLength != Long.BYTES) {
            throw new CorruptStoreException("change record of an expiry time is malformed: keyLength=" + keyLength
                    + " valueLength=" + valueLength + " expected=0 and 8");
        }
        store.expiryClock().replay(RawMemory.getLong(valuePointer));
    }

    private static StateDescriptor descriptor(
            final long keyPointer, final int keyLength, final long valuePointer, final int valueLength) {
        final String name = new String(copy(keyPointer, keyLength), StandardCharsets.UTF_8);
        return StateDescriptor.decode(name, copy(valuePointer, valueLength));
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }
}

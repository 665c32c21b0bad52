/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.StateStore;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;

/**
 * Applies records of the change log to a store that is being recovered.
 *
 * <p>Threading: confined to the opening thread.
 */
final class StateReplay implements ChangeRecordHandler {
    private final StateStore store;

    StateReplay(final StateStore store) {
        this.store = store;
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        switch (type) {
            case ChangeRecordDescriptor.TYPE_PUT ->
                store.replayPut(stateId, keyPointer, keyLength, valuePointer, valueLength);
            case ChangeRecordDescriptor.TYPE_REMOVE -> store.replayRemove(stateId, keyPointer, keyLength);
            case ChangeRecordDescriptor.TYPE_CLEAR_STATE -> store.replayClear(stateId);
            case ChangeRecordDescriptor.TYPE_CREATE_STATE ->
                store.replayCreate(
                        stateId,
                        new String(copy(keyPointer, keyLength), StandardCharsets.UTF_8),
                        copy(valuePointer, valueLength));
            default ->
                throw new CorruptStoreException("change record of a type that this version does not know: type=" + type
                        + " stateId=" + stateId);
        }
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.changelog.ChangeRecordHandler;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Hands records of the change log to a listener, with the states that they belong to.
 *
 * <p>Threading: confined to the thread that reads the log.
 */
final class ChangeDispatch implements ChangeRecordHandler {
    private final ChangeListener listener;
    private final IntFunction<StateDescriptor> states;
    private final Int2ObjectHashMap<StateDescriptor> known = new Int2ObjectHashMap<>();
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private LongSupplier recordPosition = () -> 0;

    /**
     * Creates it.
     *
     * @param listener takes the changes
     * @param states finds the states that the log itself does not name, by id; null for one it does not know
     */
    ChangeDispatch(final ChangeListener listener, final IntFunction<StateDescriptor> states) {
        this.listener = listener;
        this.states = states;
    }

    /** Tells where the record that is handed over ends. */
    void positions(final LongSupplier position) {
        recordPosition = position;
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        final long position = recordPosition.getAsLong();
        switch (type) {
            case ChangeRecordDescriptor.TYPE_PUT -> {
                key.wrap(keyPointer, keyLength);
                value.wrap(valuePointer, valueLength);
                listener.onChange(position, state(stateId), key, value);
            }
            case ChangeRecordDescriptor.TYPE_REMOVE -> {
                key.wrap(keyPointer, keyLength);
                listener.onChange(position, state(stateId), key, null);
            }
            case ChangeRecordDescriptor.TYPE_CLEAR_STATE -> listener.onClear(position, state(stateId));
            case ChangeRecordDescriptor.TYPE_CREATE_STATE -> {
                final String name = new String(copy(keyPointer, keyLength), StandardCharsets.UTF_8);
                listener.onCreate(position, learn(stateId, name, copy(valuePointer, valueLength)));
            }
            case ChangeRecordDescriptor.TYPE_ALTER_STATE -> {
                final String name = state(stateId).name();
                listener.onAlter(position, learn(stateId, name, copy(valuePointer, valueLength)));
            }
            case ChangeRecordDescriptor.TYPE_DROP_STATE -> {
                listener.onDrop(position, state(stateId));
                known.remove(stateId);
            }
            default -> {
                if (type < ChangeRecordDescriptor.TYPE_OPERATION_FIRST) {
                    throw new CorruptStoreException("change record of a type that this version does not know: type="
                            + type + " stateId=" + stateId);
                }
                key.wrap(keyPointer, keyLength);
                value.wrap(valuePointer, valueLength);
                listener.onOperation(position, state(stateId), type, key, value);
            }
        }
    }

    @Override
    public void onGroupEnd(final long position) {
        listener.onGroupEnd(position);
    }

    private StateDescriptor learn(final int stateId, final String name, final byte[] encoded) {
        final StateDescriptor state = StateDescriptor.decode(name, encoded);
        known.put(stateId, state);
        return state;
    }

    private StateDescriptor state(final int stateId) {
        StateDescriptor state = known.get(stateId);
        if (state == null) {
            state = states.apply(stateId);
            if (state == null) {
                throw new CorruptStoreException("change record of a state that does not exist: stateId=" + stateId);
            }
            known.put(stateId, state);
        }
        return state;
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }
}

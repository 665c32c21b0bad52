/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.log.LogFollower;
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
 * Hands records of the change log to a listener, with the states that they belong to. A state that neither the log has
 * named on the way nor anybody else knows was dropped later on; then the log is read ahead up to the record that says
 * so, which says what the state was.
 *
 * <p>Threading: confined to the thread that reads the log.
 */
final class ChangeDispatch implements ChangeRecordHandler {
    private final ChangeListener listener;
    private final IntFunction<StateDescriptor> states;
    private final LogOpener opener;
    private final LongSupplier limit;
    private final Int2ObjectHashMap<StateDescriptor> known = new Int2ObjectHashMap<>();
    private final Int2ObjectHashMap<StateDescriptor> earlier = new Int2ObjectHashMap<>(); // as they were before
    private final Int2ObjectHashMap<StateDescriptor> droppedLater = new Int2ObjectHashMap<>();
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private LogFollower follower;
    private long aheadPosition = -1; // log position up to which drops were looked for

    /** Opens the log of the store at a position. */
    @FunctionalInterface
    interface LogOpener {
        /** See {@link LogFollower}. */
        LogFollower open(long fromPosition, LongSupplier limit, ChangeRecordHandler handler);
    }

    /**
     * Creates it.
     *
     * @param listener takes the changes
     * @param states finds the states that the log itself does not name, by id; null for one it does not know
     * @param opener opens the log, now and to read ahead
     * @param limit log position that is not passed
     */
    ChangeDispatch(
            final ChangeListener listener,
            final IntFunction<StateDescriptor> states,
            final LogOpener opener,
            final LongSupplier limit) {
        this.listener = listener;
        this.states = states;
        this.opener = opener;
        this.limit = limit;
    }

    /** Opens the log at a position; whoever polls what is returned has the changes handed over. */
    LogFollower open(final long fromPosition) {
        return open(fromPosition, this);
    }

    /** Opens the log at a position for somebody who comes before this, and hands on what this is to be given. */
    LogFollower open(final long fromPosition, final ChangeRecordHandler before) {
        follower = opener.open(fromPosition, limit, before);
        return follower;
    }

    /** Goes on with a follower that {@link #open} has returned earlier. */
    void resume(final LogFollower earlier) {
        follower = earlier;
    }

    @Override
    public void onRecord(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        final long position = follower.recordPosition();
        switch (type) {
            case ChangeRecordDescriptor.TYPE_PUT -> {
                key.wrap(keyPointer, keyLength);
                value.wrap(valuePointer, valueLength);
                listener.onChange(position, state(position, stateId), key, value);
            }
            case ChangeRecordDescriptor.TYPE_REMOVE -> {
                key.wrap(keyPointer, keyLength);
                listener.onChange(position, state(position, stateId), key, null);
            }
            case ChangeRecordDescriptor.TYPE_CLEAR_STATE -> listener.onClear(position, state(position, stateId));
            case ChangeRecordDescriptor.TYPE_CREATE_STATE -> {
                final String name = name(keyPointer, keyLength);
                listener.onCreate(position, learn(stateId, name, copy(valuePointer, valueLength)));
            }
            case ChangeRecordDescriptor.TYPE_ALTER_STATE -> {
                final String name = state(position, stateId).name();
                listener.onAlter(position, learn(stateId, name, copy(valuePointer, valueLength)));
            }
            case ChangeRecordDescriptor.TYPE_DROP_STATE -> {
                final String name = name(keyPointer, keyLength);
                listener.onDrop(position, learn(stateId, name, copy(valuePointer, valueLength)));
                known.remove(stateId);
                earlier.remove(stateId);
                droppedLater.remove(stateId);
            }
            case ChangeRecordDescriptor.TYPE_EXPIRY_TIME -> {} // changes nothing that a listener could see
            default -> {
                if (type < ChangeRecordDescriptor.TYPE_OPERATION_FIRST) {
                    throw new CorruptStoreException("change record of a type that this version does not know: type="
                            + type + " stateId=" + stateId);
                }
                key.wrap(keyPointer, keyLength);
                value.wrap(valuePointer, valueLength);
                listener.onOperation(position, state(position, stateId), type, key, value);
            }
        }
    }

    @Override
    public void onUnlogged() {
        listener.onUnlogged(follower.recordPosition());
    }

    @Override
    public void onGroupEnd(final long position) {
        listener.onGroupEnd(position);
    }

    private StateDescriptor learn(final int stateId, final String name, final byte[] encoded) {
        final StateDescriptor state = StateDescriptor.decode(name, encoded);
        know(stateId, state);
        return state;
    }

    private void know(final int stateId, final StateDescriptor state) {
        known.put(stateId, state);
        earlier.put(stateId, state.asOf(state.expiry().sincePosition()));
    }

    private StateDescriptor state(final long position, final int stateId) {
        StateDescriptor state = known.get(stateId);
        if (state == null) {
            state = states.apply(stateId);
            state = state == null ? droppedLater(stateId) : state;
            if (state == null) {
                throw new CorruptStoreException("change record of a state that does not exist: stateId=" + stateId);
            }
            know(stateId, state);
        }
        // What the log has not named on the way is what it became later on.
        return position <= state.expiry().sincePosition() ? earlier.get(stateId) : state;
    }

    /** What a state was that is dropped further on, or null when the log does not drop it. Reads no part twice. */
    private StateDescriptor droppedLater(final int stateId) {
        if (!droppedLater.containsKey(stateId)) {
            final boolean interrupted = Thread.interrupted(); // by the listener; it would close the files that are read
            try {
                lookAhead(stateId);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        return droppedLater.get(stateId);
    }

    private void lookAhead(final int stateId) {
        final long end = limit.getAsLong();
        final long from = Math.max(aheadPosition, follower.position());
        try (LogFollower ahead = opener.open(from, () -> Math.min(end, limit.getAsLong()), this::noteDrop)) {
            boolean isMore = true;
            while (isMore && !droppedLater.containsKey(stateId)) {
                isMore = ahead.poll();
            }
            aheadPosition = Math.max(from, ahead.position());
        }
    }

    private void noteDrop(
            final byte type,
            final int stateId,
            final long keyPointer,
            final int keyLength,
            final long valuePointer,
            final int valueLength) {
        if (type == ChangeRecordDescriptor.TYPE_DROP_STATE) {
            final byte[] encoded = copy(valuePointer, valueLength);
            droppedLater.put(stateId, StateDescriptor.decode(name(keyPointer, keyLength), encoded));
        }
    }

    private static String name(final long pointer, final int length) {
        return new String(copy(pointer, length), StandardCharsets.UTF_8);
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }
}

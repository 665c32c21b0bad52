/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.function.LongConsumer;

/**
 * The timers of the store's current key, see {@link StateStore#setCurrentKey}; what registers and deletes them in
 * Flink's {@code TimerService}, of the state's {@link TimeDomain}.
 *
 * <p>Threading: single writer, which also reads.
 */
public final class CurrentTimerState {
    private final TimerState<?> state;

    CurrentTimerState(final TimerState<?> state) {
        this.state = state;
    }

    /**
     * Registers a timer.
     *
     * @param timestamp when it is due, milliseconds; may have passed already
     * @return whether it is new; when not, nothing has changed
     * @throws io.quire.store.errors.StoreFullException when the key is too long or there is no memory; nothing has
     *     changed
     */
    public boolean registerTimer(final long timestamp) {
        return state.registerAt(null, timestamp);
    }

    /**
     * Deletes a timer.
     *
     * @param timestamp what it was registered with, milliseconds
     * @return whether it was there
     */
    public boolean deleteTimer(final long timestamp) {
        return state.deleteAt(null, timestamp);
    }

    /**
     * Whether a timer is registered.
     *
     * @param timestamp what it was registered with, milliseconds
     * @return true when it is
     */
    public boolean containsTimer(final long timestamp) {
        return state.containsAt(null, timestamp);
    }

    /** {@return number of timers, O(1)} */
    public long size() {
        return state.sizeAt(null);
    }

    /**
     * Visits the timers, see {@link TimerState#forEachTimer(Object, LongConsumer)}.
     *
     * @param visitor takes the timestamp of each, milliseconds
     */
    public void forEachTimer(final LongConsumer visitor) {
        state.forEachAt(null, visitor);
    }

    /** Removes all timers. */
    public void clear() {
        state.removeAt(null);
    }
}

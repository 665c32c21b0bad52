/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.table.RecordTableCursor;
import org.agrona.concurrent.NanoClock;

/**
 * Removes what has expired, state after state, in slices of bounded time between two operations of the writer. Removal
 * is logged as any other, but not forced on its own where every write is: nothing depends on when it happens, since
 * what has expired is not returned anyway.
 *
 * <p>Slices follow writes: after every {@link #WRITES_PER_SLICE} writes of values with a time to live the writer looks
 * at {@link #VISITS_PER_WRITE} times as many entries, so that what has expired takes a third of the space of what lives
 * at most, in the long run. While slices run out of time before they have looked at that many they come more often, up
 * to every {@link #WRITES_PER_SLICE_MIN} writes. A state is left alone until something in it may have expired.
 *
 * <p>Threading: confined to the store's writer.
 */
final class ExpiryCleaner {
    /** Writes between two slices. */
    static final int WRITES_PER_SLICE = 32;
    /** Writes between two slices while there is too much to remove. */
    static final int WRITES_PER_SLICE_MIN = 4;
    /** Entries looked at for each write. */
    static final int VISITS_PER_WRITE = 4;

    private static final int VISITS_PER_LOOK = 8; // at the clock; a visit takes less time than that
    private static final long VISITS_OWED_MAX = 1 << 20;

    private final StateStore store;
    private final NanoClock nanoClock;
    private final ExpiryCounters counters = new ExpiryCounters();
    private long budgetNs = StateStore.EXPIRY_BUDGET_NS_DEFAULT;
    private int writes; // since the last slice
    private int writesPerSlice = WRITES_PER_SLICE;
    private long visitsOwed; // that earlier slices had no time for
    private boolean running;
    private ExpiryPass pass; // under way, or null
    private int lastId; // of the state that was begun last
    private long visited; // in the slice under way
    private long removed;
    private boolean ranOutOfTime; // the last slice
    private long[] slots = {}; // of the cursor of the pass under way, there is one at a time
    private byte[] keys = {}; // the same, of tables of fixed widths

    ExpiryCleaner(final StateStore store, final NanoClock nanoClock) {
        this.store = store;
        this.nanoClock = nanoClock;
    }

    ExpiryCounters counters() {
        return counters;
    }

    /** {@return whether what is being written are removals of what has expired} */
    boolean running() {
        return running;
    }

    /** For the cursor of the pass that begins; of the one before nothing is used any more. */
    long[] slots() {
        if (slots.length == 0) {
            slots = new long[RecordTableCursor.SLOTS];
        }
        return slots;
    }

    /** As {@link #slots}, of that length at least. */
    byte[] keys(final int length) {
        if (keys.length < length) {
            keys = new byte[length];
        }
        return keys;
    }

    /** Time of a slice; 0 = none without being asked. */
    void budgetNs(final long value) {
        budgetNs = value;
    }

    /** A value with a time to live was written. */
    void wrote() {
        store.expiryClock().recordDue();
        if (budgetNs > 0 && ++writes >= writesPerSlice) {
            store.requestDuty();
        }
    }

    /** A slice, if one is due; between two operations, outside of batches and walks. */
    void runDue() {
        if (writes >= writesPerSlice && !running) {
            final long visits = Math.min(VISITS_OWED_MAX, visitsOwed + (long) writes * VISITS_PER_WRITE);
            runUnasked(visits);
            final boolean late = ranOutOfTime && visited < visits;
            visitsOwed = late ? visits - visited : 0;
            writesPerSlice = late ? Math.max(WRITES_PER_SLICE_MIN, writesPerSlice / 2) : WRITES_PER_SLICE;
        }
    }

    /** A slice for a writer that has nothing to write. */
    void runIdle() {
        store.expiryClock().nowMs();
        store.expiryClock().recordDue();
        runUnasked(Long.MAX_VALUE);
    }

    /** Not while pages load: it would touch them all, in the time of the writer. Nor after a possible jump. */
    private void runUnasked(final long visits) {
        writes = 0;
        ranOutOfTime = false;
        if (running
                || budgetNs == 0
                || store.memory().hydrating()
                || store.expiryClock().lagMs() >= ExpiryClock.DOUBTFUL_LAG_MS) {
            return;
        }
        try {
            slice(visits, budgetNs, false);
        } catch (final StateStoreException e) {
            if (store.failure() != null || store.closed()) { // closed: the caller has departed, its memory may be gone
                throw e;
            }
            // No memory, or a page that cannot be read: whoever needs it is told. This was not asked for.
        }
    }

    /**
     * Removes until the budget is spent, or every state was walked over.
     *
     * @return how many were removed
     */
    long clean(final long timeNs) {
        if (timeNs < 0) {
            throw new ConfigurationException("budget is negative: budgetNs=" + timeNs);
        }
        final long count = running ? 0 : slice(Long.MAX_VALUE, timeNs, true);
        store.expiryClock().recordDue();
        return count;
    }

    private long slice(final long visits, final long timeNs, final boolean asked) {
        running = true;
        final long startNs = nanoClock.nanoTime();
        visited = 0;
        removed = 0;
        try {
            if (pass != null && store.registry().ofIdOrNull(pass.state.id) != pass.state) {
                pass = null; // the state was dropped, and its table with it
            }
            int statesLeft = asked ? expiringStates() : Integer.MAX_VALUE;
            ranOutOfTime = false;
            while (!ranOutOfTime && visited < visits) {
                if (pass == null && (statesLeft-- == 0 || !beginPass(asked))) {
                    break;
                }
                ranOutOfTime = step() && nanoClock.nanoTime() - startNs >= timeNs;
            }
            return removed;
        } catch (final StateStoreException e) {
            giveUp();
            throw e;
        } finally {
            running = false;
            if (visited > 0) {
                counters.slice(visited, removed, nanoClock.nanoTime() - startNs);
            }
        }
    }

    /** One step of the pass. Returns whether it is time to look at the clock. */
    private boolean step() {
        if (!pass.timestamps.expiring()) {
            giveUp();
            return true;
        }
        final long removedBefore = pass.removedCount();
        if (!pass.step()) {
            pass.state.expiry.nextPassMs(pass.nextPassMs());
            pass = null;
            counters.pass();
            return true;
        }
        visited++;
        removed += pass.removedCount() - removedBefore;
        return visited % VISITS_PER_LOOK == 0 || pass.removedCount() != removedBefore;
    }

    /** The time has gone back: something may have expired, or have been written, by another one. */
    void lookAgain() {
        giveUp();
        for (int id = 1; id < store.registry().idLimit(); id++) {
            final KeyedState state = store.registry().ofIdOrNull(id);
            if (state != null) {
                state.expiry.nextPassMs(Long.MIN_VALUE);
            }
        }
    }

    private void giveUp() {
        if (pass != null) {
            pass.close();
            pass = null;
        }
    }

    /** Begins with the next state that has something to look for; false when there is none. */
    private boolean beginPass(final boolean asked) {
        final int limit = store.registry().idLimit();
        for (int count = 0; count < limit; count++) {
            lastId = lastId + 1 < limit ? lastId + 1 : 1;
            final KeyedState state = store.registry().ofIdOrNull(lastId);
            if (state != null
                    && state.expiry.isOn()
                    && (asked
                            || state.expiry.nextPassMs() <= store.expiryClock().nowMs())) {
                pass = state.expiryPass();
                return true;
            }
        }
        return false;
    }

    private int expiringStates() {
        int count = 0;
        for (int id = 1; id < store.registry().idLimit(); id++) {
            final KeyedState state = store.registry().ofIdOrNull(id);
            count += state != null && state.expiry.isOn() ? 1 : 0;
        }
        return count;
    }
}

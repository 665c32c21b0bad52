/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.checkpoint.ChangeListener;
import io.quire.checkpoint.ChangeSubscription;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.log.LogHold;
import io.quire.store.catalog.StateDescriptor;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;

/**
 * A subscription to all changes of a store from now on, in the same process, whose listener reads a word of each
 * value. The log is held for it.
 *
 * <p>Threading: confined to the thread that made it, but for the listener.
 */
final class LogSubscriber implements AutoCloseable {
    private static final long PAUSE_NS = 100_000L;

    private final DurableStateStore store;
    private final LogHold hold;
    private final ChangeSubscription subscription;
    private final long firstPosition;
    private volatile long sum; // so that reading is not for nothing

    LogSubscriber(final DurableStateStore store) {
        this.store = store;
        firstPosition = store.appliedPosition();
        hold = store.holdLog(firstPosition);
        subscription = store.subscribe(firstPosition, new Listener());
    }

    private final class Listener implements ChangeListener {
        private long words;

        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            words += value == null ? 1 : value.getLong(0);
        }

        @Override
        public void onGroupEnd(final long position) {
            sum = words;
        }
    }

    /** Waits until all that was written has been handed over, and lets the log go up to there. */
    void catchUp(final long limitNs) {
        final long end = store.appliedPosition();
        final long startNs = System.nanoTime();
        while (subscription.isRunning() && subscription.position() < end && System.nanoTime() - startNs < limitNs) {
            LockSupport.parkNanos(PAUSE_NS);
        }
        hold.moveTo(subscription.position());
    }

    long changeCount() {
        return subscription.changeCount();
    }

    /** Fails when changes were not handed over. */
    void check() {
        if (!subscription.isRunning()) {
            throw new IllegalStateException("the subscription has ended", subscription.failure());
        }
        if (store.appliedPosition() > firstPosition && changeCount() == 0) {
            throw new IllegalStateException("the subscriber was handed nothing: sum=" + sum);
        }
    }

    @Override
    public void close() {
        subscription.close();
        hold.close();
    }
}

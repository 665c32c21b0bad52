/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.errors.StoreClosedException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The subscriptions of an open store that are running.
 *
 * <p>Threading: thread-safe.
 */
final class ChangeSubscriptions {
    private final Set<ChangeSubscription> running = ConcurrentHashMap.newKeySet();
    private final Consumer<Thread> threadStarter;
    private volatile boolean closed;

    ChangeSubscriptions(final Consumer<Thread> threadStarter) {
        this.threadStarter = threadStarter;
    }

    /** Starts a subscription, or throws what keeps it from its position. */
    ChangeSubscription start(final ChangeSubscription subscription) {
        running.add(subscription);
        boolean started = false;
        try {
            if (closed) { // looked at after adding: closing sees it, or this sees the closing
                throw new StoreClosedException("the store is closed");
            }
            subscription.start(threadStarter);
            started = true;
            return subscription;
        } finally {
            if (!started) {
                running.remove(subscription); // there may have been no thread to do it
            }
        }
    }

    void ended(final ChangeSubscription subscription) {
        running.remove(subscription);
    }

    int count() {
        return running.size();
    }

    /** Position that the slowest has reached, or the end of the log. */
    long oldestPosition(final long endPosition) {
        return running.stream().mapToLong(ChangeSubscription::position).min().orElse(endPosition);
    }

    /** Ends all, and refuses further ones. */
    void close() {
        closed = true;
        running.forEach(ChangeSubscription::close);
    }
}

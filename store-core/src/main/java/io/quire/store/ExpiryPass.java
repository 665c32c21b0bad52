/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One walk over all entries of a state, step by step with writes in between, that removes those that have expired.
 *
 * <p>Threading: confined to the store's writer, outside of batches and walks.
 */
abstract class ExpiryPass {
    static final long AT = RawMemory.ARRAY_OFFSET;

    final KeyedState state;
    final Timestamps timestamps;
    final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    byte[] key = new byte[64]; // of what is removed: the record's own bytes go with it
    private final long startMs;
    private long oldestMs;
    private long removedCount;

    ExpiryPass(final KeyedState state) {
        this.state = state;
        timestamps = state.expiry.timestamps();
        startMs = timestamps.nowMs();
        oldestMs = startMs; // what is written during the pass is no older
    }

    /**
     * Looks at what comes next: an entry, or the first elements of a list.
     *
     * @return false when there is nothing more
     */
    abstract boolean step();

    /** Ends the pass before its end; a second call does nothing. */
    abstract void close();

    /** Whether what stands in memory has expired; otherwise its age counts for the next pass. */
    final boolean isExpired(final long pointer, final int length) {
        view.wrap(pointer, length);
        final long timestampMs = timestamps.timestampOf(view, 0, length);
        if (timestamps.rule().expired(timestampMs, timestamps.nowMs())) {
            return true;
        }
        oldestMs = Math.min(oldestMs, timestampMs);
        return false;
    }

    /** Something has expired and must stay for now. */
    final void leave() {
        oldestMs = Long.MIN_VALUE;
    }

    final void copyKey(final long pointer, final int length) {
        if (key.length < length) {
            key = new byte[Math.max(length, 2 * key.length)];
        }
        RawMemory.copy(null, pointer, key, AT, length);
    }

    final void removed(final long count) {
        removedCount += count;
    }

    long removedCount() {
        return removedCount;
    }

    /**
     * When the next entry may expire, but no sooner than an eighth of the time to live after the beginning: a pass
     * looks at everything, and should find something.
     */
    long nextPassMs() {
        final long ttlMs = timestamps.rule().ttlMs();
        return Math.max(sum(oldestMs, ttlMs), sum(startMs, Math.max(1, ttlMs / 8)));
    }

    private static long sum(final long timeMs, final long durationMs) {
        return timeMs > Long.MAX_VALUE - durationMs ? Long.MAX_VALUE : timeMs + durationMs;
    }
}

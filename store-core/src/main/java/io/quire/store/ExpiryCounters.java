/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the removal of expired entries has done since the store was opened. Numbers only grow.
 *
 * <p>Threading: thread-safe; written by the store's writer.
 */
public final class ExpiryCounters {
    private final AtomicLong visited = new AtomicLong();
    private final AtomicLong removed = new AtomicLong();
    private final AtomicLong passes = new AtomicLong();
    private final AtomicLong slices = new AtomicLong();
    private final AtomicLong sliceNsTotal = new AtomicLong();
    private final AtomicLong sliceNsMax = new AtomicLong();

    ExpiryCounters() {}

    /** {@return entries looked at; a list counts as one for every 256 elements removed, and one} */
    public long visited() {
        return visited.get();
    }

    /** {@return entries and elements removed} */
    public long removed() {
        return removed.get();
    }

    /** {@return complete walks over a state} */
    public long passes() {
        return passes.get();
    }

    /** {@return times that the writer has spent a budget, or a part of one} */
    public long slices() {
        return slices.get();
    }

    /** {@return nanoseconds spent} */
    public long sliceNsTotal() {
        return sliceNsTotal.get();
    }

    /** {@return nanoseconds of the longest slice} */
    public long sliceNsMax() {
        return sliceNsMax.get();
    }

    void pass() {
        add(passes, 1);
    }

    void slice(final long visitedCount, final long removedCount, final long durationNs) {
        add(visited, visitedCount);
        add(removed, removedCount);
        add(slices, 1);
        add(sliceNsTotal, durationNs);
        sliceNsMax.lazySet(Math.max(sliceNsMax.get(), durationNs));
    }

    /** By one thread at a time. */
    private static void add(final AtomicLong counter, final long delta) {
        counter.lazySet(counter.get() + delta);
    }

    @Override
    public String toString() {
        return "visited=" + visited + " removed=" + removed + " passes=" + passes + " slices=" + slices
                + " sliceNsTotal=" + sliceNsTotal + " sliceNsMax=" + sliceNsMax;
    }
}

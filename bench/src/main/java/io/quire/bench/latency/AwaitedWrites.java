/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.table.WriteAcknowledgements;

/**
 * Writes that were handed over and are not acknowledged yet, oldest first, and when each was due.
 *
 * <p>The writer itself looks how far acknowledgements are, after each write and while it waits for the next one to be
 * due: another thread would need a core that the contestant's own threads are measured on. What has been acknowledged
 * is given out a few writes at a time, with the time at which that was seen, so that a group of a hundred thousand does
 * not keep the writer. A pause of the writer's counts as a later acknowledgement, never as an earlier one.
 *
 * <p>Threading: confined to the worker thread.
 */
final class AwaitedWrites {
    private static final int WRITE_COUNT_MAX = 1 << 20;
    private static final int SIGHTING_COUNT_MAX = 1 << 16;

    private final long[] positions = new long[WRITE_COUNT_MAX];
    private final long[] dueNs = new long[WRITE_COUNT_MAX];
    private final long[] seenPositions = new long[SIGHTING_COUNT_MAX];
    private final long[] seenNs = new long[SIGHTING_COUNT_MAX];
    private long firstWrite;
    private long nextWrite;
    private long firstSighting;
    private long nextSighting;
    private long seenPosition;
    private WriteAcknowledgements source;

    /** Takes a write that was acknowledged. */
    @FunctionalInterface
    interface Acknowledged {
        /**
         * A write was acknowledged.
         *
         * @param dueNs when it was due
         * @param acknowledgedNs when its acknowledgement was seen
         */
        void onAcknowledged(long dueNs, long acknowledgedNs);
    }

    /** Begins with the writes of a table, of which none is noted yet. */
    void begin(final WriteAcknowledgements acknowledgements) {
        source = acknowledgements;
        seenPosition = source.acknowledgedPosition();
    }

    /** Notes the write that was handed over just now. */
    void add(final long writeDueNs) {
        if (nextWrite - firstWrite == WRITE_COUNT_MAX) {
            throw new IllegalStateException("too many writes are not acknowledged: count=" + WRITE_COUNT_MAX);
        }
        final int index = (int) (nextWrite++ & (WRITE_COUNT_MAX - 1));
        positions[index] = source.writtenPosition();
        dueNs[index] = writeDueNs;
    }

    /** Looks how far acknowledgements are by now. */
    void look() {
        final long position = source.acknowledgedPosition();
        if (position > seenPosition && nextSighting - firstSighting < SIGHTING_COUNT_MAX) {
            seenPosition = position;
            final int index = (int) (nextSighting++ & (SIGHTING_COUNT_MAX - 1));
            seenPositions[index] = position;
            seenNs[index] = System.nanoTime(); // read later, so that it is not before the acknowledgement
        }
    }

    /**
     * Gives out writes that were seen to be acknowledged.
     *
     * @param countMax how many at most
     * @param consumer takes them, oldest first
     */
    void take(final int countMax, final Acknowledged consumer) {
        int count = 0;
        while (firstSighting < nextSighting && count < countMax) {
            final int sighting = (int) (firstSighting & (SIGHTING_COUNT_MAX - 1));
            final int write = (int) (firstWrite & (WRITE_COUNT_MAX - 1));
            if (firstWrite < nextWrite && positions[write] <= seenPositions[sighting]) {
                firstWrite++;
                count++;
                consumer.onAcknowledged(dueNs[write], seenNs[sighting]);
            } else {
                firstSighting++;
            }
        }
    }

    /** {@return whether any write was not given out yet} */
    boolean isAnyLeft() {
        return firstWrite < nextWrite;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import io.quire.bench.table.KeyedTable;
import java.util.SplittableRandom;

/**
 * Runs works on one table: makes the keys of a slice untimed, times the loop over them, and goes on to the next slice.
 * The same sequence seed gives the same keys in every contestant.
 *
 * <p>Threading: confined to one thread.
 */
public final class WorkRunner {
    /** Operations whose keys are made at a time. */
    public static final int SLICE_COUNT = 1 << 18;

    private static final int MIXED_95_PERIOD = 20;
    private static final long SLICE_SEED_STEP = 0x9E37_79B9_7F4A_7C15L;

    private final KeyedTable table;
    private final KeySpace keySpace;
    private final KeyDistribution distribution;
    private final AllocationMeter meter = new AllocationMeter();
    private final long[] keys = new long[SLICE_COUNT];
    private final long[] otherKeys = new long[SLICE_COUNT];
    private final boolean[] writes = new boolean[SLICE_COUNT];
    private final int insertSliceCount;
    private long putCount;

    /**
     * Makes a runner.
     *
     * @param table to run on
     * @param keySpace which keys are in it
     * @param distribution which of them are used how often
     * @param spareEntryCount how many entries may be added at a time
     */
    public WorkRunner(
            final KeyedTable table,
            final KeySpace keySpace,
            final KeyDistribution distribution,
            final int spareEntryCount) {
        this.table = table;
        insertSliceCount = Math.max(1, Math.min(SLICE_COUNT, spareEntryCount));
        this.keySpace = keySpace;
        this.distribution = distribution;
    }

    /**
     * Puts every entry of the key space into the empty table.
     *
     * @return what it took
     */
    public WorkSample load() {
        final Timed timed = new Timed();
        final int entryCount = keySpace.entryCount();
        for (int from = 0; from < entryCount; from += SLICE_COUNT) {
            final int count = Math.min(SLICE_COUNT, entryCount - from);
            for (int i = 0; i < count; i++) {
                keys[i] = keySpace.presentKey(from + i);
            }
            timed.start();
            final long digest = WorkLoops.put(table, keys, count, from);
            timed.stop(count, digest);
        }
        putCount += entryCount;
        return timed.sample();
    }

    /**
     * Runs a work; {@link Work#LOAD} has its own method, and a scan reads the table at least once, however many
     * operations are asked for.
     *
     * @param work what to do
     * @param operationCount how often, greater than 0
     * @param sequenceSeed which keys
     * @return what it took
     */
    public WorkSample run(final Work work, final long operationCount, final long sequenceSeed) {
        if (work == Work.LOAD) {
            throw new IllegalArgumentException("load has its own method");
        }
        final Timed timed = new Timed();
        long done = 0;
        long sliceSeed = sequenceSeed;
        while (done < operationCount) {
            final int sliceCount = work == Work.INSERT ? insertSliceCount : SLICE_COUNT;
            final int count = (int) Math.min(sliceCount, operationCount - done);
            if (work == Work.SCAN) {
                scan(timed);
                done += keySpace.entryCount();
            } else {
                prepare(work, count, sliceSeed);
                timed.start();
                final long digest = loop(work, count);
                timed.stop(count, digest);
                undo(work, count);
                done += count;
            }
            sliceSeed += SLICE_SEED_STEP;
        }
        return timed.sample();
    }

    private void scan(final Timed timed) {
        timed.start();
        final long digest = table.scan();
        timed.stop(keySpace.entryCount(), digest);
    }

    private void prepare(final Work work, final int count, final long seed) {
        if (work == Work.MISS) {
            final SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < count; i++) {
                keys[i] = KeySpace.absentKeyOf(random.nextLong(1L << 40));
            }
        } else if (work == Work.INSERT) {
            for (int i = 0; i < count; i++) {
                keys[i] = keySpace.freshKey();
            }
        } else {
            preparePresent(work, count, seed);
        }
    }

    private void preparePresent(final Work work, final int count, final long seed) {
        final KeyDistribution.Slots slots = distribution.slots(keySpace.entryCount(), seed);
        for (int i = 0; i < count; i++) {
            final int slot = slots.next();
            keys[i] = keySpace.presentKey(slot);
            if (work == Work.REMOVE_INSERT) {
                otherKeys[i] = keySpace.replace(slot);
            }
        }
        if (work == Work.MIXED_50 || work == Work.MIXED_95) {
            final int period = work == Work.MIXED_50 ? 2 : MIXED_95_PERIOD;
            final SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < count; i++) {
                writes[i] = random.nextInt(period) == 0;
            }
        }
    }

    private long loop(final Work work, final int count) {
        final long seed = putCount;
        putCount += count;
        return switch (work) {
            case GET -> WorkLoops.get(table, keys, count);
            case MISS -> WorkLoops.miss(table, keys, count);
            case PUT, INSERT -> WorkLoops.put(table, keys, count, seed);
            case RMW -> WorkLoops.addAndGet(table, keys, count);
            case REMOVE_INSERT -> WorkLoops.removeAndPut(table, keys, otherKeys, count, seed);
            case MIXED_50, MIXED_95 -> WorkLoops.mixed(table, keys, writes, count, seed);
            case LOAD, SCAN -> throw new IllegalArgumentException("no slices: " + work);
        };
    }

    private void undo(final Work work, final int count) {
        if (work == Work.INSERT) {
            WorkLoops.remove(table, keys, count);
        }
    }

    /** Sums up the timed parts of a run. */
    private final class Timed {
        private final long collectionMsBefore = meter.collectionMs();
        private long operationCount;
        private long durationNs;
        private long allocatedBytes;
        private long digest;
        private long startBytes;
        private long startNs;

        void start() {
            startBytes = meter.allocatedBytes();
            startNs = System.nanoTime();
        }

        void stop(final long count, final long partDigest) {
            durationNs += System.nanoTime() - startNs;
            allocatedBytes += meter.allocatedBytes() - startBytes;
            operationCount += count;
            digest += partDigest;
        }

        WorkSample sample() {
            return new WorkSample(
                    operationCount, durationNs, allocatedBytes, meter.collectionMs() - collectionMsBefore, digest);
        }
    }
}

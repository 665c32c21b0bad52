/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.work;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.TableShape;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/**
 * Runs works on one table: makes the keys of a slice untimed, times the loop over them, checks untimed what it returned
 * and did, and goes on to the next slice. The same sequence seed gives the same keys in every contestant.
 *
 * <p>What is checked, since the table was loaded: the sum of the results of every get, add and scan; and after writes a
 * sample of the entries. A contestant that leaves out work fails.
 *
 * <p>Threading: confined to one thread.
 */
public final class WorkRunner {
    /** Operations whose keys are made at a time. */
    public static final int SLICE_COUNT = 1 << 18;

    private static final int MIXED_95_PERIOD = 20;
    private static final int SAMPLE_COUNT = 256;
    private static final long SLICE_SEED_STEP = 0x9E37_79B9_7F4A_7C15L;

    private final KeyedTable table;
    private final TableShape shape;
    private final KeySpace keySpace;
    private final KeyDistribution distribution;
    private final AllocationMeter meter = new AllocationMeter();
    private final long[] keys = new long[SLICE_COUNT];
    private final long[] otherKeys = new long[SLICE_COUNT];
    private final int[] slotOf = new int[SLICE_COUNT];
    private final boolean[] writes = new boolean[SLICE_COUNT];
    private final int insertSliceCount;
    private ValueLedger ledger;
    private long putCount;

    /**
     * Makes a runner.
     *
     * @param table to run on
     * @param shape of its keys and values
     * @param keySpace which keys are in it
     * @param distribution which of them are used how often
     * @param spareEntryCount how many entries may be added at a time
     */
    public WorkRunner(
            final KeyedTable table,
            final TableShape shape,
            final KeySpace keySpace,
            final KeyDistribution distribution,
            final int spareEntryCount) {
        this.table = table;
        this.shape = shape;
        insertSliceCount = Math.max(1, Math.min(SLICE_COUNT, spareEntryCount));
        this.keySpace = keySpace;
        this.distribution = distribution;
    }

    /**
     * Tells what a runner takes on the heap beside its contestant.
     *
     * @param entryCount entries
     * @return bytes
     */
    public static long heapLength(final long entryCount) {
        return entryCount * (KeySpace.SLOT_LENGTH + ValueLedger.SLOT_LENGTH);
    }

    /**
     * Tells what the notes about the values that were loaded take on the heap.
     *
     * @return bytes, 0 when there are none
     */
    public long ledgerLength() {
        return ledger == null ? 0 : (long) keySpace.entryCount() * ValueLedger.SLOT_LENGTH;
    }

    /** Forgets what values must be, because somebody else has changed them: from now on only presence is checked. */
    public void forget() {
        ledger = null;
    }

    /**
     * Puts every entry of the key space into the empty table.
     *
     * @param checked whether it is looked at whether they are there, and from now on what every work returns
     * @return what it took
     */
    public WorkSample load(final boolean checked) {
        final Timed timed = new Timed();
        final int entryCount = keySpace.entryCount();
        ledger = new ValueLedger(shape, entryCount);
        for (int from = 0; from < entryCount; from += SLICE_COUNT) {
            final int count = Math.min(SLICE_COUNT, entryCount - from);
            for (int i = 0; i < count; i++) {
                keys[i] = keySpace.presentKey(from + i);
                ledger.put(from + i, from + i);
            }
            timed.start();
            final long digest = WorkLoops.put(table, keys, count, from);
            timed.stop(count, digest);
        }
        putCount += entryCount;
        if (checked) {
            sample(entryCount, this::checkSlot);
        } else {
            forget();
        }
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
                final long valueSeed = putCount;
                timed.start();
                final long digest = loop(work, count);
                timed.stop(count, digest);
                if (ledger != null) {
                    check(work, count, valueSeed, digest);
                }
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
        if (ledger != null) {
            ValueLedger.check("sum of a scan", digest, ledger.expectedOfAll());
        }
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
            slotOf[i] = slot;
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

    /** Does in the ledger what the slice did to the table, and compares. */
    private void check(final Work work, final int count, final long valueSeed, final long digest) {
        switch (work) {
            case PUT -> replayPuts(count, valueSeed);
            case INSERT -> checkInserted(count, valueSeed);
            case REMOVE_INSERT -> {
                replayPuts(count, valueSeed);
                sample(count, i -> ValueLedger.check("removed entry", table.get(keys[i]), KeyedTable.MISSING));
            }
            case GET, RMW, MIXED_50, MIXED_95 -> {
                ValueLedger.check("sum of " + work.code(), digest, replay(work, count, valueSeed));
                sample(count, i -> checkSlot(slotOf[i]));
            }
            default -> {
                // MISS: its loop has counted.
            }
        }
    }

    private void replayPuts(final int count, final long valueSeed) {
        for (int i = 0; i < count; i++) {
            ledger.put(slotOf[i], valueSeed + i);
        }
        sample(count, i -> checkSlot(slotOf[i]));
    }

    private void checkInserted(final int count, final long valueSeed) {
        sample(count, i -> ValueLedger.check("inserted entry", table.get(keys[i]), ledger.expectedOf(valueSeed + i)));
    }

    /** Returns what the loop must have returned. */
    private long replay(final Work work, final int count, final long valueSeed) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            if (work == Work.RMW) {
                sum += ledger.addOne(slotOf[i]);
            } else if (work == Work.GET || !writes[i]) {
                sum += ledger.expected(slotOf[i]);
            } else {
                ledger.put(slotOf[i], valueSeed + i);
            }
        }
        return sum;
    }

    private void checkSlot(final int slot) {
        ValueLedger.check("entry", table.get(keySpace.presentKey(slot)), ledger.expected(slot));
    }

    private static void sample(final int count, final IntConsumer each) {
        final int step = Math.max(1, count / SAMPLE_COUNT);
        for (int i = 0; i < count; i += step) {
            each.accept(i);
        }
    }

    private void undo(final Work work, final int count) {
        if (work == Work.INSERT) {
            WorkLoops.remove(table, keys, count);
            sample(count, i -> ValueLedger.check("removed entry", table.get(keys[i]), KeyedTable.MISSING));
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

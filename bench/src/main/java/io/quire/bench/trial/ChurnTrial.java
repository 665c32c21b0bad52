/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.work.AllocationMeter;
import io.quire.bench.work.KeySpace;
import io.quire.store.table.TableStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;

/**
 * A table at constant size whose entries are replaced, one picked at random after the other: pace and memory, slice by
 * slice. At the end every entry is read and the table checked.
 *
 * <p>Threading: confined to the worker thread.
 */
final class ChurnTrial {
    private static final long SEED = 0x6368_7572_6EL;
    private static final int SLICES_MAX = 100;
    private static final int CHUNK = 1 << 16;

    private final TableKind kind;
    private final CorePinning pinning;
    private final int entryCount;
    private final int turnovers;
    private final KeySpace keys;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final AllocationMeter meter = new AllocationMeter();
    // Made before the clock starts.
    private final long[] removed = new long[CHUNK];
    private final long[] inserted = new long[CHUNK];
    private final List<Message> rows = new ArrayList<>();

    ChurnTrial(final TableKind kind, final int entryCount, final int turnovers, final CorePinning pinning) {
        this.pinning = pinning;
        this.kind = kind;
        this.entryCount = entryCount;
        this.turnovers = turnovers;
        keys = new KeySpace(entryCount);
    }

    /**
     * Runs the trial.
     *
     * @param progress is told of turnovers
     * @return a row for the full table and one for each slice
     * @throws IllegalStateException when an entry is missing or wrong
     */
    List<Message> run(final ScratchDirectory scratch, final DoubleConsumer progress) {
        try (TrialStore store = new TrialStore(scratch, "churn", kind, pinning)) {
            final TrialTable table = store.table();
            final long startNs = System.nanoTime();
            for (int i = 0; i < entryCount; i++) {
                table.put(keys.presentKey(i));
            }
            row(store, 0, (double) (System.nanoTime() - startNs) / entryCount, 0);
            for (int done = 0; done < turnovers; ) {
                final int slice = Math.min(turnovers - done, (turnovers + SLICES_MAX - 1) / SLICES_MAX);
                done += slice;
                slice(store, slice, done);
                progress.accept(slice);
            }
            check(table);
        }
        return rows;
    }

    private void slice(final TrialStore store, final int sliceTurnovers, final int turnoversDone) {
        final TrialTable table = store.table();
        final long pairCount = (long) sliceTurnovers * entryCount;
        final long allocatedBefore = meter.allocatedBytes();
        long durationNs = 0;
        for (long left = pairCount; left > 0; left -= CHUNK) {
            final int count = (int) Math.min(CHUNK, left);
            for (int i = 0; i < count; i++) {
                final int slot = random.nextInt(entryCount);
                removed[i] = keys.presentKey(slot);
                inserted[i] = keys.replace(slot);
            }
            final long startNs = System.nanoTime();
            for (int i = 0; i < count; i++) {
                table.remove(removed[i]);
                table.put(inserted[i]);
            }
            durationNs += System.nanoTime() - startNs;
        }
        row(store, turnoversDone, (double) durationNs / pairCount, meter.allocatedBytes() - allocatedBefore);
    }

    private void row(final TrialStore store, final int done, final double nsPerPair, final long heapBytes) {
        final TableStatistics statistics = store.table().statistics();
        rows.add(new Message()
                .with("kind", kind.code())
                .with("turnovers", done)
                .with("nsPerPair", nsPerPair)
                .with("extents", statistics.extentCount())
                .with("segments", statistics.segmentCount())
                .with("directoryNodes", statistics.directoryNodeCount())
                .with("bytesPerEntry", statistics.bytesPerEntry())
                .with("freeShare", statistics.freeShare())
                .with("backedBytes", store.backedLength())
                .with("heapBytes", heapBytes));
    }

    private void check(final TrialTable table) {
        if (table.size() != entryCount) {
            throw new IllegalStateException("entries: found=" + table.size() + " expected=" + entryCount);
        }
        for (int i = 0; i < entryCount; i++) {
            if (!table.get(keys.presentKey(i))) {
                throw new IllegalStateException("an entry is missing: key=" + keys.presentKey(i));
            }
        }
        table.checkInvariants();
    }
}

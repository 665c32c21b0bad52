/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.work.KeySpace;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;

/**
 * A writer in slices that take turns: alone, beside a thread that reads the table it writes, and beside one that reads
 * another table of the same kind and size, which nobody writes: what that one costs is the memory's, not the readers'.
 *
 * <p>Threading: confined to the worker thread.
 */
final class ReadersTrial {
    private static final long SEED = 0x7265_6164L;
    private static final int KEY_COUNT = 1 << 20;
    private static final int CALIBRATION_COUNT = 1 << 18;

    private final TableKind kind;
    private final int entryCount;
    private final int roundCount;
    private final long sliceNs;
    private final CorePinning pinning;
    private final long[] writtenKeys;
    private final long[] readKeys;
    private final List<Message> rows = new ArrayList<>();
    private int nextKey;

    /** What the writer does. */
    private enum WriterWork {
        /** Overwrites an entry. */
        PUT,
        /** Removes an entry and puts it again. */
        REMOVE_INSERT;

        String code() {
            return this == PUT ? "put" : "remove-insert";
        }
    }

    /** Who is there beside the writer. */
    private enum Company {
        ALONE("alone"),
        READER("reader"),
        OTHER_TABLE("other-table");

        private final String code;

        Company(final String code) {
            this.code = code;
        }
    }

    ReadersTrial(final TablesPlan plan, final TableKind kind, final CorePinning pinning) {
        this.kind = kind;
        this.pinning = pinning;
        entryCount = plan.entryCount();
        roundCount = plan.roundCount();
        sliceNs = plan.sliceNs();
        final SplittableRandom random = new SplittableRandom(SEED);
        writtenKeys = randomKeys(random);
        readKeys = randomKeys(random);
    }

    private long[] randomKeys(final SplittableRandom random) {
        final long[] keys = new long[KEY_COUNT];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = KeySpace.keyOf(random.nextInt(entryCount));
        }
        return keys;
    }

    /**
     * Runs the trial.
     *
     * @param progress is told of rounds
     * @return a row for each slice
     * @throws IllegalStateException when a reader has found a wrong value
     */
    List<Message> run(final ScratchDirectory scratch, final DoubleConsumer progress) {
        try (TrialStore store = new TrialStore(scratch, "readers", kind, pinning);
                TrialStore other = new TrialStore(scratch, "readers-other", kind, pinning)) {
            for (int i = 0; i < entryCount; i++) {
                store.table().put(KeySpace.keyOf(i));
                other.table().put(KeySpace.keyOf(i));
            }
            for (final WriterWork work : WriterWork.values()) {
                write(store.table(), work, CALIBRATION_COUNT);
                final long durationNs = Math.max(1, write(store.table(), work, CALIBRATION_COUNT));
                final long operationCount = Math.max(1, sliceNs * CALIBRATION_COUNT / durationNs);
                for (int round = 0; round <= roundCount; round++) { // the first one warms up
                    for (final Company company : Company.values()) {
                        final Message row = slice(store, other, work, company, operationCount);
                        if (round > 0) {
                            rows.add(row.with("round", round));
                        }
                    }
                    progress.accept(1);
                }
            }
        }
        return rows;
    }

    private Message slice(
            final TrialStore store,
            final TrialStore other,
            final WriterWork work,
            final Company company,
            final long operationCount) {
        final Message row = new Message()
                .with("kind", kind.code())
                .with("work", work.code())
                .with("company", company.code)
                .with("operations", operationCount);
        if (company == Company.ALONE) {
            final long durationNs = write(store.table(), work, operationCount);
            return row.with("nsPerOperation", (double) durationNs / operationCount)
                    .with("readNs", 0.0)
                    .with("foundShare", 0.0);
        }
        try (ReaderThread reader = new ReaderThread(company == Company.READER ? store : other, readKeys)) {
            reader.start();
            reader.awaitRunning(); // until it does, it has the name of this thread, which tells who gets which core
            if (pinning != null) {
                pinning.apply();
            }
            final long durationNs = write(store.table(), work, operationCount);
            reader.end();
            row.with("nsPerOperation", (double) durationNs / operationCount)
                    .with("readNs", reader.nsPerRead())
                    .with("foundShare", reader.foundShare());
        }
        return row;
    }

    /** {@return how long it took, in ns} */
    private long write(final TrialTable table, final WriterWork work, final long operationCount) {
        int at = nextKey;
        final long startNs = System.nanoTime();
        if (work == WriterWork.PUT) {
            for (long i = 0; i < operationCount; i++) {
                table.put(writtenKeys[at]);
                at = (at + 1) & (KEY_COUNT - 1);
            }
        } else {
            for (long i = 0; i < operationCount; i++) {
                table.remove(writtenKeys[at]);
                table.put(writtenKeys[at]);
                at = (at + 1) & (KEY_COUNT - 1);
            }
        }
        final long durationNs = System.nanoTime() - startNs;
        nextKey = at;
        return durationNs;
    }
}

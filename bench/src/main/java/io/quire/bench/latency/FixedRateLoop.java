/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.contestant.Message;
import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.WriteAcknowledgements;
import io.quire.bench.work.Work;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/**
 * One pass of a {@link FixedRateRun}.
 *
 * <p>Threading: confined to the worker thread.
 */
final class FixedRateLoop {
    private static final long INTERVAL_NS = 100_000_000L;
    private static final long LATENCY_MAX_NS = 60_000_000_000L;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final double MS_NS = 1_000_000.0;
    private static final int OVERRUN_FACTOR = 3;
    private static final long BUSY_PAUSE_NS = 1_000_000L;
    private static final int TAKEN_WITH_EACH = 2;

    private final FixedRateRun plan;
    private final Work work;
    private final long[] keys;
    private final long lengthNs;
    private final FixedRateRun.CheckpointTimes times;
    private final AwaitedWrites awaited;
    private final Histogram all = new Histogram(1, LATENCY_MAX_NS, 3);
    private final Histogram during = new Histogram(1, LATENCY_MAX_NS, 3);
    private final Histogram[] intervals;
    private final List<Message> checkpoints = new ArrayList<>();
    private final AwaitedWrites.Acknowledged record = this::record; // once: it is used with each operation
    private KeyedTable table;
    private boolean isAwaited; // not where a write is acknowledged by the return of its call
    private RunningCheckpoint checkpoint;
    private int checkpointCount;
    private long startNs;
    private long firstOperationNs;
    private long endNs;
    private long doneCount;
    private long digest;
    private boolean saturated;

    /** A checkpoint that was begun; its end is noted by whoever completes it. */
    private static final class RunningCheckpoint {
        private final long startNs;
        private final CompletableFuture<CheckpointCost> future;
        private volatile long endNs = Long.MAX_VALUE;

        RunningCheckpoint(final long startNs, final CompletableFuture<CheckpointCost> future) {
            this.startNs = startNs;
            this.future = future;
            final CompletableFuture<CheckpointCost> unused =
                    future.whenComplete((cost, failure) -> endNs = System.nanoTime());
        }
    }

    FixedRateLoop(
            final FixedRateRun plan,
            final long[] keys,
            final long lengthNs,
            final FixedRateRun.CheckpointTimes times,
            final AwaitedWrites awaited) {
        this.awaited = awaited;
        this.plan = plan;
        work = plan.work();
        this.keys = keys;
        this.lengthNs = lengthNs;
        this.times = times;
        intervals = new Histogram[(int) (lengthNs / INTERVAL_NS) + 1];
        for (int i = 0; i < intervals.length; i++) {
            intervals[i] = new Histogram(1, LATENCY_MAX_NS, 2);
        }
    }

    /** Does all operations; the first one is due at the start. Ends when the last write is acknowledged. */
    void run(final KeyedTable keyedTable, final long firstDueNs) {
        table = keyedTable;
        final WriteAcknowledgements source = table instanceof DurableTable durable ? durable.acknowledgements() : null;
        isAwaited = source != null && work != Work.GET;
        if (isAwaited) {
            awaited.begin(source);
        }
        startNs = firstDueNs;
        final boolean isPaced = plan.isPaced();
        final double nsEach = isPaced ? SECOND_NS / plan.operationsPerSecond() : 0;
        final long operationCount = isPaced ? (long) (lengthNs / nsEach) : Long.MAX_VALUE;
        final long lastNs = startNs + (isPaced ? OVERRUN_FACTOR * lengthNs : lengthNs);
        long nextCheckpointNs = times.countMax() == 0 ? Long.MAX_VALUE : startNs + times.firstNs();
        long nowNs = System.nanoTime();
        int keyIndex = 0;
        for (long i = 0; i < operationCount; i++) {
            final long dueNs = isPaced ? startNs + (long) (i * nsEach) : nowNs;
            nowNs = awaitDue(dueNs, nowNs);
            if (nowNs >= nextCheckpointNs) {
                nextCheckpointNs = takeCheckpoint(nowNs);
            }
            digest += operate(keys[keyIndex], i);
            keyIndex = keyIndex + 1 == keys.length ? 0 : keyIndex + 1;
            nowNs = System.nanoTime();
            done(dueNs, nowNs);
            if (nowNs > lastNs) {
                saturated = isPaced;
                break;
            }
        }
        endNs = awaitAcknowledged(nowNs);
        noteCheckpoint();
    }

    private long awaitDue(final long dueNs, final long fromNs) {
        long nowNs = fromNs;
        while (nowNs < dueNs) {
            Thread.onSpinWait();
            if (isAwaited) {
                noteAcknowledged(1);
            }
            nowNs = System.nanoTime();
        }
        return nowNs;
    }

    private void done(final long dueNs, final long nowNs) {
        if (isAwaited) {
            awaited.add(dueNs);
            noteAcknowledged(TAKEN_WITH_EACH);
        } else {
            record(dueNs, nowNs);
        }
    }

    private void noteAcknowledged(final int countMax) {
        awaited.look();
        awaited.take(countMax, record);
    }

    /** Waits until every write is acknowledged; they count as operations of the time until then. */
    private long awaitAcknowledged(final long fromNs) {
        if (!isAwaited) {
            return fromNs;
        }
        while (awaited.isAnyLeft()) {
            if (System.nanoTime() - fromNs > LATENCY_MAX_NS) {
                throw new IllegalStateException("writes were not acknowledged within a minute");
            }
            noteAcknowledged(Integer.MAX_VALUE);
        }
        return System.nanoTime();
    }

    private long operate(final long key, final long index) {
        return switch (work) {
            case GET -> table.get(key);
            case RMW -> table.addAndGet(key, 1);
            default -> {
                table.put(key, index);
                yield index;
            }
        };
    }

    private void record(final long dueNs, final long nowNs) {
        final long latencyNs = Math.max(1, Math.min(LATENCY_MAX_NS, nowNs - dueNs));
        all.recordValue(latencyNs);
        // It ends after the start of the checkpoint: the two overlap when it was due before the checkpoint's end.
        if (checkpoint != null && dueNs < checkpoint.endNs) {
            during.recordValue(latencyNs);
        }
        if (doneCount == 0) {
            firstOperationNs = latencyNs;
        }
        final int interval = (int) Math.min(intervals.length - 1, (dueNs - startNs) / INTERVAL_NS);
        intervals[interval].recordValue(latencyNs);
        doneCount++;
    }

    /** Starts a checkpoint unless the one before still runs, as a scheduler without overlap would. */
    private long takeCheckpoint(final long nowNs) {
        if (checkpoint != null && !checkpoint.future.isDone()) {
            return nowNs + BUSY_PAUSE_NS;
        }
        noteCheckpoint();
        checkpoint = new RunningCheckpoint(nowNs, ((DurableTable) table).checkpoint());
        checkpointCount++;
        return checkpointCount < times.countMax() ? nowNs + times.intervalNs() : Long.MAX_VALUE;
    }

    private void noteCheckpoint() {
        if (checkpoint == null) {
            return;
        }
        final CheckpointCost cost = checkpoint.future.join();
        checkpoints.add(new Message()
                .with("startMs", (checkpoint.startNs - startNs) / MS_NS)
                .with("durationMs", cost.durationNs() / MS_NS)
                .with("writerMs", cost.writerNs() / MS_NS)
                .with("fileBytes", cost.fileBytes()));
        checkpoint = null;
    }

    void writeLog() {
        try (PrintStream out = new PrintStream(plan.histogramLog().toString(), StandardCharsets.UTF_8)) {
            final HistogramLogWriter writer = new HistogramLogWriter(out);
            writer.outputComment("latencies in ns from the intended start; " + plan);
            writer.outputLegend();
            for (int i = 0; i < intervals.length; i++) {
                final double fromS = (double) i * INTERVAL_NS / SECOND_NS;
                final double toS = (double) (i + 1) * INTERVAL_NS / SECOND_NS;
                if (intervals[i].getTotalCount() > 0) {
                    writer.outputIntervalHistogram(fromS, toS, intervals[i], 1);
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Message answer() {
        final Message answer = new Message().with("operations", doneCount);
        if (plan.isPaced()) {
            answer.with("operationsPerSecond", plan.operationsPerSecond());
        }
        return answer.with("reachedPerSecond", doneCount * (double) SECOND_NS / Math.max(1, endNs - startNs))
                .with("saturated", saturated)
                .with("firstOperationMs", firstOperationNs / MS_NS)
                .with("percentilesUs", LatencyPercentiles.of(all).fields())
                .with("duringUs", LatencyPercentiles.of(during).fields())
                .with("checkpoints", checkpoints.stream().map(Message::fields).toList())
                .with("digest", digest);
    }
}

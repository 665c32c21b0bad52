/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.demo;

import io.quire.checkpoint.CheckpointInfo;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.cli.ExitCode;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.SingleWriterRecorder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The child JVM of the demo: opens the store, says how long that took and what it found, and writes until it is told
 * to end or is killed. It talks in lines on standard output and ends with its standard input, so that it never
 * outlives its parent.
 *
 * <p>Threading: the main thread is the store's writer; a second one sends figures, a third one reads commands.
 */
public final class DemoWriter {
    /** Longest time that is told apart, nanoseconds. */
    static final long LATENCY_MAX_NS = TimeUnit.MINUTES.toNanos(1);

    static final int LATENCY_DIGITS = 3;
    private static final long REPORT_PERIOD_MS = 250;
    private static final long PACE_PARK_NS = 20_000;
    /** How much of a delay is made up for by a faster pace. */
    private static final long PACE_LAG_MAX_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    private final DemoOperations operations;
    private final Acknowledgements acknowledgements;
    private final Path directory;
    private final long intervalNs;
    private final boolean keep;

    private final SingleWriterRecorder quietLatency = new SingleWriterRecorder(LATENCY_MAX_NS, LATENCY_DIGITS);
    private final SingleWriterRecorder checkpointLatency = new SingleWriterRecorder(LATENCY_MAX_NS, LATENCY_DIGITS);
    private final UnsafeBuffer recordKey = new UnsafeBuffer(new byte[Long.BYTES]);
    private final byte[] record = new byte[DemoOperations.RECORD_LENGTH];
    private final UnsafeBuffer recordBuffer = new UnsafeBuffer(record);

    private DurableStateStore store;
    private LongLongState counters;
    private BytesState records;
    private CompletableFuture<CheckpointInfo> running;
    private long checkpointStartNs;
    private boolean pacedCheckpoint; // every change in it was made at the lower rate
    private boolean pacedSinceCheckpoint;
    private long operationCount;
    private volatile boolean finish;
    private volatile long paceNs;
    private volatile boolean closed;

    private DemoWriter(
            final Path directory,
            final Acknowledgements acknowledgements,
            final DemoOperations operations,
            final long intervalNs,
            final boolean keep) {
        this.directory = directory;
        this.keep = keep;
        this.acknowledgements = acknowledgements;
        this.operations = operations;
        this.intervalNs = intervalNs;
    }

    /**
     * Runs the writer.
     *
     * @param arguments directory and acknowledgement file as URIs, seed, entries, checkpoint interval in nanoseconds,
     *     whether to keep the directory
     * @throws IOException when the acknowledgements cannot be mapped
     */
    public static void main(final String... arguments) throws IOException {
        final DemoWriter writer = new DemoWriter(
                Path.of(URI.create(arguments[0])),
                Acknowledgements.map(Path.of(URI.create(arguments[1]))),
                new DemoOperations(Long.parseLong(arguments[2]), Integer.parseInt(arguments[3])),
                Long.parseLong(arguments[4]),
                Boolean.parseBoolean(arguments[5]));
        int exitCode = ExitCode.OK;
        try {
            writer.run();
        } catch (final RuntimeException e) {
            writer.send("failed " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            e.printStackTrace();
            exitCode = ExitCode.STORE_ERROR;
        }
        System.exit(exitCode);
    }

    private void run() {
        final long openNs = System.nanoTime();
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .durability(Durability.PROCESS)
                .checkpointIntervalNs(0));
        counters = store.longLongState("counters");
        records = store.bytesState("records");
        final long found = counters.get(operations.counterKey(operations.entryCount() / 2), 0);
        final long firstReadNs = System.nanoTime() - openNs;
        send("opened " + firstReadNs + ' ' + store.recoveryReport().checkpointId() + ' '
                + store.recoveryReport().logRecordCount() + ' ' + found + ' '
                + store.recoveryReport().replayRecordsPerSecond());
        final StateDigest digest = digest();
        operationCount = digest.operationCount();
        send("state " + digest.operationCount() + ' ' + digest.counterCount() + ' ' + digest.recordCount() + ' '
                + digest.digest() + ' ' + stateLength());
        startThread("quire-demo-commands", this::readCommands);
        startThread("quire-demo-figures", this::sendFigures);
        update();
        store.close();
        closed = true;
        send("closed");
    }

    private static void startThread(final String name, final Runnable work) {
        final Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void send(final String line) {
        out.println(line);
        out.flush();
    }

    private long stateLength() {
        return counters.statistics().allocatedLength() + records.statistics().allocatedLength();
    }

    private StateDigest digest() {
        final long[] sums = new long[2];
        counters.forEach((key, value) -> {
            sums[0] += value;
            sums[1] += DemoOperations.digestOfCounter(key, value);
        });
        records.forEach((key, value) -> {
            value.getBytes(0, record);
            sums[1] += DemoOperations.digestOfRecord(key.getLong(0), record);
        });
        return new StateDigest(sums[0], counters.size(), records.size(), sums[1]);
    }

    // One clock reading an operation: the end of one is the start of the next, so that no nanosecond between the first
    // and
    // the last is left out, whatever it was spent on. A checkpoint counts as running from the call that starts it until
    // its
    // future completes.
    private void update() {
        boolean loading = operationCount < operations.entryCount();
        long lastNs = System.nanoTime();
        long nextCheckpointNs = lastNs + intervalNs;
        long nextOperationNs = lastNs;
        while (!finish) {
            final long operation = operationCount;
            apply(operation);
            operationCount = operation + 1;
            acknowledgements.setRelease(operation + 1);

            long nowNs = System.nanoTime();
            if (paceNs != 0) {
                nextOperationNs = pace(nowNs, nextOperationNs);
                nowNs = System.nanoTime();
            } else if (!loading) {
                (running == null ? quietLatency : checkpointLatency)
                        .recordValue(Math.min(nowNs - lastNs, LATENCY_MAX_NS));
            } else if (operation + 1 == operations.entryCount()) {
                loading = false;
                send("loaded " + stateLength());
                nowNs = System.nanoTime();
            }
            lastNs = nowNs;
            if (running != null && running.isDone()) {
                finishCheckpoint();
            }
            if (running == null && nowNs - nextCheckpointNs >= 0) {
                nextCheckpointNs = nowNs + intervalNs;
                checkpointStartNs = nowNs;
                pacedCheckpoint = pacedSinceCheckpoint;
                pacedSinceCheckpoint = paceNs != 0;
                running = store.checkpoint();
            }
        }
        if (running != null) {
            finishCheckpoint();
        }
    }

    private void apply(final long operation) {
        final long key = operations.counterKey(operations.index(operation));
        if (!DemoOperations.writesRecord(operation)) {
            counters.addAndGet(key, 1);
            return;
        }
        operations.fillRecord(operation, record);
        recordKey.putLong(0, operations.recordIndex(operation));
        store.beginBatch();
        counters.addAndGet(key, 1);
        records.put(recordKey, 0, Long.BYTES, recordBuffer, 0, DemoOperations.RECORD_LENGTH);
        store.commitBatch();
    }

    private long pace(final long nowNs, final long dueNs) {
        final long nextNs = Math.max(dueNs, nowNs - PACE_LAG_MAX_NS) + paceNs;
        while (nextNs - System.nanoTime() > PACE_PARK_NS) {
            LockSupport.parkNanos(PACE_PARK_NS);
        }
        return nextNs;
    }

    private void finishCheckpoint() {
        final CheckpointInfo info = running.join();
        running = null;
        send("checkpoint " + info.checkpointId() + ' ' + info.bytesWritten() + ' '
                + (System.nanoTime() - checkpointStartNs) + ' ' + (pacedCheckpoint ? 1 : 0) + ' ' + stateLength());
    }

    private void readCommands() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            String line = in.readLine();
            while (line != null) {
                if (line.startsWith("pace ")) {
                    paceNs = TimeUnit.SECONDS.toNanos(1) / Long.parseLong(line.substring(5));
                } else if (line.equals("finish")) {
                    finish = true;
                }
                line = in.readLine();
            }
        } catch (final IOException e) {
            send("failed " + e);
        }
        if (!finish) {
            endAsAnOrphan();
        }
    }

    /** The parent was killed and cannot clean up any more. */
    private void endAsAnOrphan() {
        try {
            if (!keep) {
                DemoDirectory.remove(directory.getParent(), directory);
            }
        } catch (final IOException | RuntimeException e) {
            send("failed " + e); // nobody reads it
        } finally {
            Runtime.getRuntime().halt(ExitCode.STORE_ERROR);
        }
    }

    private void sendFigures() {
        final LatencyFigures figures = new LatencyFigures();
        try {
            while (!closed) {
                Thread.sleep(REPORT_PERIOD_MS);
                send("latency " + figures.encode(quietLatency) + ' ' + figures.encode(checkpointLatency));
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

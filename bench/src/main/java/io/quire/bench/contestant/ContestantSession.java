/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.contestant;

import io.quire.bench.latency.FixedRateRun;
import io.quire.bench.machine.CorePinning;
import io.quire.bench.machine.DeviceSectors;
import io.quire.bench.machine.WrittenBytes;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import io.quire.bench.work.KeySpace;
import io.quire.bench.work.Work;
import io.quire.bench.work.WorkRunner;
import io.quire.bench.work.WorkSample;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a contestant's JVM can be told to do.
 *
 * <p>Threading: confined to the worker thread.
 */
final class ContestantSession implements AutoCloseable {
    private static final int FIRST_OPERATION_COUNT = 2_000;
    private static final int OPERATION_COUNT_MIN = 500;

    private final Map<Work, Double> nsPerOperation = new EnumMap<>(Work.class);
    private Peer peer;
    private KeyedTable table;
    private TableContext context;
    private KeySpace keySpace;
    private KeyDistribution distribution;
    private WorkRunner runner;
    private CorePinning pinning;
    private long changeSeed;
    private long heapBeforeLoad;
    private DeviceSectors device;
    private long writtenBefore;
    private long deviceBefore;

    Message handle(final Message request) {
        return switch (request.text("do")) {
            case "open" -> open(request);
            case "load" -> Message.of(runner.load(peer.keepsEntries()));
            case "grow" -> grow();
            case "warm" -> warm(request);
            case "run" -> run(request);
            case "settle" -> settle();
            case "memory" -> memory();
            case "change" -> change(request);
            case "checkpoint" -> checkpoint();
            case "latency" -> latency(request);
            case "firstGet" -> firstGet();
            case "scanAll" -> scanAll();
            case "halt" -> halt();
            case "close" -> closeTable();
            default -> throw new IllegalArgumentException("no such command: " + request);
        };
    }

    private Message open(final Message request) {
        peer = Peers.named(request.text("peer"));
        context = new TableContext(
                TableShape.parse(request.text("shape")),
                request.number("entries"),
                request.number("spare"),
                Path.of(request.text("directory")),
                request.flag("durable"));
        distribution = KeyDistribution.parse(request.text("keys"));
        keySpace = new KeySpace(Math.toIntExact(context.entryCount()));
        pinning = request.flag("pin") ? CorePinning.choose() : null;
        final long startNs = System.nanoTime();
        table = (request.flag("loading") ? peer.whileLoading() : peer).open(context);
        final long openNs = System.nanoTime() - startNs;
        runner = new WorkRunner(table, context.shape(), keySpace, distribution, (int) context.spareEntryCount());
        heapBeforeLoad = heapLength();
        pin();
        return new Message().with("openNs", openNs).with("settings", peer.settings(context));
    }

    private void pin() {
        if (pinning != null) {
            pinning.apply();
        }
    }

    /** Runs a work until the time is over, so that its code is compiled and its pace is known. */
    private Message warm(final Message request) {
        final Work work = Work.parse(request.text("work"));
        final long targetNs = request.number("targetNs");
        long seed = request.number("seed");
        long spentNs = 0;
        long operationCount = FIRST_OPERATION_COUNT;
        do {
            final WorkSample sample = runner.run(work, operationCount, seed++);
            spentNs += Math.max(1, sample.durationNs());
            nsPerOperation.put(work, sample.nsPerOperation());
            operationCount = Math.min(2 * operationCount, operationsWithin(work, targetNs));
        } while (spentNs < targetNs);
        return new Message().with("nsPerOperation", nsPerOperation.get(work));
    }

    private long operationsWithin(final Work work, final long targetNs) {
        final double nsEach = nsPerOperation.getOrDefault(work, 1_000.0);
        return Math.max(OPERATION_COUNT_MIN, (long) (targetNs / Math.max(1, nsEach)));
    }

    private Message run(final Message request) {
        final Work work = Work.parse(request.text("work"));
        pin();
        final long operationCount = operationsWithin(work, request.number("targetNs"));
        final WorkSample sample = runner.run(work, operationCount, request.number("seed"));
        nsPerOperation.put(work, sample.nsPerOperation());
        return Message.of(sample);
    }

    private Message grow() {
        runner.forget();
        return GrowthRun.run(table, keySpace);
    }

    private Message latency(final Message request) {
        runner.forget();
        return FixedRateRun.of(request).run(table, keySpace, distribution);
    }

    /** Tells what the entries take, outside the heap and on it. */
    private Message memory() {
        final long heapGrowth = Math.max(0, heapLength() - heapBeforeLoad);
        return new Message().with("length", Math.max(0, table.storedLength()) + heapGrowth);
    }

    private static long heapLength() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private Message settle() {
        final long startNs = System.nanoTime();
        table.settle();
        final Message answer = new Message().with("durationNs", System.nanoTime() - startNs);
        return device == null
                ? answer
                : answer.with("processWriteBytesSinceCheckpoint", WrittenBytes.now() - writtenBefore)
                        .with("deviceWriteBytesSinceCheckpoint", device.writtenBytes() - deviceBefore);
    }

    /** Overwrites a share of the entries, each at most once, in random order. */
    private Message change(final Message request) {
        runner.forget();
        final int count = Math.toIntExact(request.number("count"));
        final long entryCount = keySpace.entryCount();
        final SplittableRandom random = new SplittableRandom(++changeSeed);
        // A walk with a step that has no divisor in common with the count visits each slot once.
        long slot = random.nextLong(entryCount);
        final long step = KeyDistribution.stepFor((int) entryCount, random.nextLong(entryCount));
        final long startNs = System.nanoTime();
        for (int i = 0; i < count; i++) {
            table.put(keySpace.presentKey((int) slot), changeSeed * entryCount + i);
            slot = (slot + step) % entryCount;
        }
        return new Message().with("count", count).with("durationNs", System.nanoTime() - startNs);
    }

    private Message checkpoint() {
        device = DeviceSectors.of(context.directory());
        writtenBefore = WrittenBytes.now();
        deviceBefore = device.writtenBytes();
        final CheckpointCost cost = ((DurableTable) table).checkpoint().join();
        return new Message()
                .with("fileBytes", cost.fileBytes())
                .with("writerNs", cost.writerNs())
                .with("durationNs", cost.durationNs())
                .with("processWriteBytes", WrittenBytes.now() - writtenBefore)
                .with("deviceWriteBytes", device.writtenBytes() - deviceBefore);
    }

    private Message firstGet() {
        final long key = keySpace.presentKey(keySpace.entryCount() / 2);
        final long startNs = System.nanoTime();
        final long value = table.get(key);
        final long durationNs = System.nanoTime() - startNs;
        return new Message().with("durationNs", durationNs).with("found", value != KeyedTable.MISSING);
    }

    private Message scanAll() {
        final long startNs = System.nanoTime();
        final long digest = table.scan();
        return new Message().with("durationNs", System.nanoTime() - startNs).with("digest", digest);
    }

    /** Ends the process as a crash would, without closing anything. */
    private static Message halt() {
        Runtime.getRuntime().halt(0);
        return new Message();
    }

    private Message closeTable() {
        close();
        return new Message();
    }

    @Override
    public void close() {
        if (table != null) {
            table.close();
            table = null;
        }
    }
}

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
            case "openAndRead" -> openAndRead(request);
            case "openAndRun" -> openAndRun(request);
            case "load" -> load();
            case "grow" -> grow();
            case "warm" -> warm(request);
            case "run" -> run(request);
            case "settle" -> settle();
            case "memory" -> memory();
            case "scan" -> new Message().with("digest", table.scan());
            case "change" -> change(request);
            case "checkpoint" -> checkpoint();
            case "latency" -> latency(request);
            case "halt" -> halt();
            case "close" -> closeTable();
            default -> throw new IllegalArgumentException("no such command: " + request);
        };
    }

    /** Does all that opening a table does not need, so that nothing of it is in the time of a clock that runs on. */
    private void prepare(final Message request) {
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
        if (pinning != null) {
            // Threads that opening starts inherit the worker's cores; on the worker's own one they would be in its way.
            pinning.release();
        }
        System.gc();
    }

    private Message open(final Message request) {
        prepare(request);
        final long startNs = System.nanoTime();
        table = (request.flag("loading") ? peer.whileLoading() : peer).open(context);
        final long openNs = System.nanoTime() - startNs;
        begin();
        pin();
        return new Message().with("openNs", openNs).with("settings", peer.settings(context));
    }

    private void begin() {
        runner = new WorkRunner(table, context.shape(), keySpace, distribution, (int) context.spareEntryCount());
    }

    private CorePinning.Later pinLater() {
        return pinning == null ? () -> {} : pinning.applyLater();
    }

    /**
     * Opens, reads one entry and then all, by one clock: what a contestant does by itself between two of these steps
     * takes as long as it takes.
     */
    private Message openAndRead(final Message request) {
        prepare(request);
        final long key = keySpace.presentKey(keySpace.entryCount() / 2);
        final CorePinning.Later pinLater = pinLater();
        final long startNs = System.nanoTime();
        table = peer.open(context);
        final long openedNs = System.nanoTime();
        final long value = table.get(key);
        final long gotNs = System.nanoTime();
        pinLater.now();
        final long digest = table.scan();
        final long scannedNs = System.nanoTime();
        begin();
        return new Message()
                .with("openNs", openedNs - startNs)
                .with("toFirstGetNs", gotNs - startNs)
                .with("toAllReadNs", scannedNs - startNs)
                .with("found", value != KeyedTable.MISSING)
                .with("digest", digest);
    }

    /**
     * Opens, and begins with operations at a fixed rate when opening returns: the first one is due at that instant.
     * Keys are made before. Threads that opening has started are moved to their cores by another thread meanwhile.
     */
    private Message openAndRun(final Message request) {
        prepare(request);
        final FixedRateRun.Prepared run = FixedRateRun.of(request).prepare(keySpace, distribution);
        final CorePinning.Later pinLater = pinLater();
        final long startNs = System.nanoTime();
        table = peer.open(context);
        final long openedNs = System.nanoTime();
        pinLater.now();
        final Message answer = run.run(table, openedNs);
        begin();
        final long found = table.get(keySpace.presentKey(keySpace.entryCount() / 2));
        return answer.with("openNs", openedNs - startNs).with("found", found != KeyedTable.MISSING);
    }

    private Message load() {
        heapBeforeLoad = heapLength();
        return Message.of(runner.load(peer.keepsEntries()));
    }

    private void pin() {
        if (pinning != null) {
            pinning.apply();
        }
    }

    /** Runs a work until its code is compiled and its pace is known. */
    private Message warm(final Message request) {
        final Work work = Work.parse(request.text("work"));
        final WarmUp warmUp = new WarmUp(request.number("targetNs"), request.number("capNs"));
        final long firstSeed = request.number("seed");
        final long[] seed = {firstSeed};
        nsPerOperation.put(work, warmUp.run(operationCount -> runner.run(work, operationCount, seed[0]++)));
        return new Message().with("nsPerOperation", nsPerOperation.get(work)).with("steady", warmUp.steady());
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
        table.checkSettings();
        return Message.of(sample);
    }

    private Message grow() {
        runner.forget();
        return GrowthRun.run(table, keySpace);
    }

    private Message latency(final Message request) {
        runner.forget();
        final Message answer =
                FixedRateRun.of(request).prepare(keySpace, distribution).run(table);
        table.checkSettings();
        return answer;
    }

    /** Tells what the entries take, outside the heap and on it, without what the instruments noted about them. */
    private Message memory() {
        final long heapGrowth = Math.max(0, heapLength() - heapBeforeLoad - runner.ledgerLength());
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

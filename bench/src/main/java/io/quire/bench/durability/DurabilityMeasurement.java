/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.ContestantFailedException;
import io.quire.bench.contestant.ContestantProcess;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.latency.FixedRateRun;
import io.quire.bench.machine.FreeMemory;
import io.quire.bench.machine.PageCache;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.work.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a durability plan. For each size, fork and contestant, one at a time: load, full checkpoint; for each share,
 * change so many entries, then checkpoint while writes go on at a fixed rate; kill the JVM, start another, open.
 *
 * <p>Threading: confined to one thread.
 */
final class DurabilityMeasurement {
    private static final long DISK_FACTOR = 4;
    private static final int TINY_ENTRY_COUNT = 1_000;
    private static final double MS_NS = 1e6;
    private static final String CHECKPOINTS_FIELD = "checkpoints";
    private static final String RESTARTS_FIELD = "restarts";
    private static final String NOTES_FIELD = "notes";

    private final DurabilityPlan plan;
    private final Path out;
    private final ScratchDirectory scratch;
    private final ProgressLine progress;
    private final UnitJournal journal;
    private final List<Message> checkpoints = new ArrayList<>();
    private final List<Message> restarts = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Object> notes = new LinkedHashMap<>();

    /** One contestant with one size of state in one fork. */
    private record Case(Peer peer, long stateLength, int fork, TableContext context) {
        Message row() {
            return new Message()
                    .with("peer", peer.name())
                    .with("stateLength", stateLength)
                    .with("entries", context.entryCount())
                    .with("fork", fork);
        }
    }

    DurabilityMeasurement(
            final DurabilityPlan plan,
            final Path out,
            final ScratchDirectory scratch,
            final ProgressLine progress,
            final UnitJournal journal) {
        this.journal = journal;
        this.plan = plan;
        this.out = out;
        this.scratch = scratch;
        this.progress = progress;
    }

    static double expectedWork(final DurabilityPlan plan) {
        final double lengths = plan.stateLengths().stream()
                .mapToDouble(length -> (double) length)
                .sum();
        return lengths * plan.forkCount() * plan.peers().size();
    }

    void run() {
        for (int fork = 1; fork <= plan.forkCount(); fork++) {
            for (final long stateLength : plan.stateLengths()) {
                for (int i = 0; i < plan.peers().size(); i++) {
                    final Peer peer = Peers.named(
                            plan.peers().get((i + fork - 1) % plan.peers().size()));
                    progress.advance(0, peer.name() + " " + stateLength + " B, fork " + fork);
                    runOrResume(peer, stateLength, fork);
                }
            }
        }
    }

    private void runOrResume(final Peer peer, final long stateLength, final int fork) {
        final String unit = peer.name() + " " + stateLength + " fork " + fork;
        final Optional<Message> earlier = journal.result(unit);
        if (earlier.isPresent()) {
            add(earlier.get(), CHECKPOINTS_FIELD, checkpoints);
            add(earlier.get(), RESTARTS_FIELD, restarts);
            notes.putAll(
                    Message.of((Map<?, ?>) earlier.get().value(NOTES_FIELD)).fields());
            progress.skip((double) stateLength);
            return;
        }
        final int checkpointCount = checkpoints.size();
        final int restartCount = restarts.size();
        if (run(peer, stateLength, fork)) {
            journal.complete(
                    unit,
                    new Message()
                            .with(CHECKPOINTS_FIELD, fieldsFrom(checkpoints, checkpointCount))
                            .with(RESTARTS_FIELD, fieldsFrom(restarts, restartCount))
                            .with(NOTES_FIELD, notes));
        }
        progress.advance((double) stateLength, peer.name());
    }

    private static void add(final Message earlier, final String field, final List<Message> target) {
        for (final Object row : (List<?>) earlier.value(field)) {
            target.add(Message.of((Map<?, ?>) row));
        }
    }

    private static List<Map<String, Object>> fieldsFrom(final List<Message> rows, final int first) {
        return rows.subList(first, rows.size()).stream().map(Message::fields).toList();
    }

    /** {@return whether it need not be tried again} */
    private boolean run(final Peer peer, final long stateLength, final int fork) {
        final TableContext context = new TableContext(
                plan.shape(), plan.entryCount(stateLength), TINY_ENTRY_COUNT, scratch.empty(peer.name()), true);
        final Case each = new Case(peer, stateLength, fork, context);
        final String refusal = refusal(each);
        if (refusal != null) {
            notes.put(peer.name() + " " + stateLength, refusal);
            return false;
        }
        try {
            measureCheckpoints(each);
            if (plan.dropCaches()) {
                PageCache.drop();
            }
            measureRestart(each);
            return true;
        } catch (final ContestantFailedException e) {
            failures.add(peer.name() + " " + stateLength + " fork " + fork + ": " + e.getMessage());
            return false;
        } finally {
            scratch.empty(peer.name());
        }
    }

    private String refusal(final Case each) {
        if (!each.peer().durable() || !each.peer().supports(plan.shape())) {
            return "left out: no checkpoints, or not of this shape";
        }
        try {
            final long usable = FreeMemory.usableLength(plan.dataDirectory());
            if (usable < DISK_FACTOR * each.stateLength()) {
                return "left out: disk too small, usable=" + usable;
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        final long available = FreeMemory.availableLength();
        final long wanted = ContestantProcess.heapLength(each.peer(), each.context())
                + each.peer().nativeLength(each.context());
        return wanted > available ? "left out: memory too small, available=" + available : null;
    }

    private ContestantProcess start(final Case each) {
        return ContestantProcess.start(each.peer(), each.context(), List.of(), out.resolve("contestants.log"));
    }

    private void measureCheckpoints(final Case each) {
        final ContestantProcess process = start(each);
        try {
            final Message opened = process.open(each.peer(), each.context(), DurabilityPlan.KEYS, plan.pinned());
            notes.put(each.peer().name() + " " + each.stateLength(), opened.value("settings"));
            process.ask(Message.request("load"));
            process.ask(Message.request("settle"));
            addCheckpoint(each, "full", 1, process.ask(Message.request("checkpoint")), process);
            for (final double share : plan.changedShares()) {
                for (int repeat = 0; repeat < plan.repeatCount(); repeat++) {
                    incremental(each, share, process);
                }
            }
            process.ask(Message.request("checkpoint"));
        } finally {
            // As after a crash; what the last checkpoint holds is what the restart finds at least.
            process.kill();
        }
    }

    private void incremental(final Case each, final double share, final ContestantProcess process) {
        final long count = Math.max(1, Math.round(share * each.context().entryCount()));
        process.ask(Message.request("settle"));
        process.ask(Message.request("checkpoint"));
        process.ask(Message.request("change").with("count", count));
        addCheckpoint(each, "incremental", share, process.ask(Message.request("checkpoint")), process);
        process.ask(Message.request("change").with("count", count));
        final String name = each.peer().name() + "-" + each.stateLength() + "-" + share + "-fork" + each.fork();
        final Message answer = process.ask(new FixedRateRun(
                        Work.PUT,
                        plan.operationsPerSecond(),
                        plan.meanwhileNs(),
                        0,
                        FixedRateRun.CheckpointTimes.once(),
                        each.fork(),
                        out.resolve(name + ".hlog").toAbsolutePath())
                .toRequest());
        addMeanwhile(each, share, answer);
    }

    private void addCheckpoint(
            final Case each,
            final String kind,
            final double share,
            final Message answer,
            final ContestantProcess process) {
        final Message settled = process.ask(Message.request("settle"));
        final Message row = each.row()
                .with("kind", kind)
                .with("changedShare", share)
                .with("durationMs", answer.number("durationNs") / MS_NS)
                .with("writerMs", answer.number("writerNs") / MS_NS)
                .with("fileBytes", answer.number("fileBytes"))
                .with("processWriteBytes", answer.number("processWriteBytes"))
                .with("deviceWriteBytes", answer.number("deviceWriteBytes"))
                .with("settledProcessWriteBytes", settled.number("processWriteBytesSinceCheckpoint"))
                .with("settledDeviceWriteBytes", settled.number("deviceWriteBytesSinceCheckpoint"));
        for (final String when : List.of("all", "during")) {
            for (final String percentile : List.of("p50", "p99", "p99.9", "max")) {
                row.with(when + "-" + percentile + "Us", "");
            }
        }
        checkpoints.add(row);
    }

    /** Adds the latencies of writes during a checkpoint; its bytes are those of the row without writes. */
    private void addMeanwhile(final Case each, final double share, final Message answer) {
        final List<?> taken = (List<?>) answer.value("checkpoints");
        final Map<?, ?> checkpoint = (Map<?, ?>) taken.get(0);
        final Message row = each.row()
                .with("kind", "meanwhile")
                .with("changedShare", share)
                .with("durationMs", checkpoint.get("durationMs"))
                .with("writerMs", checkpoint.get("writerMs"))
                .with("fileBytes", checkpoint.get("fileBytes"))
                .with("processWriteBytes", "")
                .with("deviceWriteBytes", "")
                .with("settledProcessWriteBytes", "")
                .with("settledDeviceWriteBytes", "");
        for (final Map.Entry<String, String> when :
                Map.of("all", "percentilesUs", "during", "duringUs").entrySet()) {
            final Map<?, ?> percentiles = (Map<?, ?>) answer.value(when.getValue());
            for (final String percentile : List.of("p50", "p99", "p99.9", "max")) {
                row.with(when.getKey() + "-" + percentile + "Us", percentiles.get(percentile));
            }
        }
        checkpoints.add(row);
    }

    /** Opens in a fresh JVM that has opened and closed a tiny table before, so that its code is loaded. */
    private void measureRestart(final Case each) {
        try (ContestantProcess process = start(each)) {
            final TableContext tiny =
                    new TableContext(plan.shape(), TINY_ENTRY_COUNT, TINY_ENTRY_COUNT, scratch.empty("tiny"), true);
            process.open(each.peer(), tiny, DurabilityPlan.KEYS, plan.pinned());
            for (final String command : List.of("load", "checkpoint", "close")) {
                process.ask(Message.request(command));
            }
            process.openAndRead(each.peer(), tiny, DurabilityPlan.KEYS, plan.pinned());
            process.ask(Message.request("close"));
            final Message read = process.openAndRead(each.peer(), each.context(), DurabilityPlan.KEYS, plan.pinned());
            final long openNs = read.number("openNs");
            final long toFirstGetNs = read.number("toFirstGetNs");
            final long toAllReadNs = read.number("toAllReadNs");
            restarts.add(each.row()
                    .with("pageCache", plan.dropCaches() ? "dropped" : "as left")
                    .with("openMs", openNs / MS_NS)
                    .with("firstGetMs", (toFirstGetNs - openNs) / MS_NS)
                    .with("openToFirstGetMs", toFirstGetNs / MS_NS)
                    .with("allReadMs", (toAllReadNs - toFirstGetNs) / MS_NS)
                    .with("openToWarmMs", toAllReadNs / MS_NS)
                    .with("found", read.flag("found")));
        }
    }

    List<Message> checkpoints() {
        return checkpoints;
    }

    List<Message> restarts() {
        return restarts;
    }

    /** Lists who failed, and why; their units are not in the journal. */
    List<String> failures() {
        return failures;
    }

    Map<String, Object> notes() {
        return notes;
    }
}

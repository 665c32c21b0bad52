/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.ContestantFailedException;
import io.quire.bench.contestant.ContestantProcess;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a latency plan: contestants one after the other, forks round-robin; each is loaded once a fork and goes through
 * all scenarios and rates.
 *
 * <p>Threading: confined to one thread.
 */
final class LatencyMeasurement {
    private static final double SECOND_NS = 1e9;
    private static final double HALF = 0.5;
    private static final String ROWS_FIELD = "rows";
    private static final String NOTES_FIELD = "notes";

    private final LatencyPlan plan;
    private final Path out;
    private final ScratchDirectory scratch;
    private final ProgressLine progress;
    private final UnitJournal journal;
    private final List<LatencyRow> rows = new ArrayList<>();
    private final Map<String, Object> notes = new LinkedHashMap<>();

    LatencyMeasurement(
            final LatencyPlan plan,
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

    /** Counts passes, the unit of the progress display. */
    static int passCount(final LatencyPlan plan) {
        return plan.forkCount() * plan.peers().size() * passCountOfUnit(plan);
    }

    private static int passCountOfUnit(final LatencyPlan plan) {
        return 1 + plan.scenarios().size() * plan.rates().size();
    }

    void run() {
        for (int fork = 1; fork <= plan.forkCount(); fork++) {
            for (int i = 0; i < plan.peers().size(); i++) {
                final Peer peer = Peers.named(
                        plan.peers().get((i + fork - 1) % plan.peers().size()));
                if (peer.supports(plan.shape()) && peer.durable()) {
                    runOrResume(peer, fork);
                } else {
                    notes.put(peer.name(), "left out: no checkpoints, or not of this shape");
                }
            }
        }
    }

    private void runOrResume(final Peer peer, final int fork) {
        final String unit = peer.name() + " fork " + fork;
        final Optional<Message> earlier = journal.result(unit);
        if (earlier.isPresent()) {
            for (final Object row : (List<?>) earlier.get().value(ROWS_FIELD)) {
                rows.add(LatencyRow.ofJournal(Message.of((Map<?, ?>) row)));
            }
            notes.putAll(
                    Message.of((Map<?, ?>) earlier.get().value(NOTES_FIELD)).fields());
            progress.skip(passCountOfUnit(plan));
            return;
        }
        final int rowCount = rows.size();
        if (run(peer, fork)) {
            journal.complete(
                    unit,
                    new Message()
                            .with(
                                    ROWS_FIELD,
                                    rows.subList(rowCount, rows.size()).stream()
                                            .map(row -> row.toJournal().fields())
                                            .toList())
                            .with(NOTES_FIELD, notes));
        }
    }

    /** {@return whether it need not be tried again} */
    private boolean run(final Peer peer, final int fork) {
        final TableContext context =
                new TableContext(plan.shape(), plan.entryCount(), 1_000, scratch.empty(peer.name()), true);
        progress.advance(1, "load " + peer.name() + " fork " + fork);
        try (ContestantProcess process =
                ContestantProcess.start(peer, context, List.of(), out.resolve("contestants.log"))) {
            try {
                run(peer, fork, context, process);
                return true;
            } catch (final ContestantFailedException e) {
                notes.put(peer.name() + " fork " + fork + " failed", e.getMessage());
                process.kill();
                return false;
            }
        } finally {
            scratch.empty(peer.name());
        }
    }

    private void run(final Peer peer, final int fork, final TableContext context, final ContestantProcess process) {
        final Message opened = process.open(peer, context, plan.keys(), plan.pinned());
        notes.put(peer.name(), opened.value("settings"));
        final Message grown = process.ask(Message.request("grow"));
        if (plan.scenarios().contains(LatencyScenario.GROW)) {
            rows.add(new LatencyRow(peer.name(), LatencyScenario.GROW, "-", fork, grown));
        }
        process.ask(Message.request("settle"));
        process.ask(Message.request("checkpoint"));
        for (final String rate : plan.rates()) {
            final double operationsPerSecond = rateOf(rate, process);
            for (final LatencyScenario scenario : plan.scenarios()) {
                if (scenario != LatencyScenario.GROW) {
                    progress.advance(1, peer.name() + " " + scenario.code() + " " + rate + "/s fork " + fork);
                    final Message answer = pass(peer, fork, context, process, scenario, rate, operationsPerSecond);
                    rows.add(new LatencyRow(peer.name(), scenario, rate, fork, answer));
                }
            }
        }
    }

    private double rateOf(final String rate, final ContestantProcess process) {
        if (!LatencyPlan.HALF.equals(rate)) {
            return Double.parseDouble(rate);
        }
        final Message warmed = process.ask(Message.request("warm")
                .with("work", plan.work().code())
                .with("targetNs", plan.warmNs())
                .with("seed", -1));
        return HALF * SECOND_NS / Math.max(1, ((Number) warmed.value("nsPerOperation")).doubleValue());
    }

    private Message pass(
            final Peer peer,
            final int fork,
            final TableContext context,
            final ContestantProcess process,
            final LatencyScenario scenario,
            final String rate,
            final double operationsPerSecond) {
        final boolean recovering = scenario == LatencyScenario.RECOVERING;
        if (recovering) {
            process.ask(Message.request("checkpoint"));
            process.ask(Message.request("close"));
            process.open(peer, context, plan.keys(), plan.pinned());
        }
        final String name = peer.name() + "-" + scenario.code() + "-" + rate + "-fork" + fork;
        return process.ask(new FixedRateRun(
                        plan.work(),
                        operationsPerSecond,
                        plan.durationNs(),
                        recovering ? 0 : plan.warmNs(),
                        scenario == LatencyScenario.CHECKPOINTS
                                ? FixedRateRun.CheckpointTimes.every(plan.checkpointIntervalNs())
                                : FixedRateRun.CheckpointTimes.NONE,
                        fork,
                        out.resolve(name + ".hlog").toAbsolutePath())
                .toRequest());
    }

    List<LatencyRow> rows() {
        return rows;
    }

    Map<String, Object> notes() {
        return notes;
    }
}

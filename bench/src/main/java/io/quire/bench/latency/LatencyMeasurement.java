/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.ContestantFailedException;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a latency plan: contestants one after the other, forks round-robin; each goes through all scenarios and rates on
 * the table that it has loaded, but for those scenarios that begin with a crash or with an empty table.
 *
 * <p>Threading: confined to one thread.
 */
final class LatencyMeasurement {
    private static final double SECOND_NS = 1e9;
    private static final int WARM_FACTOR_MAX = 5;
    private static final double HALF = 0.5;
    private static final String ROWS_FIELD = "rows";
    private static final String NOTES_FIELD = "notes";

    private final LatencyPlan plan;
    private final Path out;
    private final ScratchDirectory scratch;
    private final ProgressLine progress;
    private final UnitJournal journal;
    private final List<LatencyRow> rows = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
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
        progress.advance(1, "load " + peer.name() + " fork " + fork);
        try (LatencySubject subject = new LatencySubject(plan, peer, scratch, out.resolve("contestants.log"))) {
            try {
                run(subject, fork);
                return true;
            } catch (final ContestantFailedException e) {
                failures.add(peer.name() + " fork " + fork + ": " + e.getMessage());
                subject.kill();
                return false;
            }
        }
    }

    private void run(final LatencySubject subject, final int fork) {
        final String name = subject.peer().name();
        if (plan.scenarios().contains(LatencyScenario.GROW)) {
            notes.put(name, subject.open().value("settings"));
            rows.add(new LatencyRow(name, LatencyScenario.GROW, "-", fork, subject.ask("grow")));
            subject.ask("settle");
            subject.ask("checkpoint");
        } else {
            notes.put(name, subject.loadAndOpen().value("settings"));
        }
        for (final String rate : plan.rates()) {
            final double operationsPerSecond = rateOf(rate, subject);
            for (final LatencyScenario scenario : plan.scenarios()) {
                if (scenario != LatencyScenario.GROW) {
                    progress.advance(1, name + " " + scenario.code() + " " + rate + "/s fork " + fork);
                    final Message answer = pass(subject, fork, scenario, rate, operationsPerSecond);
                    rows.add(new LatencyRow(name, scenario, rate, fork, answer));
                }
            }
        }
    }

    private double rateOf(final String rate, final LatencySubject subject) {
        if (LatencyPlan.MAX.equals(rate)) {
            return 0;
        }
        if (!LatencyPlan.HALF.equals(rate)) {
            return Double.parseDouble(rate);
        }
        final Message warmed = subject.ask(Message.request("warm")
                .with("work", plan.work().code())
                .with("targetNs", plan.warmNs())
                .with("capNs", WARM_FACTOR_MAX * plan.warmNs())
                .with("seed", -1));
        return HALF * SECOND_NS / Math.max(1, ((Number) warmed.value("nsPerOperation")).doubleValue());
    }

    private Message pass(
            final LatencySubject subject,
            final int fork,
            final LatencyScenario scenario,
            final String rate,
            final double operationsPerSecond) {
        final String name = subject.peer().name() + "-" + scenario.code() + "-" + rate + "-fork" + fork;
        final FixedRateRun run = new FixedRateRun(
                plan.work(),
                operationsPerSecond,
                plan.durationNs(),
                scenario == LatencyScenario.RECOVERING ? 0 : plan.warmNs(),
                checkpointTimes(scenario),
                fork,
                out.resolve(name + ".hlog").toAbsolutePath());
        if (scenario == LatencyScenario.RECOVERING) {
            return subject.crashAndRun(run);
        }
        if (scenario == LatencyScenario.FULL) {
            subject.beginAnew();
        }
        return subject.ask(run.toRequest());
    }

    private FixedRateRun.CheckpointTimes checkpointTimes(final LatencyScenario scenario) {
        return switch (scenario) {
            case CHECKPOINTS -> FixedRateRun.CheckpointTimes.every(plan.checkpointIntervalNs());
            case FULL -> FixedRateRun.CheckpointTimes.once();
            default -> FixedRateRun.CheckpointTimes.NONE;
        };
    }

    List<LatencyRow> rows() {
        return rows;
    }

    /** Lists who failed, and why; their units are not in the journal. */
    List<String> failures() {
        return failures;
    }

    Map<String, Object> notes() {
        return notes;
    }
}

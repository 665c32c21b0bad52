/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.ContestantFailedException;
import io.quire.bench.contestant.ContestantProcess;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CalibrationProbe;
import io.quire.bench.machine.FreeMemory;
import io.quire.bench.machine.StolenTime;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.work.Work;
import io.quire.bench.work.WorkRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a plan: for each unit the contestants are started and loaded, as many at a time as fit, then their iterations
 * take turns.
 *
 * <p>Threading: confined to the thread that is named as the worker, so that probes run on the worker's core.
 */
final class CompareRun {
    private static final long MEMORY_RESERVE_LENGTH = 2L << 30;
    private static final long JVM_LENGTH = 400L << 20;
    private static final int MEBIBYTE_SHIFT = 20;
    private static final int SPARE_DIVISOR = 20;
    private static final int FIRST_PROBE_COUNT = 5;
    private static final long SEED_FORK_STEP = 1_000_003;
    private static final long SEED_ITERATION_STEP = 10_007;

    private final ComparePlan plan;
    private final RunJournal journal;
    private final ProgressLine progress;
    private final ContestantNotes notes;
    private final ScratchDirectory scratch;
    private final CalibrationProbe probe;
    private final DiscardRule rule;
    private final Path log;
    private final boolean filesInMemory;
    private final List<String> failures = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private final long startNs = System.nanoTime();
    private long unitLimitNs;

    /** A contestant that is loaded. */
    private record Seat(Peer peer, ContestantProcess process, ComparePlan.Unit unit) {
        Cell.Place place(final Work work) {
            return new Cell.Place(peer.name(), unit.shape(), unit.entryCount(), unit.keys(), work);
        }
    }

    CompareRun(
            final ComparePlan plan,
            final RunJournal journal,
            final ProgressLine progress,
            final ContestantNotes notes,
            final ScratchDirectory scratch,
            final CalibrationProbe probe) {
        this.plan = plan;
        this.journal = journal;
        this.progress = progress;
        this.notes = notes;
        this.scratch = scratch;
        this.probe = probe;
        rule = new DiscardRule(plan.pace().repeatMax());
        try {
            filesInMemory = FreeMemory.keepsFilesInMemory(plan.dataDirectory());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        log = journal.directory().resolve("contestants.log");
    }

    /** Tells what a unit takes, in a unit of its own that is roughly a microsecond. */
    static double expectedWork(final ComparePlan plan, final ComparePlan.Unit unit) {
        final long contestantCount = plan.peers().stream()
                .filter(name -> Peers.named(name).supports(unit.shape()))
                .count();
        final ComparePlan.Pace pace = plan.pace();
        final double timedNs = pace.warmNs() + (double) pace.iterationCount() * (pace.iterationNs() + 100_000_000.0);
        return contestantCount
                * (2_000_000 + 2.0 * unit.entryCount() + plan.works().size() * timedNs / 1_000);
    }

    void run() {
        journal.probes().forEach(rule::addProbe);
        for (int i = 0; i < FIRST_PROBE_COUNT; i++) {
            measureProbe();
        }
        final List<ComparePlan.Unit> units = plan.units();
        for (int i = 0; i < units.size(); i++) {
            final ComparePlan.Unit unit = units.get(i);
            // Each unit gets its share of the time limit, and what earlier ones left of theirs.
            unitLimitNs = plan.pace().limitNs() * (i + 1) / units.size();
            if (journal.done(unit.id())) {
                progress.skip(expectedWork(plan, unit));
            } else {
                final int failureCount = failures.size();
                run(unit);
                if (failures.size() == failureCount) {
                    journal.complete(unit.id());
                }
            }
        }
    }

    private boolean pastLimit() {
        return unitLimitNs != 0 && System.nanoTime() - startNs > unitLimitNs;
    }

    private void run(final ComparePlan.Unit unit) {
        final List<Peer> peers = plan.peers().stream()
                .map(Peers::named)
                .filter(peer -> peer.supports(unit.shape()))
                .toList();
        notes.begin(unit.title(), unit.fork());
        final Seating.Room budget = room();
        final TableContext context = contextOf(unit, scratch.empty("none"));
        final List<List<Peer>> groups = Seating.groups(peers, unit.fork(), budget, peer -> need(peer, context));
        for (final Peer peer : peers) {
            if (groups.stream().noneMatch(group -> group.contains(peer))) {
                final String reason =
                        "does not fit: " + sizes(need(peer, context)) + " needed, " + sizes(budget) + " available";
                notes.leftOut(unit.title(), peer.name(), unit.fork(), reason);
                leftOut.add(peer.name() + " (" + unit.id() + ") " + reason);
            }
        }
        double left = expectedWork(plan, unit);
        for (final List<Peer> group : groups) {
            final double share = expectedWork(plan, unit) / peers.size() * group.size();
            run(unit, group, share);
            left -= share;
        }
        progress.advance(Math.max(0, left), unit.title());
    }

    private Seating.Room room() {
        try {
            return new Seating.Room(
                    FreeMemory.availableLength() - MEMORY_RESERVE_LENGTH,
                    FreeMemory.usableLength(plan.dataDirectory()));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Seating.Room need(final Peer peer, final TableContext context) {
        final long memory = JVM_LENGTH + ContestantProcess.heapLength(peer, context) + peer.nativeLength(context);
        final long files = peer.fileLength(context);
        return new Seating.Room(filesInMemory ? memory + files : memory, files);
    }

    private static String sizes(final Seating.Room room) {
        return (room.memoryLength() >> MEBIBYTE_SHIFT) + " MiB of memory and " + (room.fileLength() >> MEBIBYTE_SHIFT)
                + " MiB of files";
    }

    static TableContext contextOf(final ComparePlan.Unit unit, final Path directory) {
        final long spare = Math.max(1_000, Math.min(WorkRunner.SLICE_COUNT, unit.entryCount() / SPARE_DIVISOR));
        return new TableContext(unit.shape(), unit.entryCount(), spare, directory, false);
    }

    private void run(final ComparePlan.Unit unit, final List<Peer> group, final double expectedWork) {
        final List<Seat> seats = new ArrayList<>();
        final int steps = group.size() * (1 + plan.pace().iterationCount());
        final double step = expectedWork / steps;
        try {
            for (final Peer peer : group) {
                progress.advance(step, unit.title() + ": load " + peer.name());
                seat(unit, peer, seats);
            }
            for (int iteration = 1; iteration <= plan.pace().iterationCount(); iteration++) {
                if (iteration > 1 && pastLimit()) {
                    break;
                }
                iterate(unit, seats, iteration, step);
            }
        } finally {
            seats.forEach(seat -> seat.process().close());
            group.forEach(peer -> scratch.empty(peer.name()));
        }
    }

    /** Starts, loads and warms a contestant; one that fails is left out. */
    private void seat(final ComparePlan.Unit unit, final Peer peer, final List<Seat> seats) {
        final TableContext context = contextOf(unit, scratch.empty(peer.name()));
        final ContestantProcess process = ContestantProcess.start(peer, context, List.of(), log);
        final Seat seat = new Seat(peer, process, unit);
        try {
            final Message opened = process.open(peer, context, unit.keys(), plan.pinned());
            notes.opened(unit.title(), peer.name(), opened.value("settings"), peer.jvmArguments());
            load(seat);
            process.ask(Message.request("settle"));
            final Message memory = process.ask(Message.request("memory"));
            notes.took(unit.title(), peer.name(), (double) memory.number("length") / unit.entryCount());
            for (final Work work : timedWorks()) {
                process.ask(Message.request("warm")
                        .with("work", work.code())
                        .with("targetNs", plan.pace().warmNs())
                        .with("capNs", plan.pace().warmFactorMax() * plan.pace().warmNs())
                        .with("seed", -1));
            }
            seats.add(seat);
        } catch (final ContestantFailedException e) {
            leaveOut(seat, e);
        }
    }

    private List<Work> timedWorks() {
        return plan.works().stream().filter(work -> work != Work.LOAD).toList();
    }

    private void leaveOut(final Seat seat, final ContestantFailedException failure) {
        notes.failed(seat.unit().title(), seat.peer().name(), seat.unit().fork(), failure.getMessage());
        failures.add(seat.peer().name() + " (" + seat.unit().id() + ")");
        seat.process().kill();
    }

    /** A load is measured once: it is repeated by the other forks. */
    private void load(final Seat seat) {
        final double before = measureProbe();
        final StolenTime stolen = StolenTime.now();
        final Message answer = seat.process().ask(Message.request("load"));
        final double stolenShare = StolenTime.now().shareSince(stolen);
        final double after = measureProbe();
        journal.add(new Cell(
                seat.unit().id(),
                seat.place(Work.LOAD),
                seat.unit().fork(),
                1,
                1,
                answer.sample(),
                before,
                after,
                stolenShare,
                rule.disturbed(before, after, stolenShare),
                true));
    }

    private double measureProbe() {
        final double probeNs = probe.measureNs();
        rule.addProbe(probeNs);
        journal.addProbe(probeNs);
        return probeNs;
    }

    private void iterate(final ComparePlan.Unit unit, final List<Seat> seats, final int iteration, final double step) {
        for (final Work work : timedWorks()) {
            for (final Seat seat : List.copyOf(seats)) {
                progress.advance(
                        step / plan.works().size(),
                        unit.title() + ": " + seat.peer().name() + " " + work.code() + " " + iteration + "/"
                                + plan.pace().iterationCount() + " fork " + unit.fork());
                try {
                    measure(seat, work, iteration);
                } catch (final ContestantFailedException e) {
                    leaveOut(seat, e);
                    seats.remove(seat);
                }
            }
        }
    }

    private void measure(final Seat seat, final Work work, final int iteration) {
        for (int attempt = 1; ; attempt++) {
            final double before = measureProbe();
            final StolenTime stolen = StolenTime.now();
            final Message answer = seat.process()
                    .ask(Message.request("run")
                            .with("work", work.code())
                            .with("targetNs", plan.pace().iterationNs())
                            .with(
                                    "seed",
                                    seat.unit().fork() * SEED_FORK_STEP
                                            + iteration * SEED_ITERATION_STEP
                                            + work.code().hashCode()));
            seat.process().ask(Message.request("settle"));
            final double stolenShare = StolenTime.now().shareSince(stolen);
            final double after = measureProbe();
            final boolean disturbed = rule.disturbed(before, after, stolenShare);
            final boolean kept = !disturbed || !rule.repeat(attempt) || pastLimit();
            journal.add(new Cell(
                    seat.unit().id(),
                    seat.place(work),
                    seat.unit().fork(),
                    iteration,
                    attempt,
                    answer.sample(),
                    before,
                    after,
                    stolenShare,
                    disturbed,
                    kept));
            if (kept) {
                return;
            }
        }
    }

    /** Lists who failed in which unit; these units are not in the journal. */
    List<String> failures() {
        return failures;
    }

    /** Lists who was left out of which unit, and why. */
    List<String> leftOut() {
        return leftOut;
    }

    DiscardRule rule() {
        return rule;
    }
}

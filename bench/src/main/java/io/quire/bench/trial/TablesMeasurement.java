/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.bench.compare.ProgressLine;
import io.quire.bench.compare.UnitJournal;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.machine.CorePinning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * Makes the trials of a plan, one after the other, in this JVM.
 *
 * <p>Threading: confined to the worker thread.
 */
final class TablesMeasurement {
    private static final String ROWS_FIELD = "rows";
    /** For the display only: what a slice of a reader's trial is worth. */
    private static final double NS_PER_OPERATION = 300;
    /** Of a reader's trial: two works of the writer, three companies. */
    private static final int SLICES_PER_ROUND = 3;

    private static final int WORKS = 2;

    private final TablesPlan plan;
    private final ScratchDirectory scratch;
    private final ProgressLine progress;
    private final UnitJournal journal;
    private final CorePinning pinning;
    private final Map<String, List<Message>> rowsByTrial = new LinkedHashMap<>();

    /** Makes one trial. */
    @FunctionalInterface
    private interface Trial {
        List<Message> run(DoubleConsumer progress);
    }

    TablesMeasurement(
            final TablesPlan plan,
            final ScratchDirectory scratch,
            final ProgressLine progress,
            final UnitJournal journal) {
        this.plan = plan;
        this.scratch = scratch;
        this.progress = progress;
        this.journal = journal;
        pinning = plan.pinned() ? CorePinning.choose() : null;
        plan.trials().forEach(trial -> rowsByTrial.put(trial, new ArrayList<>()));
    }

    private static double workOf(final TablesPlan plan, final String trial) {
        return switch (trial) {
            case TablesPlan.CHURN -> 2.0 * plan.turnovers() * plan.entryCount();
            case TablesPlan.GROWTH -> 2.0 * plan.growTo();
            default -> WORKS * (plan.roundCount() + 1.0) * workOfRound(plan);
        };
    }

    private static double workOfRound(final TablesPlan plan) {
        return SLICES_PER_ROUND * plan.sliceNs() / NS_PER_OPERATION;
    }

    static double expectedWork(final TablesPlan plan) {
        return plan.kinds().size()
                * plan.trials().stream()
                        .mapToDouble(trial ->
                                workOf(plan, trial) * (TablesPlan.GROWTH.equals(trial) ? plan.repeatCount() : 1))
                        .sum();
    }

    void run() {
        for (final TableKind kind : plan.kinds()) {
            for (final String trial : plan.trials()) {
                switch (trial) {
                    case TablesPlan.CHURN ->
                        unit(
                                trial,
                                kind.code(),
                                2.0 * plan.entryCount(),
                                shown -> new ChurnTrial(kind, plan.entryCount(), plan.turnovers(), pinning)
                                        .run(scratch, shown));
                    case TablesPlan.GROWTH -> {
                        for (int repeat = 1; repeat <= plan.repeatCount(); repeat++) {
                            final int number = repeat;
                            unit(
                                    trial,
                                    kind.code() + " " + repeat,
                                    2,
                                    shown -> new GrowthTrial(kind, plan.growTo(), number, pinning).run(scratch, shown));
                        }
                    }
                    default ->
                        unit(
                                trial,
                                kind.code(),
                                workOfRound(plan),
                                shown -> new ReadersTrial(plan, kind, pinning).run(scratch, shown));
                }
            }
        }
    }

    /** Makes a trial, unless an earlier session has made it. */
    private void unit(final String trial, final String name, final double workOfStep, final Trial body) {
        final String unit = trial + " " + name;
        final List<Message> rows = rowsByTrial.get(trial);
        final Message earlier = journal.result(unit).orElse(null);
        if (earlier == null) {
            progress.advance(0, unit);
            final List<Message> made = body.run(steps -> progress.advance(steps * workOfStep, unit));
            journal.complete(
                    unit,
                    new Message()
                            .with(ROWS_FIELD, made.stream().map(Message::fields).toList()));
            rows.addAll(made);
        } else {
            for (final Object row : (List<?>) earlier.value(ROWS_FIELD)) {
                rows.add(Message.of((Map<?, ?>) row));
            }
            progress.skip(workOf(plan, trial));
        }
    }

    /** {@return the rows of each trial of the plan, by its name} */
    Map<String, List<Message>> rowsByTrial() {
        return rowsByTrial;
    }
}

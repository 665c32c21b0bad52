/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunJournalTest {
    private static final Message PLAN = new Message().with("forks", 3);

    @TempDir
    private Path directory;

    @Test
    void shouldBeginWithNothing() {
        final RunJournal journal = RunJournal.open(directory.resolve("new"), PLAN);

        assertThat(journal.cells()).isEmpty();
        assertThat(journal.done("long-long/1000/uniform/fork-1")).isFalse();
    }

    @Test
    void shouldFindCompleteUnitsAgain() {
        final Cell cell = Cells.cell("quire", 1, 1, 38.5);
        final RunJournal before = RunJournal.open(directory, PLAN);
        before.add(cell);
        before.complete(cell.unit());

        final RunJournal resumed = RunJournal.open(directory, PLAN);

        assertThat(resumed.done(cell.unit())).isTrue();
        assertThat(resumed.cells()).containsExactly(cell);
    }

    @Test
    void shouldKeepProbesOfEarlierSessions() throws IOException {
        RunJournal.open(directory, PLAN).addProbe(200.5);
        Files.writeString(directory.resolve("probes.jsonl"), "{\"ns", StandardOpenOption.APPEND);

        final RunJournal resumed = RunJournal.open(directory, PLAN);
        resumed.addProbe(199.25);

        assertThat(RunJournal.open(directory, PLAN).probes()).containsExactly(200.5, 199.25);
    }

    @Test
    void shouldDropCellsOfAnInterruptedUnit() throws IOException {
        final RunJournal before = RunJournal.open(directory, PLAN);
        before.add(Cells.cell("quire", 1, 1, 38.5));
        before.complete(Cells.cell("quire", 1, 1, 38.5).unit());
        before.add(Cells.cell("quire", 2, 1, 99));

        final RunJournal resumed = RunJournal.open(directory, PLAN);

        assertThat(resumed.cells()).containsExactly(Cells.cell("quire", 1, 1, 38.5));
        assertThat(Files.readAllLines(directory.resolve("cells.jsonl"))).hasSize(1);
        assertThat(resumed.done("long-long/1000/uniform/fork-2")).isFalse();
    }

    @Test
    void shouldIgnoreALineThatWasCutOff() throws IOException {
        final Cell cell = Cells.cell("quire", 1, 1, 38.5);
        final RunJournal before = RunJournal.open(directory, PLAN);
        before.add(cell);
        before.complete(cell.unit());
        Files.writeString(directory.resolve("cells.jsonl"), "{\"unit\":\"long", StandardOpenOption.APPEND);
        Files.writeString(directory.resolve("units.jsonl"), "{\"un", StandardOpenOption.APPEND);

        final RunJournal resumed = RunJournal.open(directory, PLAN);
        resumed.add(Cells.cell("quire", 2, 1, 40));
        resumed.complete(Cells.cell("quire", 2, 1, 40).unit());

        assertThat(RunJournal.open(directory, PLAN).cells()).hasSize(2);
    }

    @Test
    void shouldRefuseAnotherPlan() {
        RunJournal.open(directory, PLAN);

        assertThatThrownBy(() -> RunJournal.open(directory, new Message().with("forks", 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another plan");
    }
}

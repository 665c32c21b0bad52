/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The raw data of a run, written as it comes, by which an interrupted run is resumed: {@code plan.json}, one line for
 * each cell in {@code cells.jsonl}, one line for each unit that is complete in {@code units.jsonl}. Cells of a unit
 * that was interrupted are dropped when the run is resumed, and the unit is measured anew.
 *
 * <p>Threading: confined to one thread.
 */
public final class RunJournal {
    private static final String CELLS = "cells.jsonl";
    private static final String UNITS = "units.jsonl";

    private final Path directory;
    private final Set<String> doneUnits = new HashSet<>();
    private final List<Cell> cells = new ArrayList<>();

    private RunJournal(final Path directory) {
        this.directory = directory;
    }

    /**
     * Begins a run, or resumes the one in the directory when it has the same plan.
     *
     * @param directory of the results; created when absent
     * @param plan what is to be run
     * @return the journal
     * @throws IllegalArgumentException when the directory has a run with another plan
     */
    public static RunJournal open(final Path directory, final Message plan) {
        try {
            JournalFiles.keepPlan(directory, plan);
            final RunJournal journal = new RunJournal(directory);
            journal.read();
            return journal;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() throws IOException {
        final List<String> unitLines = JournalFiles.lines(directory.resolve(UNITS));
        for (final String line : unitLines) {
            doneUnits.add(Message.parse(line).text("unit"));
        }
        final List<String> keptLines = new ArrayList<>();
        for (final String line : JournalFiles.lines(directory.resolve(CELLS))) {
            final Cell cell = Cell.of(Message.parse(line));
            if (doneUnits.contains(cell.unit())) {
                cells.add(cell);
                keptLines.add(line);
            }
        }
        // What was cut off must not run into what is appended from now on.
        Files.write(directory.resolve(UNITS), unitLines);
        Files.write(directory.resolve(CELLS), keptLines);
    }

    /**
     * Tells whether a unit need not be run again.
     *
     * @param unit id
     * @return whether it is complete
     */
    public boolean done(final String unit) {
        return doneUnits.contains(unit);
    }

    /**
     * Writes a cell.
     *
     * @param cell what was measured
     */
    public void add(final Cell cell) {
        cells.add(cell);
        append(CELLS, cell.toMessage());
    }

    /**
     * Marks a unit as complete.
     *
     * @param unit id
     */
    public void complete(final String unit) {
        doneUnits.add(unit);
        append(UNITS, new Message().with("unit", unit));
    }

    private void append(final String name, final Message message) {
        try {
            JournalFiles.append(directory.resolve(name), message);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Gives all cells, those of earlier sessions first.
     *
     * @return cells
     */
    public List<Cell> cells() {
        return List.copyOf(cells);
    }

    /**
     * Tells where results are written.
     *
     * @return directory
     */
    public Path directory() {
        return directory;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The raw data of a run, written as it comes, by which an interrupted run is resumed: {@code plan.json}, one line for
 * each cell in {@code cells.jsonl} and each probe in {@code probes.jsonl}, and a {@link UnitJournal} of the units that
 * are complete. Cells of a unit that was interrupted are dropped when the run is resumed, and it is measured anew.
 *
 * <p>Threading: confined to one thread.
 */
public final class RunJournal {
    private static final String CELLS = "cells.jsonl";
    private static final String PROBES = "probes.jsonl";
    private static final String PROBE_FIELD = "nsPerRead";

    private final Path directory;
    private final UnitJournal units;
    private final List<Cell> cells = new ArrayList<>();
    private final List<Double> probes = new ArrayList<>();

    private RunJournal(final Path directory, final UnitJournal units) {
        this.directory = directory;
        this.units = units;
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
        final RunJournal journal = new RunJournal(directory, UnitJournal.open(directory, plan));
        try {
            journal.read();
            return journal;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() throws IOException {
        final List<String> keptLines = new ArrayList<>();
        for (final String line : JournalFiles.lines(directory.resolve(CELLS))) {
            final Cell cell = Cell.of(Message.parse(line));
            if (done(cell.unit())) {
                cells.add(cell);
                keptLines.add(line);
            }
        }
        // What was cut off must not run into what is appended from now on.
        Files.write(directory.resolve(CELLS), keptLines);
        final List<String> probeLines = JournalFiles.lines(directory.resolve(PROBES));
        for (final String line : probeLines) {
            probes.add(((Number) Message.parse(line).value(PROBE_FIELD)).doubleValue());
        }
        Files.write(directory.resolve(PROBES), probeLines);
    }

    /**
     * Tells whether a unit need not be run again.
     *
     * @param unit id
     * @return whether it is complete
     */
    public boolean done(final String unit) {
        return units.result(unit).isPresent();
    }

    /**
     * Writes a cell.
     *
     * @param cell what was measured
     */
    public void add(final Cell cell) {
        cells.add(cell);
        try {
            JournalFiles.append(directory.resolve(CELLS), cell.toMessage());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes a probe: a run that is resumed knows by those of its earlier sessions how quiet the machine can be.
     *
     * @param probeNs nanoseconds per dependent read
     */
    public void addProbe(final double probeNs) {
        probes.add(probeNs);
        try {
            JournalFiles.append(directory.resolve(PROBES), new Message().with(PROBE_FIELD, probeNs));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Gives all probes, those of earlier sessions first.
     *
     * @return nanoseconds per dependent read
     */
    public List<Double> probes() {
        return List.copyOf(probes);
    }

    /**
     * Marks a unit as complete.
     *
     * @param unit id
     */
    public void complete(final String unit) {
        units.complete(unit, new Message());
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

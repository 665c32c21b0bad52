/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the units of a run have measured, a unit a line in {@code units.jsonl}, by which an interrupted run is resumed:
 * a unit that was interrupted or has failed is measured anew.
 *
 * <p>Threading: confined to one thread.
 */
public final class UnitJournal {
    private static final String UNITS = "units.jsonl";
    private static final String UNIT_FIELD = "unit";

    private final Path file;
    private final Map<String, Message> results = new LinkedHashMap<>();

    private UnitJournal(final Path file) {
        this.file = file;
    }

    /**
     * Begins a run, or resumes the one in the directory when it has the same plan.
     *
     * @param directory of the results; created when absent
     * @param plan what is to be run
     * @return the journal
     * @throws IllegalArgumentException when the directory has a run with another plan
     */
    public static UnitJournal open(final Path directory, final Message plan) {
        try {
            JournalFiles.keepPlan(directory, plan);
            final UnitJournal journal = new UnitJournal(directory.resolve(UNITS));
            final List<String> lines = JournalFiles.lines(journal.file);
            Files.write(journal.file, lines); // what was cut off must not run into what is appended
            for (final String line : lines) {
                final Message result = Message.parse(line);
                journal.results.put(result.text(UNIT_FIELD), result);
            }
            return journal;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Gives what an earlier session has measured.
     *
     * @param unit id
     * @return what {@link #complete} was given, empty when the unit is still to be run
     */
    public Optional<Message> result(final String unit) {
        return Optional.ofNullable(results.get(unit));
    }

    /**
     * Keeps what a unit has measured.
     *
     * @param unit id
     * @param result its fields, of texts, numbers, booleans, lists and maps
     */
    public void complete(final String unit, final Message result) {
        result.with(UNIT_FIELD, unit);
        results.put(unit, result);
        try {
            JournalFiles.append(file, result);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import io.quire.bench.contestant.Message;
import java.nio.file.Path;
import java.util.function.BiFunction;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Where the results of a measurement go, and what becomes of an earlier run there: options that all measurements have.
 *
 * <p>Threading: confined to the thread of the command.
 */
public final class ResultOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where results go; an interrupted run in it is resumed. Default: new, below target/bench.")
    private Path out;

    @Option(names = "--fresh", description = "Delete an earlier run in the output directory.")
    private boolean fresh;

    /**
     * Names the directory of the results, and tells the user how to go on in it.
     *
     * @param kind of measurement
     * @return the directory that was given, or a new one, not created
     */
    public Path directory(final String kind) {
        final Path directory = out == null ? ResultDirectories.fresh(kind) : out;
        System.err.println("results: " + directory + "; interrupted, the run goes on with --out " + directory);
        return directory;
    }

    /**
     * Begins a run, or resumes the one in the directory, which is deleted first when that was asked for.
     *
     * @param directory of the results
     * @param plan what is to be run
     * @param journal opens a journal of a directory and a plan; throws {@link IllegalArgumentException} when there is a
     *     run with another plan
     * @param <J> type of the journal
     * @return the journal
     * @throws ParameterException when the directory has a run with another plan, or is to be deleted and holds no run
     */
    public <J> J openJournal(final Path directory, final Message plan, final BiFunction<Path, Message, J> journal) {
        try {
            if (fresh) {
                ResultDirectories.clear(directory);
            }
            return journal.apply(directory, plan);
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), e.getMessage() + (fresh ? "" : " (--fresh deletes it)"), e);
        }
    }
}

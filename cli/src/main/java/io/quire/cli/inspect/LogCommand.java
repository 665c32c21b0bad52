/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.StoreLog;
import io.quire.cli.CommandFailure;
import io.quire.cli.Console;
import io.quire.cli.ExitCode;
import io.quire.cli.PathConverter;
import io.quire.cli.StopRequest;
import io.quire.cli.SubCommand;
import io.quire.store.errors.StateStoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code quire log}.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "log",
        header = "Prints the changes of a store, from its change log.",
        description = {
            "",
            "One line for each key set or removed, each state cleared or created: log position after the change, or"
                    + " after the batch it belongs to; name of the state; what was done; key and value. Reads only, and"
                    + " may look at a store that is open, dead or hung: what is not in the log's files yet is taken"
                    + " from the ring.",
            ""
        })
public final class LogCommand extends SubCommand {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int PAUSES_MAX = 50; // an owner that is at work needs fewer

    @Parameters(
            index = "0",
            paramLabel = "DIR",
            converter = PathConverter.class,
            description = "Directory of the store.")
    private Path directory;

    @Option(
            names = "--from",
            paramLabel = "POSITION",
            defaultValue = "-1",
            description = "Print changes that end behind this log position. Default: all since the oldest checkpoint.")
    private long from;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with changes as they are made, until interrupted.")
    private boolean follow;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "TEXT",
            description = "text, or json: one object a line. Default: text.")
    private Format format;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N changes.")
    private Long limit;

    @Option(
            names = "--bytes",
            paramLabel = "N",
            defaultValue = "64",
            description = "Show at most so many bytes of a key or value. Default: ${DEFAULT-VALUE}.")
    private int shownLength;

    @Option(names = "--state", paramLabel = "NAME", description = "Print changes of this state only.")
    private String state;

    private enum Format {
        TEXT,
        JSON
    }

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    public LogCommand(final Console console) {
        super(console);
    }

    @Override
    public Integer call() throws IOException {
        if (from < StoreLog.OLDEST || shownLength < 0 || (limit != null && limit < 0)) {
            throw new CommandFailure(ExitCode.USAGE, "--from, --limit and --bytes cannot be negative");
        }
        final LogPrinter printer = new LogPrinter(
                console().out(), format == Format.JSON, state, limit == null ? Long.MAX_VALUE : limit, shownLength);
        try (StopRequest stop = StopRequest.install(() -> {});
                StoreLog log = StoreLog.open(directory, from, Path.of("/dev/shm"), printer)) {
            try {
                checkReached(log, stop);
                print(log, printer, stop);
            } catch (final LogPrinter.DoneException e) {
                e.rethrowFailure();
            } catch (final StateStoreException | CommandFailure e) {
                console().out().flush(); // what was read before is sound
                throw e;
            }
            console().out().flush();
        }
        return ExitCode.OK;
    }

    /**
     * A position that the log does not reach was never given by this store, or what it had there is lost: also when the
     * ring goes further, but no longer has what is missing in the files.
     */
    private void checkReached(final StoreLog log, final StopRequest stop) {
        long reached = log.readPosition();
        int pauseCount = 0;
        while (reached < log.fromPosition() && !stop.requested()) {
            final boolean isMore = log.poll();
            final long before = reached;
            reached = log.readPosition();
            if (!isMore && reached < log.fromPosition()) {
                final long ringEnd = log.ringEnd();
                pauseCount = reached > before ? 0 : pauseCount + 1;
                if (ringEnd < log.fromPosition() || pauseCount > PAUSES_MAX) {
                    throw notReached(log, ringEnd);
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    private static CommandFailure notReached(final StoreLog log, final long ringEnd) {
        final boolean isDamaged = ringEnd >= log.fromPosition();
        return new CommandFailure(
                ExitCode.STORE_ERROR,
                "the log ends before this position: --from=" + log.fromPosition() + " end=" + log.readPosition()
                        + (isDamaged
                                ? " ring end=" + ringEnd + "; what is missing in between is damaged, see quire verify"
                                : ""));
    }

    private void print(final StoreLog log, final LogPrinter printer, final StopRequest stop) throws IOException {
        // An owner that writes faster than this prints would never be through.
        final long end = follow ? -1 : log.ringEnd();
        printer.checkLimit();
        int pauseCount = 0;
        while (!stop.requested() && (end < 0 || log.position() < end)) {
            if (log.poll()) {
                pauseCount = 0;
                continue;
            }
            final String problem = endProblem(log, end);
            if (problem.isEmpty() && !follow) {
                return;
            }
            pauseCount = problem.isEmpty() ? 0 : pauseCount + 1;
            if (pauseCount > PAUSES_MAX) {
                throw new CommandFailure(ExitCode.STORE_ERROR, problem);
            }
            console().out().flush();
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Whoever follows a log waits for its next owner, whatever the last one has left; he reads what a ring says. */
    private String endProblem(final StoreLog log, final long end) {
        final boolean isThrough = follow ? log.ringEnd() <= log.readPosition() : end >= 0 && log.readPosition() >= end;
        return isThrough ? "" : log.endProblem();
    }
}

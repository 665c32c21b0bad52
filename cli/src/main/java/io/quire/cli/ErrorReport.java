/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.SystemReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Turns whatever ends a command into one line on standard error and an exit code.
 *
 * <p>Threading: confined to the main thread.
 */
final class ErrorReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Console console;
    private boolean reported;

    ErrorReport(final Console console) {
        this.console = console;
    }

    @Override
    public int handleParseException(final ParameterException failure, final String[] arguments) {
        console.say(oneLine(UsageMessage.of(failure)) + "; see '"
                + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(
            final Exception failure, final CommandLine commandLine, final ParseResult parseResult) {
        final boolean verbose = commandLine.getCommand() instanceof SubCommand command && command.verbose();
        return report(failure, verbose);
    }

    /** {@return whether the command failed; its output may be broken off anywhere} */
    boolean hasReported() {
        return reported;
    }

    int report(final Throwable failure, final boolean verbose) {
        reported = true;
        final Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof StandardOutput.ReaderGoneException) {
            return ExitCode.OK; // as with head: whoever read the output has what he wanted
        }
        console.say(message(cause));
        if (verbose) {
            failure.printStackTrace(console.err());
        }
        return cause instanceof CommandFailure named ? named.exitCode() : ExitCode.STORE_ERROR;
    }

    private static String message(final Throwable cause) {
        if (cause instanceof StoreFailedException && cause.getCause() instanceof StateStoreException root) {
            return oneLine(root.getMessage()) + "; when the cause is gone, run the command again";
        }
        final String text = cause.getMessage() == null ? cause.getClass().getSimpleName() : oneLine(cause.getMessage());
        if (cause instanceof CommandFailure || cause instanceof StateStoreException) {
            return text;
        }
        if (cause instanceof IOException || cause instanceof UncheckedIOException) {
            return cause instanceof FileSystemException failure ? fileSystemMessage(failure) : text;
        }
        if (cause instanceof OutOfMemoryError) {
            return "out of memory (" + text + "); the store is as after a kill: run the command again, with a larger"
                    + " heap in QUIRE_OPTS=-Xmx...";
        }
        return "internal error: " + cause.getClass().getSimpleName() + ": " + text
                + "; run again with --verbose for a stack trace";
    }

    private static String fileSystemMessage(final FileSystemException cause) {
        return (cause.getFile() == null ? "" : "'" + oneLine(cause.getFile()) + "': ")
                + oneLine(SystemReason.of(cause));
    }

    private static String oneLine(final String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}

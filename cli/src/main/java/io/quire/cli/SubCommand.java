/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What all commands have in common: help, verbosity, exit codes.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:everything was done",
            "1:what was checked is wrong",
            "2:the command line is wrong; nothing was done",
            "3:the store, an input or the output failed",
            "130, 143:ended by SIGINT or SIGTERM; the store was closed first"
        })
public abstract class SubCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--verbose", description = "Show where an error comes from, with a stack trace.", order = 98)
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.",
            order = 99)
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    protected SubCommand(final Console console) {
        this.console = console;
    }

    /** {@return the streams of the process} */
    protected final Console console() {
        return console;
    }

    /** {@return whether the user wants stack traces} */
    public final boolean verbose() {
        return verbose;
    }
}

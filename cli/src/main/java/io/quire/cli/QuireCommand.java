/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import io.quire.cli.demo.DemoCommand;
import io.quire.cli.inspect.InspectCommand;
import io.quire.cli.inspect.LogCommand;
import io.quire.cli.inspect.VerifyCommand;
import io.quire.cli.wordcount.WordCountCommand;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The {@code quire} command.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "quire",
        description = "Keyed state in off-heap pages, with incremental checkpoints and instant recovery.",
        versionProvider = QuireVersion.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "'quire COMMAND --help' tells more about a command."})
public final class QuireCommand extends SubCommand {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version and exit.",
            order = 97)
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean version;

    private QuireCommand(final Console console) {
        super(console);
    }

    /**
     * Runs the command and ends the process.
     *
     * @param arguments of the command line
     */
    public static void main(final String... arguments) {
        final Console console = Console.ofProcess();
        WarningLog.install(console);
        System.exit(run(console, FileName.repaired(arguments)));
    }

    /**
     * Runs the command.
     *
     * @param console its streams
     * @param arguments of the command line
     * @return the exit code
     */
    public static int run(final Console console, final String... arguments) {
        final ErrorReport errors = new ErrorReport(console);
        final PrintWriter out = new PrintWriter(new OutputStreamWriter(console.out(), StandardCharsets.UTF_8), false);
        final CommandLine commandLine = new CommandLine(new QuireCommand(console))
                .addSubcommand("wordcount", new WordCountCommand(console))
                .addSubcommand("demo", new DemoCommand(console))
                .addSubcommand("inspect", new InspectCommand(console))
                .addSubcommand("verify", new VerifyCommand(console))
                .addSubcommand("log", new LogCommand(console))
                .addSubcommand("help", new HelpCommand())
                .setExecutionExceptionHandler(errors)
                .setParameterExceptionHandler(errors)
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(out)
                .setErr(new PrintWriter(new OutputStreamWriter(console.err(), StandardCharsets.UTF_8), true));
        try {
            final int exitCode = commandLine.execute(arguments);
            if (!errors.hasReported()) {
                out.flush();
                console.out().flush();
            }
            return exitCode;
        } catch (final Exception | OutOfMemoryError | StackOverflowError e) {
            return errors.report(e, false);
        }
    }

    @Override
    public Integer call() {
        console().err().print(spec.commandLine().getUsageMessage());
        return ExitCode.USAGE;
    }
}

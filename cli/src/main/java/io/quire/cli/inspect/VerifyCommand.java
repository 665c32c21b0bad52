/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.StoreVerifier;
import io.quire.cli.Console;
import io.quire.cli.ExitCode;
import io.quire.cli.PathConverter;
import io.quire.cli.Progress;
import io.quire.cli.ProgressLine;
import io.quire.cli.Quantities;
import io.quire.cli.SubCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code quire verify}.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "verify",
        header = "Reads and checks every file of a store.",
        description = {
            "",
            "Every manifest, every checkpoint file a manifest names, every log segment. Each thing that is wrong is one"
                    + " line: FILE:OFFSET: what was found and what was expected. Reads only, and may look at a store"
                    + " that is open; files that its owner replaces meanwhile are left out.",
            ""
        })
public final class VerifyCommand extends SubCommand {
    @Parameters(
            index = "0",
            paramLabel = "DIR",
            converter = PathConverter.class,
            description = "Directory of the store.")
    private Path directory;

    @Option(
            names = "--structures",
            description = "Also load the newest checkpoint and walk its tables. Takes as much memory as the state.")
    private boolean structures;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print problems only.")
    private boolean quiet;

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    public VerifyCommand(final Console console) {
        super(console);
    }

    @Override
    public Integer call() throws IOException {
        final long startNs = System.nanoTime();
        final StoreVerifier.Report report;
        try (Progress progress = new Progress(console(), quiet, "verify", ProgressLine.Unit.BYTES)) {
            report = new StoreVerifier(directory, (done, total) -> {
                        progress.total(total);
                        progress.done(done);
                    })
                    .verify(structures);
        }
        final StringBuilder text = new StringBuilder();
        for (final StoreVerifier.Problem problem : report.problems()) {
            text.append(InspectionText.printable(problem.path().toString()));
            if (problem.offset() >= 0) {
                text.append(':').append(problem.offset());
            }
            text.append(": ")
                    .append(InspectionText.printable(problem.message()))
                    .append('\n');
        }
        if (!quiet) {
            text.append(summary(report, System.nanoTime() - startNs)).append('\n');
        }
        console().out().write(text.toString().getBytes(StandardCharsets.UTF_8));
        console().out().flush();
        return report.problems().isEmpty() ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    private static String verdict(final int problemCount) {
        return problemCount == 0 ? "ok: " : problemCount == 1 ? "1 problem: " : problemCount + " problems: ";
    }

    private String summary(final StoreVerifier.Report report, final long durationNs) {
        final StringBuilder line = new StringBuilder()
                .append(verdict(report.problems().size()))
                .append(report.manifestCount())
                .append(" manifests, ")
                .append(report.fileCount())
                .append(" checkpoint files with ")
                .append(Quantities.bytes(report.fileLength()));
        if (report.log() != null) {
            line.append(", ")
                    .append(report.log().segmentCount())
                    .append(" log segments with ")
                    .append(Quantities.count(report.log().recordCount()))
                    .append(" records");
        }
        if (structures && report.problems().isEmpty()) {
            line.append(", and the tables of the newest checkpoint");
        }
        return line.append(" in ").append(Quantities.duration(durationNs)).toString();
    }
}

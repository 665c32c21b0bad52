/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import io.quire.checkpoint.StoreInspection;
import io.quire.cli.Console;
import io.quire.cli.ExitCode;
import io.quire.cli.PathConverter;
import io.quire.cli.SubCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code quire inspect}.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "inspect",
        header = "Shows what is in a store.",
        description = {
            "",
            "States with entries and sizes, checkpoints with their files, log segments with their positions, and who"
                    + " has the store open. Reads only, and may look at a store that is open: then it shows the newest"
                    + " checkpoint.",
            ""
        })
public final class InspectCommand extends SubCommand {
    @Parameters(
            index = "0",
            paramLabel = "DIR",
            converter = PathConverter.class,
            description = "Directory of the store.")
    private Path directory;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "TEXT",
            description = "text or json. Default: text.")
    private Format format;

    private enum Format {
        TEXT,
        JSON
    }

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    public InspectCommand(final Console console) {
        super(console);
    }

    @Override
    public Integer call() throws IOException {
        final StoreInspection inspection = StoreInspection.of(directory);
        final String text = format == Format.JSON
                ? InspectionJson.render(inspection)
                : new InspectionText(inspection, ZoneId.systemDefault()).render();
        console().out().write(text.getBytes(StandardCharsets.UTF_8));
        console().out().flush();
        return ExitCode.OK;
    }
}

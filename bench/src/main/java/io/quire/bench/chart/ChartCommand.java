/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code bench charts}: draws the charts of finished runs again, from their raw data. */
@Command(
        name = "charts",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        description = "Draws charts, SVG and PNG, from the raw data of compare, latency, durability and tables runs.")
public final class ChartCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "Directories of results (with a result.json).")
    private List<Path> directories;

    @Override
    public Integer call() throws IOException {
        for (final Path directory : directories) {
            final Path result = directory.resolve("result.json");
            if (!Files.isRegularFile(result)) {
                throw new ParameterException(spec.commandLine(), "no result.json in " + directory);
            }
            final String kind =
                    String.valueOf(JSON.std.mapFrom(Files.readString(result)).get("kind"));
            switch (kind) {
                case "compare" -> CompareCharts.draw(directory);
                case "latency" -> LatencyCharts.draw(directory);
                case "durability" -> DurabilityCharts.draw(directory);
                case "tables" -> TablesCharts.draw(directory);
                default ->
                    throw new ParameterException(
                            spec.commandLine(), "unknown kind of result: found=" + kind + " file=" + result);
            }
            System.out.println("charts drawn: " + directory);
        }
        return 0;
    }
}

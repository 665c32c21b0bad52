/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.profile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import one.convert.Arguments;
import one.convert.FlameGraph;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code bench flamegraph}: draws what perf recorded. */
@Command(
        name = "flamegraph",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        description = "Turns the output of 'perf script' into collapsed stacks and a flame graph (HTML).")
public final class CollapseCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "PERF-SCRIPT", description = "What perf script printed.")
    private Path script;

    @Parameters(index = "1", paramLabel = "HTML", description = "The flame graph to write.")
    private Path graph;

    @Option(names = "--title", description = "Title of the flame graph.")
    private String title = "flame graph";

    @Override
    public Integer call() throws IOException {
        final PerfStacks stacks = new PerfStacks();
        // Symbols may be in any encoding; one that maps every byte cannot fail on them.
        try (Stream<String> lines = Files.lines(script, StandardCharsets.ISO_8859_1)) {
            stacks.add(lines);
        }
        final Path collapsed = graph.resolveSibling(graph.getFileName() + ".collapsed");
        Files.write(collapsed, stacks.collapsed().toList());
        FlameGraph.convert(collapsed.toString(), graph.toString(), new Arguments("--title", title));
        System.out.println("flame graph: " + graph);
        return 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.cli.CommandFailure;
import io.quire.cli.Console;
import io.quire.cli.DurationConverter;
import io.quire.cli.ExitCode;
import io.quire.cli.PathConverter;
import io.quire.cli.Progress;
import io.quire.cli.ProgressLine;
import io.quire.cli.Quantities;
import io.quire.cli.StopRequest;
import io.quire.cli.SubCommand;
import io.quire.store.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code quire wordcount}.
 *
 * <p>Threading: confined to the main thread.
 */
@Command(
        name = "wordcount",
        header = "Counts words, exactly, however often it is killed.",
        description = {
            "",
            "A word is a run of bytes that are not ASCII white space (space, \\t, \\n, \\v, \\f, \\r); any bytes, any"
                    + " length. The counts and the position in each FILE are kept in the store DIR and change together:"
                    + " killed at any instant and started again with the same arguments, the command goes on where it"
                    + " was. A FILE that is finished is not counted again, one that has grown is continued, one that"
                    + " was truncated or replaced is an error. A FILE is known by its real path. Without FILE, or for"
                    + " FILE -, standard input is counted: added to what is there, and not resumed.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  quire wordcount --dir /tmp/words --top 10 *.txt",
            "  quire wordcount --dir /tmp/words --dump --no-input > counts.tsv"
        })
public final class WordCountCommand extends SubCommand {
    private static final int DEFAULT_CHUNK_LENGTH = 1 << 21;
    private static final String STANDARD_INPUT = "-";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dir",
            required = true,
            paramLabel = "DIR",
            converter = PathConverter.class,
            description = "Directory of the store; made when it does not exist.")
    private Path directory;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            defaultValue = "1s",
            converter = DurationConverter.class,
            description = "Time between two checkpoints, such as 500ms, 1s or 2m; 0 for none but the one at the end."
                    + " Default: 1s.")
    private long intervalNs;

    @Option(
            names = "--durability",
            paramLabel = "LEVEL",
            defaultValue = "PROCESS",
            description = "What the log survives between checkpoints: none (nothing), process (kill -9), group or sync"
                    + " (power loss). The result is right with each; they differ in what is counted again. Default:"
                    + " process.")
    private Durability durability;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Print the N most frequent words, as COUNT<TAB>WORD; equally frequent ones by their bytes.")
    private Long top;

    @Option(
            names = "--dump",
            description = "Print all words, as COUNT<TAB>WORD, sorted by their bytes. After --top an empty line goes"
                    + " before it.")
    private boolean dump;

    @Option(names = "--no-input", description = "Count nothing, only print what is in the store.")
    private boolean noInput;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress and no summary.")
    private boolean quiet;

    @Option(names = "--chunk-length", hidden = true, defaultValue = "" + DEFAULT_CHUNK_LENGTH)
    private int chunkLength;

    @Parameters(paramLabel = "FILE", arity = "0..*", description = "Regular files to count.")
    private List<String> files = new ArrayList<>();

    /**
     * Creates the command.
     *
     * @param console streams of the process
     */
    public WordCountCommand(final Console console) {
        super(console);
    }

    @Override
    public Integer call() throws IOException {
        checkOptions();
        final List<Input> inputs = inputs();
        if (inputs.isEmpty() && !Files.exists(directory)) {
            throw new CommandFailure(ExitCode.STORE_ERROR, "there is no store in '" + directory + "'");
        }
        final long startNs = System.nanoTime();
        try (StopRequest stop = StopRequest.install(() -> {})) {
            try (DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                    .directory(directory)
                    .checkpointIntervalNs(intervalNs)
                    .durability(durability)
                    .checkpointOnClose(!inputs.isEmpty()))) {
                final WordLedger ledger = new WordLedger(store);
                final boolean complete = count(store, ledger, inputs, stop, startNs) && print(ledger, stop);
                if (!complete) {
                    console().say("interrupted; what was counted is in the store, the same command goes on from there");
                }
            }
        }
        return ExitCode.OK;
    }

    private void checkOptions() {
        if (top != null && top < 1) {
            throw new ParameterException(spec.commandLine(), "--top must be at least 1, not " + top);
        }
        if (noInput && !files.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--no-input and FILE exclude each other");
        }
        if (chunkLength < ScannedChunk.BYTES_MIN || chunkLength > 1 << 28) {
            throw new ParameterException(spec.commandLine(), "--chunk-length is out of range");
        }
    }

    private List<Input> inputs() {
        if (noInput) {
            return List.of();
        }
        if (files.isEmpty()) {
            if (console().inTerminal() && (dump || top != null)) {
                return List.of();
            }
            return List.of(standardInput());
        }
        final Map<String, Input> inputs = new LinkedHashMap<>();
        for (final String file : files) {
            final Input input = file.equals(STANDARD_INPUT) ? standardInput() : FileInput.find(file);
            inputs.putIfAbsent(java.util.HexFormat.of().formatHex(input.key()), input);
        }
        return List.copyOf(inputs.values());
    }

    private Input standardInput() {
        if (console().inTerminal() && !quiet) {
            console().say("counting standard input; end it with Ctrl-D");
        }
        return new StreamInput(console().in());
    }

    private boolean count(
            final DurableStateStore store,
            final WordLedger ledger,
            final List<Input> inputs,
            final StopRequest stop,
            final long startNs) {
        if (inputs.isEmpty()) {
            return true;
        }
        final boolean showProgress =
                !quiet && !(inputs.get(0) instanceof StreamInput && console().inTerminal());
        final boolean complete;
        final WordCountRun run;
        try (Progress progress = new Progress(console(), !showProgress, "wordcount", ProgressLine.Unit.BYTES)) {
            run = new WordCountRun(store, ledger, stop, progress, chunkLength);
            complete = run.count(inputs);
            store.checkpoint().join();
        }
        if (!quiet) {
            summarize(store, ledger, run, System.nanoTime() - startNs);
        }
        return complete;
    }

    private void summarize(
            final DurableStateStore store, final WordLedger ledger, final WordCountRun run, final long durationNs) {
        final StringBuilder line = new StringBuilder("counted ")
                .append(Quantities.bytes(run.length()))
                .append(", ")
                .append(Quantities.count(run.wordCount()))
                .append(" words, in ")
                .append(Quantities.duration(durationNs))
                .append(" (")
                .append(Quantities.bytes((long) Quantities.rate(run.length(), durationNs)))
                .append("/s); ")
                .append(Quantities.count(ledger.distinctCount()))
                .append(" different words in the store");
        if (run.unchangedCount() > 0) {
            line.append("; nothing was left to count in ")
                    .append(run.unchangedCount())
                    .append(" of the files");
        }
        if (!store.recoveryReport().created()) {
            line.append("; went on from checkpoint ")
                    .append(store.recoveryReport().checkpointId())
                    .append(" and ")
                    .append(Quantities.count(store.recoveryReport().logRecordCount()))
                    .append(" log records");
        }
        console().say(line.toString());
    }

    private boolean print(final WordLedger ledger, final StopRequest stop) throws IOException {
        if (top == null && !dump) {
            return true;
        }
        final long memoryLength = Runtime.getRuntime().maxMemory() / 3 * 2;
        boolean complete = true;
        try (Progress progress = new Progress(console(), quiet, "sorting", ProgressLine.Unit.COUNT)) {
            final WordPrinter printer = new WordPrinter(ledger, stop, progress, memoryLength);
            if (top != null) {
                complete = printer.printTop(console().out(), top);
            }
            if (dump && complete) {
                if (top != null) {
                    console().out().write('\n');
                }
                complete = printer.printAll(console().out());
            }
        }
        return complete;
    }
}

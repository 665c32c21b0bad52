/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.cli.Console;
import io.quire.cli.Progress;
import io.quire.cli.ProgressLine;
import io.quire.cli.StandardOutput;
import io.quire.cli.StopRequest;
import io.quire.store.Durability;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random files that grow, random chunks, runs that break off anywhere, against a plain model. */
class WordCountModelTest {
    private static final int CHUNK_LENGTH = ScannedChunk.BYTES_MIN;
    private static final int ROUNDS = 60;

    @TempDir
    private Path directory;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldCountExactlyHoweverFilesGrowAndRunsBreakOff() throws IOException {
        System.out.println("seed=" + seed + " replay: mvn test -pl cli -am -Dtest=WordCountModelTest -Dseed=" + seed);
        final List<ByteInput> inputs = new ArrayList<>();
        DurableStateStore store = open();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                change(inputs);
                final WordLedger ledger = new WordLedger(store);
                if (random.nextInt(3) == 0) {
                    countSome(ledger, inputs);
                } else {
                    countAll(ledger, inputs);
                    check(ledger, inputs, round);
                }
                if (random.nextInt(10) == 0) {
                    store.close();
                    store = open();
                }
            }
            final WordLedger ledger = new WordLedger(store);
            countAll(ledger, inputs);
            check(ledger, inputs, ROUNDS);
            assertNoOrphans(store, inputs);
        } finally {
            store.close();
        }
    }

    @Test
    void shouldKnowALongWordAgainThoughARunBrokeOffInsideIt() throws IOException {
        final int length = 3 * LongWords.PIECE_LENGTH + 17;
        final byte[] word = "w".repeat(length).getBytes(StandardCharsets.ISO_8859_1);
        final ByteInput whole = new ByteInput("/whole", word, () -> CHUNK_LENGTH);
        try (DurableStateStore store = open()) {
            countAll(new WordLedger(store), List.of(whole));
        }
        for (int chunks = 1; chunks < 8; chunks++) {
            final ByteInput broken = new ByteInput("/broken" + chunks, word, () -> CHUNK_LENGTH);
            try (DurableStateStore store = open()) {
                final WordLedger ledger = new WordLedger(store);
                final InputScanner scanner = new InputScanner(broken, 0, ledger.position(broken));
                final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
                for (int i = 0; i < chunks; i++) {
                    scanner.scan(chunk);
                    ledger.apply(broken, chunk);
                }
                assertThat(scanner.ended()).isFalse();
            }
            try (DurableStateStore store = open()) {
                final WordLedger ledger = new WordLedger(store);
                countAll(ledger, List.of(broken));
                assertThat(ledger.distinctCount()).isEqualTo(1);
                assertThat(print(ledger, 1)).isEqualTo(1 + chunks + "\t" + "w".repeat(length) + "\n");
                assertNoOrphans(store, List.of(whole));
            }
        }
    }

    @Test
    void shouldForgetTheBytesOfALongLastWordThatGrew() throws IOException {
        final ByteInput input =
                new ByteInput("/file", "a".repeat(50_000).getBytes(StandardCharsets.ISO_8859_1), () -> CHUNK_LENGTH);
        try (DurableStateStore store = open()) {
            countAll(new WordLedger(store), List.of(input));
            input.append("b".repeat(50_000).getBytes(StandardCharsets.ISO_8859_1));
            countAll(new WordLedger(store), List.of(input));
            assertNoOrphans(store, List.of(input));
        }
    }

    private DurableStateStore open() {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .durability(Durability.NONE)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(24)
                .checkpointIntervalNs(0));
    }

    private void change(final List<ByteInput> inputs) {
        if (inputs.isEmpty() || random.nextInt(6) == 0) {
            inputs.add(new ByteInput("/file" + inputs.size(), text(), this::readLength));
        } else {
            inputs.get(random.nextInt(inputs.size())).append(text());
        }
    }

    private int readLength() {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(8);
            case 1 -> 1 + random.nextInt(CHUNK_LENGTH);
            default -> CHUNK_LENGTH;
        };
    }

    private byte[] text() {
        final StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(300); i >= 0; i--) {
            if (random.nextInt(150) == 0) {
                // Few different ones, so that they meet again: around the limit, around pieces, and much longer.
                final int[] lengths = {4095, 4096, 4097, LongWords.PIECE_LENGTH, LongWords.PIECE_LENGTH + 1, 100_000};
                final int length = lengths[random.nextInt(lengths.length)];
                text.append("xy".charAt(random.nextInt(2)))
                        .append("z".repeat(length - 2))
                        .append("\0\1".charAt(random.nextInt(2)));
            } else {
                for (int j = random.nextInt(4); j >= 0; j--) {
                    text.append((char) (random.nextInt(8) == 0 ? random.nextInt(256) : 'a' + random.nextInt(4)));
                }
            }
            if (random.nextInt(40) != 0) {
                text.append(" \t\n\u000B\f\r".charAt(random.nextInt(6)));
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void countAll(final WordLedger ledger, final List<ByteInput> inputs) throws IOException {
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        for (final ByteInput input : inputs) {
            final FilePosition start = ledger.position(input);
            if (input.check(start)) {
                final InputScanner scanner = new InputScanner(input, 0, start);
                while (!scanner.ended()) {
                    scanner.scan(chunk);
                    ledger.apply(input, chunk);
                }
            }
        }
    }

    private void countSome(final WordLedger ledger, final List<ByteInput> inputs) throws IOException {
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        final ByteInput input = inputs.get(random.nextInt(inputs.size()));
        final FilePosition start = ledger.position(input);
        if (input.check(start)) {
            final InputScanner scanner = new InputScanner(input, 0, start);
            for (int i = random.nextInt(20); i >= 0 && !scanner.ended(); i--) {
                scanner.scan(chunk);
                ledger.apply(input, chunk);
            }
        }
    }

    private void check(final WordLedger ledger, final List<ByteInput> inputs, final int round) throws IOException {
        final Map<String, Long> expected =
                WordModel.count(inputs.stream().map(ByteInput::content).toArray(byte[][]::new));
        assertThat(ledger.distinctCount()).as("round %d, seed %d", round, seed).isEqualTo(expected.size());
        assertThat(print(ledger, Long.MAX_VALUE))
                .as("dump in round %d, seed %d", round, seed)
                .isEqualTo(WordModel.dump(expected));
        assertThat(print(ledger, 10))
                .as("top in round %d, seed %d", round, seed)
                .isEqualTo(WordModel.top(expected, 10));
    }

    private String print(final WordLedger ledger, final long top) throws IOException {
        final Console console = new Console(
                InputStream.nullInputStream(),
                new StandardOutput(OutputStream.nullOutputStream(), false),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                false,
                false,
                80);
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        // From one pass to many.
        final long memoryLength = random.nextBoolean() ? 1 << 17 : 1 << 26;
        try (StopRequest stop = StopRequest.install(() -> {});
                Progress progress = new Progress(console, true, "", ProgressLine.Unit.COUNT)) {
            final WordPrinter printer = new WordPrinter(ledger, stop, progress, memoryLength);
            if (top == Long.MAX_VALUE) {
                printer.printAll(out);
            } else {
                printer.printTop(out, top);
            }
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    /** Every piece belongs to a word that is counted. */
    private static void assertNoOrphans(final DurableStateStore store, final List<ByteInput> inputs) {
        final long longWordCount =
                WordModel.count(inputs.stream().map(ByteInput::content).toArray(byte[][]::new)).keySet().stream()
                        .filter(word -> word.length() > ScannedChunk.SHORT_WORD_MAX)
                        .count();
        final long[] expected = new long[1];
        final long[] directoryCount = new long[1];
        store.bytesState("long-words").forEach((key, value) -> {
            if (key.capacity() == FilePosition.DIGEST_LENGTH) {
                directoryCount[0]++;
                final long length = value.getLong(Long.BYTES, java.nio.ByteOrder.LITTLE_ENDIAN);
                expected[0] += (length + LongWords.PIECE_LENGTH - 1) / LongWords.PIECE_LENGTH;
            } else {
                assertThat(key.capacity()).as("only the id counter is left").isZero();
            }
        });
        assertThat(directoryCount[0]).isPositive().isEqualTo(longWordCount);
        assertThat(store.bytesState("long-word-pieces").size()).isEqualTo(expected[0]);
    }
}

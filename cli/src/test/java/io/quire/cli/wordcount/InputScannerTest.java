/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class InputScannerTest {
    private static final int CHUNK_LENGTH = ScannedChunk.BYTES_MIN;

    @Test
    void shouldFindTheSameWordsWhereverTwoChunksMeet() throws IOException {
        for (final String text : List.of(
                "",
                " ",
                "a",
                "word",
                "two words",
                " leading and trailing \n",
                "no newline at the end",
                "a\tb\nc\u000Bd\fe\rf  g",
                "nul\0in a \0 word\0",
                "\u00FF\u0085\u00A0 \u001C bytes that Unicode calls white space")) {
            final byte[] content = bytes(text);
            for (int split = 0; split <= content.length; split++) {
                assertThat(scan(content, lengths(split, content.length)))
                        .as("'%s' split at %d", text, split)
                        .isEqualTo(WordModel.count(content));
            }
            assertThat(scan(content, () -> 1)).as("'%s' byte by byte", text).isEqualTo(WordModel.count(content));
        }
    }

    @Test
    void shouldFindTheSameWordsWhereverThreeChunksMeet() throws IOException {
        final byte[] content = bytes("ab c\n\nde  f gh");
        for (int first = 0; first <= content.length; first++) {
            for (int second = first; second <= content.length; second++) {
                assertThat(scan(content, lengths(first, second - first, content.length)))
                        .as("split at %d and %d", first, second)
                        .isEqualTo(WordModel.count(content));
            }
        }
    }

    @Test
    void shouldTellShortWordsFromLongOnesAroundTheirLimit() throws IOException {
        for (int length = ScannedChunk.SHORT_WORD_MAX - 1; length <= ScannedChunk.SHORT_WORD_MAX + 1; length++) {
            final byte[] content = bytes("before " + "x".repeat(length) + " after");
            final int position = length;
            assertThat(scan(content, () -> 1)).isEqualTo(WordModel.count(content));
            assertThat(scan(content, () -> position)).isEqualTo(WordModel.count(content));
            assertThat(scan(content, () -> CHUNK_LENGTH)).isEqualTo(WordModel.count(content));
        }
    }

    @Test
    void shouldGiveOnWordsOfAnyLengthInPieces() throws IOException {
        for (final int length :
                new int[] {CHUNK_LENGTH - 1, CHUNK_LENGTH, CHUNK_LENGTH + 1, 5 * CHUNK_LENGTH, 200_000}) {
            final byte[] alone = bytes("x".repeat(length));
            final byte[] between = bytes("a " + "y".repeat(length) + "\nb");
            assertThat(scan(alone, () -> CHUNK_LENGTH)).isEqualTo(WordModel.count(alone));
            assertThat(scan(between, () -> CHUNK_LENGTH)).isEqualTo(WordModel.count(between));
            assertThat(scan(between, () -> 4999)).isEqualTo(WordModel.count(between));
        }
    }

    @Test
    void shouldLeaveAnUnfinishedWordForLater() throws IOException {
        final ByteInput input = new ByteInput("file", bytes("one two"), lengths(5, 2));
        final InputScanner scanner = new InputScanner(input, 0, FilePosition.start());
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        scanner.scan(chunk);
        assertThat(chunk.position).isEqualTo(4);
        assertThat(chunk.wordCount).isEqualTo(1);
        assertThat(chunk.last).isFalse();
        scanner.scan(chunk);
        assertThat(chunk.position).isEqualTo(4);
        assertThat(chunk.tailLength).isEqualTo(3);
        assertThat(chunk.last).isTrue();
    }

    @Test
    void shouldTakeBackTheLastWordOfAFileThatGoesOnWithIt() throws IOException {
        final ByteInput input = new ByteInput("file", bytes("foo bar"), () -> 100);
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        new InputScanner(input, 0, FilePosition.start()).scan(chunk);
        final FilePosition position = new FilePosition(
                chunk.position, chunk.tailLength, 0, 0, new byte[32], chunk.headCrc, chunk.recentCrc, chunk.wordCount);
        assertThat(position.seen()).isEqualTo(7);

        input.append(bytes("bar baz"));
        assertThat(goOn(input, position)).isEqualTo(Map.of("bar", -1L, "barbar", 1L, "baz", 1L));
        final ByteInput slow = new ByteInput("file", input.content(), () -> 1);
        assertThat(goOn(slow, position)).isEqualTo(Map.of("bar", -1L, "barbar", 1L, "baz", 1L));
    }

    private static Map<String, Long> goOn(final Input input, final FilePosition position) throws IOException {
        final InputScanner scanner = new InputScanner(input, 0, position);
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        final Map<String, Long> counts = new TreeMap<>();
        long wordCount = 0;
        long freshLength = 0;
        while (!scanner.ended()) {
            scanner.scan(chunk);
            addCounts(chunk, counts);
            wordCount += chunk.wordCount;
            freshLength += chunk.freshLength;
        }
        assertThat(wordCount).isEqualTo(1);
        assertThat(freshLength).isEqualTo(7);
        return counts;
    }

    @Test
    void shouldStopWhereTheFileEndedWhenItWasFound() throws IOException {
        final ByteInput input = new ByteInput("file", bytes("a b c"), () -> 100) {
            @Override
            public long length() {
                return 3;
            }
        };
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        final InputScanner scanner = new InputScanner(input, 0, FilePosition.start());
        scanner.scan(chunk);
        assertThat(scanner.ended()).isTrue();
        assertThat(chunk.position + chunk.tailLength).isEqualTo(3);
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static IntSupplier lengths(final Integer... lengths) {
        final Iterator<Integer> iterator = List.of(lengths).iterator();
        return () -> iterator.hasNext() ? iterator.next() : Integer.MAX_VALUE;
    }

    private static Map<String, Long> scan(final byte[] content, final IntSupplier readLengths) throws IOException {
        final ByteInput input = new ByteInput("input", content, readLengths);
        final InputScanner scanner = new InputScanner(input, 0, FilePosition.start());
        final ScannedChunk chunk = new ScannedChunk(CHUNK_LENGTH);
        final Map<String, Long> counts = new TreeMap<>();
        final ByteArrayOutputStream longWord = new ByteArrayOutputStream();
        long wordCount = 0;
        while (!scanner.ended()) {
            scanner.scan(chunk);
            addCounts(chunk, counts);
            for (int i = 0; i < chunk.pieceCount(); i++) {
                assertThat(chunk.pieceIsFirst(i)).isEqualTo(longWord.size() == 0);
                longWord.write(chunk.bytes, chunk.pieceOffset(i), chunk.pieceLength(i));
                if (chunk.pieceIsLast(i)) {
                    counts.merge(longWord.toString(StandardCharsets.ISO_8859_1), 1L, Long::sum);
                    longWord.reset();
                }
            }
            wordCount += chunk.wordCount;
        }
        assertThat(longWord.size()).isZero();
        assertThat(wordCount)
                .isEqualTo(counts.values().stream().mapToLong(v -> v).sum());
        assertThat(chunk.position + chunk.tailLength).isEqualTo(content.length);
        return counts;
    }

    private static void addCounts(final ScannedChunk chunk, final Map<String, Long> counts) {
        for (int i = 0; i < chunk.counts.size(); i++) {
            final String word = new String(
                    chunk.bytes, chunk.counts.offset(i), chunk.counts.length(i), StandardCharsets.ISO_8859_1);
            counts.merge(word, (long) chunk.counts.count(i), Long::sum);
        }
    }
}

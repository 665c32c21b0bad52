/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.SourcePosition;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Exactly once: the result of some input and the position in that input change in one batch. However often the
 * program is killed, no line is counted twice and none is left out. {@code quire wordcount} does the same for files
 * of any size and encoding.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class ResumableWordCount {
    private final DurableStateStore store;
    private final ValueState<String, Long> counts;
    private final SourcePosition linesDone;

    ResumableWordCount(final DurableStateStore store) {
        this.store = store;
        this.counts = store.valueState("counts", Codecs.STRING, Codecs.LONG);
        this.linesDone = store.source("text");
    }

    /**
     * Counts a small text in two runs.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            final Path text = Files.writeString(
                    scratch.path().resolve("text"), "the quick brown fox\njumps over\nthe lazy dog\nthe end\n");
            final Path directory = scratch.path().resolve("store");
            for (int run = 1; run <= 2; run++) {
                try (DurableStateStore store = DurableStateStore.open(directory)) {
                    final ResumableWordCount words = new ResumableWordCount(store);
                    // The first run ends in the middle, as if it had been killed.
                    final int lines = words.count(Files.readAllLines(text), run == 1 ? 2 : Integer.MAX_VALUE);
                    System.out.println("run " + run + " counted " + lines + " lines: " + words.counts());
                }
            }
        }
    }

    /**
     * Counts the lines that are not counted yet.
     *
     * @param lines the whole text
     * @param most ends after so many lines
     * @return how many were counted
     */
    int count(final List<String> lines, final int most) {
        final int from = (int) linesDone.get(0);
        final int to = (int) Math.min(lines.size(), (long) from + most);
        for (int i = from; i < to; i++) {
            store.beginBatch();
            for (final String word : lines.get(i).split(" ", -1)) {
                final Long count = counts.get(word);
                counts.put(word, count == null ? 1 : count + 1);
            }
            linesDone.set(i + 1);
            store.commitBatch();
        }
        return Math.max(0, to - from);
    }

    Map<String, Long> counts() {
        final Map<String, Long> sorted = new TreeMap<>();
        counts.forEach(sorted::put);
        return sorted;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts words the simple way. A word is a Latin-1 string, whose order is that of its bytes. */
final class WordModel {
    private WordModel() {}

    static Map<String, Long> count(final byte[]... contents) {
        final Map<String, Long> counts = new TreeMap<>();
        for (final byte[] content : contents) {
            for (final String word : new String(content, StandardCharsets.ISO_8859_1).split("[ \t\n\u000B\f\r]+")) {
                if (!word.isEmpty()) {
                    counts.merge(word, 1L, Long::sum);
                }
            }
        }
        return counts;
    }

    static String dump(final Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(e -> e.getValue() + "\t" + e.getKey() + "\n")
                .collect(Collectors.joining());
    }

    static String top(final Map<String, Long> counts, final int limit) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(limit)
                .map(e -> e.getValue() + "\t" + e.getKey() + "\n")
                .collect(Collectors.joining());
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WordArenaTest {
    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final WordArena arena = new WordArena(16 << 20, 0, (left, right) -> Long.compare(left, right));
    private final SortKey key = new SortKey();

    @Test
    void shouldSortByUnsignedBytesWithPrefixesFirst() {
        final List<String> words = new ArrayList<>(List.of(
                "\0",
                "\0\0",
                "\0\0\0\0\0\0\0\0",
                "\0\0\0\0\0\0\0\0\0",
                "a",
                "a\0",
                "a\0\0",
                "ab",
                "abcdefgh",
                "abcdefgh\0",
                "abcdefghi",
                "b",
                "\u007F",
                "\u0080",
                "\u00FF",
                "\u00FF\u00FF"));
        Collections.shuffle(words, new Random(seed));
        words.forEach(this::add);
        arena.sort();
        assertThat(content()).isEqualTo(new ArrayList<>(new TreeSet<>(words)));
    }

    @Test
    void shouldSortManyWordsWithLongCommonPrefixes() {
        final TreeSet<String> words = new TreeSet<>();
        while (words.size() < 20_000) {
            final StringBuilder word = new StringBuilder();
            word.append("p".repeat(random.nextInt(4) * 8)).append("\0".repeat(random.nextInt(3) * 5));
            for (int i = random.nextInt(10); i >= 0; i--) {
                word.append((char) (random.nextInt(4) * 85));
            }
            words.add(word.toString());
        }
        addShuffled(words);
        arena.sort();
        assertThat(content()).as("seed %d", seed).isEqualTo(new ArrayList<>(words));
    }

    @Test
    void shouldAskForTheOrderOfLongWordsThatAgreeInTheirPrefix() {
        for (final long id : new long[] {5, 3, 9, 1, 7, 2, 8, 4, 6, 11, 15, 13, 12, 14, 10}) {
            set("x".repeat(SortKey.LONG_WORD_PREFIX));
            key.longId = id;
            assertThat(arena.add(id, key)).isTrue();
        }
        add("x".repeat(SortKey.LONG_WORD_PREFIX - 1));
        add("xx");
        arena.sort();
        for (int i = 2; i < arena.size(); i++) {
            assertThat(arena.count(i)).isEqualTo(i - 1);
            arena.key(i, key);
            assertThat(key.longId).isEqualTo(i - 1);
        }
        arena.key(0, key);
        assertThat(key.length).isEqualTo(2);
    }

    @Test
    void shouldKeepTheFirstWordsOnly() {
        final TreeSet<String> words = new TreeSet<>();
        while (words.size() < 5_000) {
            words.add(Long.toString(random.nextLong(1L << random.nextInt(1, 60)), 36));
        }
        addShuffled(words);
        arena.sort();
        arena.keepFirst(1234);
        assertThat(arena.size()).isEqualTo(1234);
        add("+");
        arena.sort();
        final List<String> expected = new ArrayList<>(List.of("+"));
        expected.addAll(new ArrayList<>(words).subList(0, 1234));
        assertThat(content()).as("seed %d", seed).isEqualTo(expected);
    }

    @Test
    void shouldSayWhenItIsFull() {
        final WordArena small = new WordArena(1024, 1024, Long::compare);
        set("x".repeat(100));
        key.longId = 0;
        int count = 0;
        while (small.add(1, key)) {
            count++;
        }
        assertThat(count).isEqualTo(1024 / 112);
        small.sort();
        assertThat(small.size()).isEqualTo(count);
    }

    private void addShuffled(final Collection<String> words) {
        final List<String> shuffled = new ArrayList<>(words);
        Collections.shuffle(shuffled, new Random(seed));
        shuffled.forEach(this::add);
    }

    private void add(final String word) {
        set(word);
        key.longId = 0;
        assertThat(arena.add(word.length(), key)).isTrue();
    }

    private void set(final String word) {
        final byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, key.bytes, 0, bytes.length);
        key.length = bytes.length;
    }

    private List<String> content() {
        final List<String> content = new ArrayList<>();
        for (int i = 0; i < arena.size(); i++) {
            arena.key(i, key);
            content.add(new String(key.bytes, 0, key.length, StandardCharsets.ISO_8859_1));
        }
        return content;
    }
}

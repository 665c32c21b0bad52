/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Walks over parts of the key groups of typed states, against collections of the JDK. */
class TypedStateRangeModelTest {
    private static final int KEYS = 8_000;
    private static final int KEYS_SLOW = 30_000;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl store-core -am" + " -Dtest=TypedStateRangeModelTest -Dseed=" + seed;
    private final StateStore store = new StateStore(PagedMemory.anonymous(seed));

    private final ValueState<String, Long> values = store.valueState("values", Codecs.STRING, Codecs.LONG);
    private final ListState<String, Long> lists =
            store.state(TypedStateDescriptor.list("lists", Codecs.STRING, Codecs.LONG));
    private final MapState<String, Integer, Long> maps =
            store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, Codecs.LONG));
    private final ReducingState<String, Long> sums =
            store.state(TypedStateDescriptor.reducing("sums", Codecs.STRING, Codecs.LONG, Long::sum));
    private final AggregatingState<String, Long, Long, String> counts =
            store.state(TypedStateDescriptor.aggregating("counts", Codecs.STRING, Codecs.LONG, new Count()));

    private final Map<String, Long> valueModel = new HashMap<>();
    private final Map<String, List<Long>> listModel = new HashMap<>();
    private final Map<String, Map<Integer, Long>> mapModel = new HashMap<>();
    private final Map<String, Long> sumModel = new HashMap<>();
    private final Map<String, String> countModel = new HashMap<>();

    private int keyCount = KEYS;

    @AfterEach
    void close() {
        store.close();
    }

    private static final class Count implements AggregateFunction<Long, Long, String> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final Long value, final Long accumulator) {
            return accumulator + 1;
        }

        @Override
        public String getResult(final Long accumulator) {
            return "n" + accumulator;
        }

        @Override
        public Long merge(final Long first, final Long second) {
            return first + second;
        }
    }

    private void operation() {
        final String key = "key " + random.nextInt(keyCount);
        final long value = random.nextInt(1_000);
        final int inside = random.nextInt(3);
        if (random.nextInt(4) == 0) {
            values.remove(key);
            valueModel.remove(key);
            lists.remove(key);
            listModel.remove(key);
            maps.remove(key);
            mapModel.remove(key);
            sums.remove(key);
            sumModel.remove(key);
            counts.remove(key);
            countModel.remove(key);
            return;
        }
        values.put(key, value);
        valueModel.put(key, value);
        lists.add(key, value);
        listModel.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
        maps.put(key, inside, value);
        mapModel.computeIfAbsent(key, any -> new LinkedHashMap<>()).put(inside, value);
        sums.add(key, value);
        sumModel.merge(key, value, Long::sum);
        counts.add(key, value);
        countModel.merge(key, "n1", (old, one) -> "n" + (Integer.parseInt(old.substring(1)) + 1));
    }

    private void fill() {
        for (int i = 0; i < 2 * keyCount; i++) {
            operation();
        }
    }

    @Test
    void shouldVisitKeysAndEntriesOfEachPartOnce() {
        visitPartsOnce();
    }

    @Test
    @Tag("slow")
    void shouldVisitKeysAndEntriesOfEachPartOnceOfManyKeys() {
        keyCount = KEYS_SLOW;
        visitPartsOnce();
    }

    private void visitPartsOnce() {
        fill();
        for (final int parts : new int[] {1, 2, 5, 64}) {
            final Set<String> keys = new HashSet<>();
            final Map<String, Long> foundValues = new HashMap<>();
            final Map<String, List<Long>> foundLists = new HashMap<>();
            final Map<String, Map<Integer, Long>> foundMaps = new HashMap<>();
            final Map<String, Long> foundSums = new HashMap<>();
            final Map<String, String> foundCounts = new HashMap<>();
            for (int part = 0; part < parts; part++) {
                final KeyGroupRange range = KeyGroupRange.part(part, parts);
                values.forEachKey(range, key -> {
                    assertThat(range.contains(values.keyGroupOf(key)))
                            .as(replay)
                            .isTrue();
                    assertThat(values.keyGroupOf(key)).isEqualTo(maps.keyGroupOf(key));
                    assertThat(keys.add(key)).as(replay).isTrue();
                });
                values.forEach(range, (key, value) -> {
                    assertThat(range.contains(values.keyGroupOf(key)))
                            .as(replay)
                            .isTrue();
                    assertThat(foundValues.put(key, value)).as(replay).isNull();
                });
                lists.forEach(range, (key, value) -> {
                    assertThat(range.contains(lists.keyGroupOf(key))).as(replay).isTrue();
                    foundLists.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
                });
                maps.forEach(range, (key, inside, value) -> {
                    assertThat(range.contains(maps.keyGroupOf(key))).as(replay).isTrue();
                    assertThat(foundMaps
                                    .computeIfAbsent(key, any -> new LinkedHashMap<>())
                                    .put(inside, value))
                            .as(replay)
                            .isNull();
                });
                sums.forEach(
                        range,
                        (key, value) ->
                                assertThat(foundSums.put(key, value)).as(replay).isNull());
                counts.forEach(
                        range,
                        (key, result) -> assertThat(foundCounts.put(key, result))
                                .as(replay)
                                .isNull());
            }
            assertThat(keys).as(replay).isEqualTo(valueModel.keySet());
            assertThat(foundValues).as(replay).isEqualTo(valueModel);
            assertThat(foundLists).as(replay).isEqualTo(listModel);
            assertThat(foundMaps).as(replay).isEqualTo(mapModel);
            mapModel.forEach((key, map) ->
                    assertThat(foundMaps.get(key).keySet()).as(replay).containsExactlyElementsOf(map.keySet()));
            assertThat(foundSums).as(replay).isEqualTo(sumModel);
            assertThat(foundCounts).as(replay).isEqualTo(countModel);
        }
    }

    @Test
    void shouldVisitWhatStaysOnceWhileThePartIsWrittenTo() {
        visitWhileWritten();
    }

    @Test
    @Tag("slow")
    void shouldVisitWhatStaysOnceWhileThePartIsWrittenToOfManyKeys() {
        keyCount = KEYS_SLOW;
        visitWhileWritten();
    }

    private void visitWhileWritten() {
        fill();
        for (int round = 0; round < 10; round++) {
            final int parts = 1 + random.nextInt(9);
            final KeyGroupRange range = KeyGroupRange.part(random.nextInt(parts), parts);
            final Set<String> stay = new HashSet<>();
            valueModel.keySet().forEach(key -> {
                if (range.contains(values.keyGroupOf(key))) {
                    stay.add(key);
                }
            });
            final Set<String> seen = new HashSet<>();
            values.forEach(range, (key, value) -> {
                assertThat(range.contains(values.keyGroupOf(key))).as(replay).isTrue();
                assertThat(seen.add(key)).as(replay).isTrue();
                assertThat(value).as(replay).isEqualTo(valueModel.get(key));
                for (int i = random.nextInt(4); i > 0; i--) { // also splits and merges segments under the walk
                    final String other = "key " + random.nextInt(2 * keyCount);
                    if (random.nextInt(3) > 0) {
                        values.remove(other);
                        valueModel.remove(other);
                        stay.remove(other);
                    } else {
                        values.put(other, 5L);
                        valueModel.put(other, 5L);
                    }
                }
            });
            assertThat(seen).as(replay).containsAll(stay);
        }
        final Set<String> all = new HashSet<>();
        values.forEachKey(all::add);
        assertThat(all).as(replay).isEqualTo(valueModel.keySet());
    }

    @Test
    void shouldVisitOneKeyGroup() {
        fill();
        final String wanted = valueModel.keySet().iterator().next();
        final KeyGroupRange one = new KeyGroupRange(values.keyGroupOf(wanted), values.keyGroupOf(wanted));
        final Set<String> expected = new HashSet<>();
        valueModel.keySet().stream()
                .filter(key -> values.keyGroupOf(key) == one.first())
                .forEach(expected::add);
        final Set<String> found = new HashSet<>();
        values.forEach(one, (key, value) -> found.add(key));
        assertThat(found).as(replay).isEqualTo(expected).contains(wanted);
    }

    @Test
    void shouldKeepToTheSelectedNamespace() {
        final NamespacedState<String, Long, ListState<String, Long>> windows =
                store.state(TypedStateDescriptor.list("windows", Codecs.STRING, Codecs.LONG), Codecs.LONG);
        final NamespacedState<String, Long, ValueState<String, Long>> last =
                store.state(TypedStateDescriptor.value("last", Codecs.STRING, Codecs.LONG), Codecs.LONG);
        for (long i = 0; i < 3_000; i++) {
            windows.in(i % 3).add("key " + i, i);
            last.in(i % 3).put("key " + i, i);
        }
        final Set<Long> elements = new TreeSet<>();
        final Set<Long> lasts = new TreeSet<>();
        final Set<String> keys = new TreeSet<>();
        final Set<String> pairs = new TreeSet<>();
        for (int part = 0; part < 4; part++) {
            final KeyGroupRange range = KeyGroupRange.part(part, 4);
            windows.in(1L).forEach(range, (key, element) -> {
                assertThat(range.contains(windows.in(1L).keyGroupOf(key))).isTrue();
                elements.add(element);
            });
            last.in(1L).forEach(range, (key, value) -> lasts.add(value));
            windows.in(1L).forEachKey(range, keys::add);
            windows.forEachKey(
                    range,
                    (key, window) -> assertThat(pairs.add(key + "/" + window)).isTrue());
        }
        assertThat(elements).hasSize(1_000).allMatch(element -> element % 3 == 1);
        assertThat(lasts).isEqualTo(elements);
        assertThat(keys).hasSize(1_000);
        assertThat(pairs).hasSize(3_000);
    }

    @Test
    void shouldEndAWalkWhoseListIsTakenAway() {
        lists.addAll("a", List.of(1L, 2L, 3L));
        assertThatThrownBy(() -> lists.forEach((key, element) -> lists.remove(key)))
                .isInstanceOf(ConcurrentModificationException.class);
        maps.put("a", 1, 1L);
        maps.put("a", 2, 2L);
        maps.put("a", 3, 3L);
        assertThatThrownBy(() -> maps.forEach((key, inside, value) -> maps.remove(key, inside + 1)))
                .isInstanceOf(ConcurrentModificationException.class);
        final List<Long> seen = new ArrayList<>();
        lists.addAll("b", List.of(1L, 2L, 3L));
        lists.forEach((key, element) -> { // appending is no trouble
            seen.add(element);
            lists.add(key, 9L);
        });
        assertThat(seen).containsExactly(1L, 2L, 3L);
        assertThat(lists.size("b")).isEqualTo(6);
        assertThat(store.dropState("lists")).as("no walk is left open").isTrue();
    }
}

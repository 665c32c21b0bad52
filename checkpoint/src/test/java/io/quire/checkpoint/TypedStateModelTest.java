/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on every kind of typed state and on collections of the JDK, with namespaces, both styles of keys,
 * codecs and functions that throw half way, batches taken back, checkpoints, replay of the log and reopening in
 * between.
 */
class TypedStateModelTest {
    private static final String POISON = "poison";

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=TypedStateModelTest -Dseed=" + seed;

    private Model model = new Model();
    private DurableStateStore store;
    private NamespacedState<Integer, Long, ListState<Integer, String>> lists;
    private MapState<String, Integer, String> maps;
    private ValueState<Integer, String> values;
    private NamespacedState<Integer, Long, ReducingState<Integer, String>> longest;
    private NamespacedState<Integer, Long, AggregatingState<Integer, String, Long, String>> lengths;

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(20, 2_000);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(1_000, 20_000);
    }

    private void run(final int sessions, final int operations) {
        for (int session = 0; session < sessions; session++) {
            open();
            compare();
            final int count = random.nextInt(operations);
            for (int i = 0; i < count; i++) {
                step();
            }
            if (random.nextInt(3) == 0) {
                store.checkpoint().join();
            }
            compare();
            store.close();
        }
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .durability(random.nextBoolean() ? Durability.PROCESS : Durability.GROUP)
                .changeRingLength(64 * 1024 << random.nextInt(4))
                .logSegmentLength(256 * 1024)
                .capturePoolLength(64 * 1024)
                .checkpointIntervalNs(random.nextBoolean() ? 0 : 5_000_000)
                .hydrateInBackground(random.nextBoolean())
                .checkpointOnClose(random.nextBoolean()));
        final Codec<String> text = new PoisonedCodec();
        lists = store.state(TypedStateDescriptor.list("lists", Codecs.INT, text), Codecs.LONG);
        maps = store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, text));
        values = store.valueState("values", Codecs.INT, text);
        longest = store.state(
                TypedStateDescriptor.reducing("longest", Codecs.INT, text, TypedStateModelTest::longer), Codecs.LONG);
        lengths = store.state(
                TypedStateDescriptor.aggregating("lengths", Codecs.INT, Codecs.LONG, new Lengths()), Codecs.LONG);
    }

    private static String longer(final String first, final String second) {
        if (second.endsWith(POISON)) {
            throw new IllegalArgumentException(POISON);
        }
        return second.length() > first.length() ? second : first;
    }

    private void step() {
        final int kind = random.nextInt(1000);
        if (kind < 40) {
            batch();
        } else if (kind == 40) {
            store.checkpoint();
        } else if (kind == 41) {
            drop();
        } else {
            operation();
        }
    }

    private void drop() {
        switch (random.nextInt(6)) {
            case 0 -> {
                lists.clear();
                model.lists.clear();
            }
            case 1 -> {
                maps.clear();
                model.maps.clear();
            }
            case 2 -> {
                assertThat(store.dropState("lists")).isTrue();
                model.lists.clear();
                lists = store.state(TypedStateDescriptor.list("lists", Codecs.INT, new PoisonedCodec()), Codecs.LONG);
            }
            case 3 -> {
                assertThat(store.dropState("maps")).isTrue();
                assertThat(store.dropState("maps")).isFalse();
                model.maps.clear();
                maps = store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, new PoisonedCodec()));
            }
            default -> {}
        }
    }

    private void batch() {
        final Model before = model.copy();
        store.beginBatch();
        final int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            operation();
        }
        if (random.nextBoolean()) {
            store.commitBatch();
        } else {
            store.rollbackBatch();
            model = before;
            if (random.nextInt(4) == 0) {
                compare();
            }
        }
    }

    private void operation() {
        switch (random.nextInt(6)) {
            case 0, 1 -> onList();
            case 2, 3 -> onMap();
            case 4 -> onValue();
            default -> onAggregates();
        }
    }

    private String text() {
        final int kind = random.nextInt(400);
        if (kind < 8) {
            return "x".repeat(random.nextInt(5)) + POISON;
        }
        final int length = kind == 8 ? random.nextInt(20_000) : random.nextInt(20);
        return Long.toString(random.nextLong(), 36) + "y".repeat(length);
    }

    private static boolean poisoned(final List<String> texts) {
        return texts.stream().anyMatch(text -> text.endsWith(POISON));
    }

    /** Runs an operation; it must throw if and only if something is poisoned. Returns whether it was done. */
    private boolean done(final List<String> texts, final Runnable operation) {
        if (poisoned(texts)) {
            assertThatThrownBy(operation::run).as(replay).hasMessage(POISON);
            return false;
        }
        operation.run();
        return true;
    }

    private void onList() {
        final int key = random.nextInt(40);
        final long window = random.nextInt(4);
        final String at = window + "/" + key;
        final List<String> had = model.lists.getOrDefault(at, List.of());
        final ListState<Integer, String> state = lists.in(window);
        final boolean current = random.nextBoolean();
        store.setCurrentKey(key);
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> {
                final String text = text();
                if (done(List.of(text), () -> {
                    if (current) {
                        state.current().add(text);
                    } else {
                        state.add(key, text);
                    }
                })) {
                    model.lists.computeIfAbsent(at, any -> new ArrayList<>()).add(text);
                }
            }
            case 3 -> {
                final List<String> texts = texts();
                if (done(texts, () -> {
                    if (current) {
                        state.current().addAll(texts);
                    } else {
                        state.addAll(key, texts);
                    }
                })) {
                    model.lists.computeIfAbsent(at, any -> new ArrayList<>()).addAll(texts);
                }
            }
            case 4 -> {
                final List<String> texts = random.nextInt(4) == 0 ? null : texts();
                if (done(texts == null ? List.of() : texts, () -> {
                    if (current) {
                        state.current().update(texts);
                    } else {
                        state.update(key, texts);
                    }
                })) {
                    model.lists.put(at, texts == null ? new ArrayList<>() : new ArrayList<>(texts));
                }
            }
            case 5 -> {
                assertThat(state.remove(key)).as(replay).isEqualTo(!had.isEmpty());
                model.lists.remove(at);
            }
            case 6 -> {
                final List<Long> sources = List.of((window + 1) % 4, (window + 2) % 4, window);
                lists.merge(key, window, sources);
                final List<String> all = new ArrayList<>(had);
                for (final long source : sources) {
                    if (source != window) {
                        final List<String> moved = model.lists.remove(source + "/" + key);
                        all.addAll(moved == null ? List.of() : moved);
                    }
                }
                model.lists.put(at, all);
            }
            default ->
                assertThat(current ? state.current().get() : state.get(key))
                        .as(replay)
                        .containsExactlyElementsOf(had);
        }
        if (model.lists.containsKey(at) && model.lists.get(at).isEmpty()) {
            model.lists.remove(at);
        }
    }

    private List<String> texts() {
        final List<String> texts = new ArrayList<>();
        for (int left = random.nextInt(12); left > 0; left--) {
            texts.add(text());
        }
        return texts;
    }

    private void onMap() {
        final String key = "map" + random.nextInt(20);
        final int inside = random.nextInt(60);
        final Map<Integer, String> had = model.maps.computeIfAbsent(key, any -> new LinkedHashMap<>());
        final boolean current = random.nextBoolean();
        store.setCurrentKey(key);
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                final String text = text();
                if (done(List.of(text), () -> {
                    if (current) {
                        maps.current().put(inside, text);
                    } else {
                        maps.put(key, inside, text);
                    }
                })) {
                    had.put(inside, text);
                }
            }
            case 3 -> {
                final Map<Integer, String> more = new LinkedHashMap<>();
                texts().forEach(text -> more.put(random.nextInt(60), text));
                if (done(List.copyOf(more.values()), () -> maps.putAll(key, more))) {
                    had.putAll(more);
                }
            }
            case 4 -> assertThat(maps.remove(key, inside)).as(replay).isEqualTo(had.remove(inside) != null);
            case 5 -> {
                if (random.nextInt(5) == 0) {
                    assertThat(maps.remove(key)).as(replay).isEqualTo(!had.isEmpty());
                    had.clear();
                }
            }
            case 6 -> walkAndChange(key, had);
            case 7 -> {
                assertThat(maps.containsKey(key, inside)).as(replay).isEqualTo(had.containsKey(inside));
                assertThat(maps.size(key)).as(replay).isEqualTo(had.size());
            }
            default ->
                assertThat(current ? maps.current().get(inside) : maps.get(key, inside))
                        .as(replay)
                        .isEqualTo(had.get(inside));
        }
        if (had.isEmpty()) {
            model.maps.remove(key);
        }
    }

    private void walkAndChange(final String key, final Map<Integer, String> had) {
        final Iterator<Map.Entry<Integer, String>> expected = had.entrySet().iterator();
        final Iterator<Map.Entry<Integer, String>> found = maps.entries(key).iterator();
        while (expected.hasNext()) {
            final Map.Entry<Integer, String> entry = expected.next();
            final Map.Entry<Integer, String> foundEntry = found.next();
            assertThat(foundEntry).as(replay).isEqualTo(entry);
            switch (random.nextInt(8)) {
                case 0 -> {
                    expected.remove();
                    found.remove();
                }
                case 1 -> {
                    final String text = text();
                    if (done(List.of(text), () -> foundEntry.setValue(text))) {
                        entry.setValue(text);
                    }
                }
                default -> {}
            }
        }
        assertThat(found.hasNext()).as(replay).isFalse();
    }

    private void onValue() {
        final int key = random.nextInt(200);
        store.setCurrentKey(key);
        switch (random.nextInt(4)) {
            case 0 -> {
                final String text = text();
                if (done(List.of(text), () -> values.current().update(text))) {
                    model.values.put(key, text);
                }
            }
            case 1 -> {
                values.current().update(null);
                model.values.remove(key);
            }
            case 2 -> assertThat(values.remove(key)).as(replay).isEqualTo(model.values.remove(key) != null);
            default -> assertThat(values.current().value()).as(replay).isEqualTo(model.values.get(key));
        }
    }

    private void onAggregates() {
        final int key = random.nextInt(40);
        final long window = random.nextInt(3);
        final String at = window + "/" + key;
        final String text = text();
        store.setCurrentKey(key);
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                if (done(List.of(text), () -> longest.in(window).add(key, text))) {
                    model.longest.merge(at, text, TypedStateModelTest::longer);
                }
            }
            case 2, 3 -> {
                if (done(List.of(text), () -> lengths.in(window).current().add(text))) {
                    model.lengths.merge(at, (long) text.length(), Long::sum);
                }
            }
            default -> {
                final long source = (window + 1) % 3;
                longest.merge(key, window, List.of(source));
                lengths.merge(key, window, List.of(source));
                final String moved = model.longest.remove(source + "/" + key);
                if (moved != null) {
                    model.longest.merge(at, moved, TypedStateModelTest::longer);
                }
                final Long movedLength = model.lengths.remove(source + "/" + key);
                if (movedLength != null) {
                    model.lengths.merge(at, movedLength, Long::sum);
                }
                assertThat(longest.in(window).get(key)).as(replay).isEqualTo(model.longest.get(at));
            }
        }
    }

    private void compare() {
        for (final KeyedState state : store.stateStore().states()) {
            state.checkInvariants();
        }
        final Map<String, List<String>> foundLists = new TreeMap<>();
        lists.forEachKey((key, window) -> {
            final List<String> list = new ArrayList<>();
            lists.in(window).get(key).forEach(list::add);
            foundLists.put(window + "/" + key, list);
        });
        assertThat(foundLists).as(replay).isEqualTo(model.lists);
        assertThat(lists.size())
                .as(replay)
                .isEqualTo(model.lists.values().stream().mapToLong(List::size).sum());
        final Map<String, List<Map.Entry<Integer, String>>> foundMaps = new TreeMap<>();
        maps.forEachKey(key -> {
            final List<Map.Entry<Integer, String>> entries = new ArrayList<>();
            maps.entries(key).forEach(entries::add);
            foundMaps.put(key, entries);
        });
        final Map<String, List<Map.Entry<Integer, String>>> expectedMaps = new TreeMap<>();
        model.maps.forEach((key, map) -> expectedMaps.put(key, new ArrayList<>(map.entrySet())));
        assertThat(foundMaps).as(replay).isEqualTo(expectedMaps);
        final Map<Integer, String> foundValues = new TreeMap<>();
        values.forEach(foundValues::put);
        assertThat(foundValues).as(replay).isEqualTo(model.values);
        final Map<String, String> foundLongest = new TreeMap<>();
        longest.forEachKey((key, window) ->
                foundLongest.put(window + "/" + key, longest.in(window).get(key)));
        assertThat(foundLongest).as(replay).isEqualTo(model.longest);
        final Map<String, Long> foundLengths = new TreeMap<>();
        lengths.forEachKey((key, window) -> foundLengths.put(
                window + "/" + key, Long.parseLong(lengths.in(window).get(key))));
        assertThat(foundLengths).as(replay).isEqualTo(model.lengths);
    }

    private static final class Model {
        private final Map<String, List<String>> lists = new TreeMap<>();
        private final Map<String, Map<Integer, String>> maps = new TreeMap<>();
        private final Map<Integer, String> values = new TreeMap<>();
        private final Map<String, String> longest = new TreeMap<>();
        private final Map<String, Long> lengths = new TreeMap<>();

        Model copy() {
            final Model copy = new Model();
            lists.forEach((key, list) -> copy.lists.put(key, new ArrayList<>(list)));
            maps.forEach((key, map) -> copy.maps.put(key, new LinkedHashMap<>(map)));
            copy.values.putAll(values);
            copy.longest.putAll(longest);
            copy.lengths.putAll(lengths);
            return copy;
        }
    }

    private static final class Lengths implements AggregateFunction<String, Long, String> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final String value, final Long accumulator) {
            if (value.endsWith(POISON)) {
                throw new IllegalArgumentException(POISON);
            }
            return accumulator + value.length();
        }

        @Override
        public String getResult(final Long accumulator) {
            return accumulator.toString();
        }

        @Override
        public Long merge(final Long first, final Long second) {
            return first + second;
        }
    }

    /** Throws after it has written half of what it was given, when that is poison. */
    private static final class PoisonedCodec implements Codec<String> {
        @Override
        public String id() {
            return "test.poisoned";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public int encode(final String value, final MutableDirectBuffer buffer, final int offset) {
            final int length = Codecs.STRING.encode(value, buffer, offset);
            if (value.endsWith(POISON)) {
                throw new IllegalArgumentException(POISON);
            }
            return length;
        }

        @Override
        public String decode(final DirectBuffer buffer, final int offset, final int length) {
            return Codecs.STRING.decode(buffer, offset, length);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.Durability;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on states of every kind whose entries expire, and on collections of the JDK that know when each
 * entry was written: with a clock that goes forth and back, times to live that are given, changed, switched off and on
 * at each opening, batches taken back, removal of expired entries whenever the store likes, replay of the log and
 * checkpoints.
 */
class TimeToLiveModelTest {
    record Text(String text) {}

    private static final Codec<Text> TEXT = Codecs.record(Text.class);

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=TimeToLiveModelTest -Dseed=" + seed;

    private final AtomicLong clock = new AtomicLong(1_000_000);
    private long nowMs; // by which entries expire: the clock's, but never back
    private long recordedMs; // when the store was closed, once a state has had a time to live
    private long removed;
    private long expired; // how often something that had was met
    private Model model = new Model();
    private final Expiry valueExpiry = new Expiry();
    private final Expiry listExpiry = new Expiry();
    private final Expiry mapExpiry = new Expiry();
    private final Expiry sumExpiry = new Expiry();
    private final Expiry countExpiry = new Expiry();
    private DurableStateStore store;
    private ValueState<Integer, String> values;
    private NamespacedState<Integer, Long, ListState<Integer, Integer>> lists;
    private MapState<String, Integer, Text> maps;
    private NamespacedState<Integer, Long, ReducingState<Integer, Long>> sums;
    private AggregatingState<Integer, Integer, Long, Long> counts;

    /** Something, and when it was written; null = before timestamps were kept. */
    private record Timed<V>(V value, Long ms) {}

    /** What a state does with the time of its entries. */
    private final class Expiry {
        private TimeToLive ttl = TimeToLive.OFF;
        private boolean timestamped;
        private long sinceMs;

        <K, S extends TypedState<K>> TypedStateDescriptor<K, S> open(final TypedStateDescriptor<K, S> descriptor) {
            if (random.nextInt(3) == 0) {
                return descriptor;
            }
            final UpdateType[] types = UpdateType.values();
            final UpdateType type = types[random.nextInt(types.length)];
            ttl = type == UpdateType.DISABLED ? TimeToLive.OFF : new TimeToLive(type, 1 + random.nextInt(300));
            if (type != UpdateType.DISABLED && !timestamped) {
                timestamped = true;
                sinceMs = nowMs;
            }
            return descriptor.withTimeToLive(ttl);
        }

        boolean live(final Timed<?> entry) {
            final boolean live = entry != null
                    && (ttl.updateType() == UpdateType.DISABLED || nowMs - ageMs(entry) < ttl.durationMs());
            expired += entry != null && !live ? 1 : 0;
            return live;
        }

        long ageMs(final Timed<?> entry) {
            return entry.ms() == null ? sinceMs : entry.ms();
        }

        <V> Timed<V> written(final V value, final Timed<V> before) {
            if (!timestamped) {
                return new Timed<>(value, null);
            }
            final boolean kept = ttl.updateType() == UpdateType.ON_CREATE && live(before);
            return new Timed<>(value, kept ? ageMs(before) : nowMs);
        }

        <K, V> V read(final Map<K, Timed<V>> entries, final K key) {
            final Timed<V> entry = entries.get(key);
            if (!live(entry)) {
                return null;
            }
            if (ttl.updateType() == UpdateType.ON_READ_AND_WRITE) {
                entries.put(key, new Timed<>(entry.value(), nowMs));
            }
            return entry.value();
        }

        <K, V> Map<K, V> live(final Map<K, Timed<V>> entries) {
            final Map<K, V> live = new HashMap<>();
            entries.forEach((key, entry) -> {
                if (live(entry)) {
                    live.put(key, entry.value());
                }
            });
            return live;
        }

        /** All of a list is read at once. */
        List<Integer> read(final Map<String, List<Timed<Integer>>> lists, final String at) {
            final List<Timed<Integer>> had = lists.getOrDefault(at, List.of());
            if (ttl.updateType() == UpdateType.ON_READ_AND_WRITE && !had.isEmpty()) {
                had.replaceAll(entry -> live(entry) ? new Timed<>(entry.value(), nowMs) : entry);
            }
            return live(had);
        }

        List<Integer> live(final List<Timed<Integer>> elements) {
            return elements.stream().filter(this::live).map(Timed::value).toList();
        }
    }

    private static final class Model {
        private final Map<Integer, Timed<String>> values = new TreeMap<>();
        private final Map<String, List<Timed<Integer>>> lists = new TreeMap<>();
        private final Map<String, Map<Integer, Timed<Text>>> maps = new TreeMap<>();
        private final Map<String, Timed<Long>> sums = new TreeMap<>();
        private final Map<Integer, Timed<Long>> counts = new TreeMap<>();

        Model copy() {
            final Model copy = new Model();
            copy.values.putAll(values);
            lists.forEach((key, list) -> copy.lists.put(key, new ArrayList<>(list)));
            maps.forEach((key, map) -> copy.maps.put(key, new TreeMap<>(map)));
            copy.sums.putAll(sums);
            copy.counts.putAll(counts);
            return copy;
        }
    }

    @Test
    void shouldBehaveAsTheModelAcrossReopening() {
        run(25, 2_000);
        assertThat(removed).as(replay).isGreaterThan(100);
        assertThat(expired).as(replay).isGreaterThan(100);
    }

    @Test
    @Tag("slow")
    void shouldBehaveAsTheModelForLong() {
        run(600, 10_000);
    }

    private void run(final int sessions, final int operations) {
        for (int session = 0; session < sessions; session++) {
            clock.addAndGet(random.nextInt(400) - 200);
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
            clean();
            removed += store.expiryCounters().removed();
            store.close();
            if (valueExpiry.timestamped
                    || listExpiry.timestamped
                    || mapExpiry.timestamped
                    || sumExpiry.timestamped
                    || countExpiry.timestamped) {
                nowMs = Math.max(nowMs, clock.get());
                recordedMs = nowMs;
            }
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
                .expiryClock(clock::get)
                .expiryBudgetNs(random.nextInt(3) == 0 ? 0 : 20_000)
                .checkpointOnClose(random.nextBoolean()));
        final long lastMs = nowMs;
        nowMs = store.expiryClock().nowMs();
        assertThat(nowMs).as(replay).isBetween(Math.max(clock.get(), recordedMs), Math.max(clock.get(), lastMs));
        values = store.state(valueExpiry.open(valueDescriptor()));
        lists = store.state(listExpiry.open(TypedStateDescriptor.list("lists", Codecs.INT, Codecs.INT)), Codecs.LONG);
        maps = store.state(mapExpiry.open(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, TEXT)));
        sums = store.state(
                sumExpiry.open(TypedStateDescriptor.reducing("sums", Codecs.INT, Codecs.LONG, Long::sum)), Codecs.LONG);
        counts = store.state(
                countExpiry.open(TypedStateDescriptor.aggregating("counts", Codecs.INT, Codecs.LONG, new Count())));
    }

    private static TypedStateDescriptor<Integer, ValueState<Integer, String>> valueDescriptor() {
        return TypedStateDescriptor.value("values", Codecs.INT, Codecs.STRING);
    }

    private void step() {
        tick();
        final int kind = random.nextInt(1000);
        if (kind < 40) {
            batch();
        } else if (kind == 40) {
            store.checkpoint();
        } else if (kind == 41) {
            store.cleanExpired(random.nextInt(20_000));
        } else if (kind == 42) {
            store.poll();
        } else if (kind == 43 && random.nextInt(4) == 0) {
            maps.clear();
            model.maps.clear();
        } else {
            operation();
        }
    }

    private void tick() {
        if (random.nextInt(3) == 0) {
            clock.addAndGet(random.nextInt(200) == 0 ? -random.nextInt(300) : random.nextInt(4)); // forth, on the whole
            store.state(valueDescriptor()); // which looks at the clock
            nowMs = Math.max(nowMs, clock.get());
        }
    }

    private void batch() {
        final Model before = model.copy();
        store.beginBatch();
        final int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            tick();
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
        switch (random.nextInt(7)) {
            case 0, 1 -> onValue();
            case 2, 3 -> onList();
            case 4, 5 -> onMap();
            default -> onAggregates();
        }
    }

    private void onValue() {
        final int key = random.nextInt(300);
        store.setCurrentKey(key);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                final String text = Integer.toString(random.nextInt(), 36).repeat(1 + random.nextInt(3));
                values.put(key, text);
                model.values.put(key, valueExpiry.written(text, model.values.get(key)));
            }
            case 2 -> {
                assertThat(values.remove(key)).as(replay).isEqualTo(valueExpiry.live(model.values.get(key)));
                model.values.remove(key);
            }
            case 3 -> assertThat(values.containsKey(key)).as(replay).isEqualTo(valueExpiry.live(model.values.get(key)));
            case 4 -> assertThat(values.current().value()).as(replay).isEqualTo(valueExpiry.read(model.values, key));
            default -> assertThat(values.get(key)).as(replay).isEqualTo(valueExpiry.read(model.values, key));
        }
    }

    private void onList() {
        final int key = random.nextInt(30);
        final long window = random.nextInt(3);
        final String at = window + "/" + key;
        final ListState<Integer, Integer> state = lists.in(window);
        final List<Timed<Integer>> had = model.lists.getOrDefault(at, List.of());
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                final int element = random.nextInt();
                state.add(key, element);
                append(at, List.of(element));
            }
            case 3 -> {
                final List<Integer> elements = elements();
                state.addAll(key, elements);
                append(at, elements);
            }
            case 4 -> {
                final List<Integer> elements = elements();
                state.update(key, elements);
                model.lists.remove(at);
                append(at, elements);
            }
            case 5 -> {
                if (random.nextInt(3) == 0) {
                    final boolean live = !listExpiry.live(had).isEmpty();
                    assertThat(state.remove(key)).as(replay).isEqualTo(live);
                    model.lists.remove(at);
                }
            }
            case 6 -> {
                final long source = (window + 1) % 3;
                final List<Timed<Integer>> moved = model.lists.getOrDefault(source + "/" + key, List.of());
                if (!moved.isEmpty() && listExpiry.live(moved.get(0))) { // otherwise it may have been removed or not
                    lists.merge(key, window, List.of(source));
                    model.lists.remove(source + "/" + key);
                    model.lists.computeIfAbsent(at, any -> new ArrayList<>()).addAll(moved);
                }
            }
            default -> {
                final List<Integer> found = new ArrayList<>();
                state.get(key).forEach(found::add);
                assertThat(found).as(replay).isEqualTo(listExpiry.read(model.lists, at));
                assertThat(state.size(key)).as(replay).isBetween((long) found.size(), (long) had.size());
            }
        }
    }

    private void append(final String at, final List<Integer> elements) {
        for (final int element : elements) {
            model.lists.computeIfAbsent(at, any -> new ArrayList<>()).add(listExpiry.written(element, null));
        }
    }

    private List<Integer> elements() {
        final List<Integer> elements = new ArrayList<>();
        for (int left = random.nextInt(random.nextInt(20) == 0 ? 600 : 12); left > 0; left--) {
            elements.add(random.nextInt());
        }
        return elements;
    }

    private void onMap() {
        final String key = "map" + random.nextInt(15);
        final int inside = random.nextInt(40);
        final Map<Integer, Timed<Text>> had = model.maps.computeIfAbsent(key, any -> new TreeMap<>());
        switch (random.nextInt(9)) {
            case 0, 1 -> putToMap(key, inside, had);
            case 2 -> {
                final Map<Integer, Text> more = new HashMap<>();
                for (int left = random.nextInt(6); left > 0; left--) {
                    more.put(random.nextInt(40), text());
                }
                maps.putAll(key, more);
                more.forEach((each, text) -> had.put(each, mapExpiry.written(text, had.get(each))));
            }
            case 3 -> {
                assertThat(maps.remove(key, inside)).as(replay).isEqualTo(mapExpiry.live(had.get(inside)));
                had.remove(inside);
            }
            case 4 -> {
                if (random.nextInt(4) == 0) {
                    final boolean live = !mapExpiry.live(had).isEmpty();
                    assertThat(maps.remove(key)).as(replay).isEqualTo(live);
                    had.clear();
                }
            }
            case 5 -> {
                final boolean live = mapExpiry.live(had.get(inside));
                assertThat(maps.containsKey(key, inside)).as(replay).isEqualTo(live);
                assertThat(maps.isEmpty(key))
                        .as(replay)
                        .isEqualTo(mapExpiry.live(had).isEmpty());
            }
            case 6 -> walk(key, had);
            default -> assertThat(maps.get(key, inside)).as(replay).isEqualTo(mapExpiry.read(had, inside));
        }
    }

    private Text text() {
        return new Text(Integer.toString(random.nextInt(), 36).repeat(random.nextInt(4)));
    }

    private void putToMap(final String key, final int inside, final Map<Integer, Timed<Text>> had) {
        final Text text = text();
        maps.put(key, inside, text);
        had.put(inside, mapExpiry.written(text, had.get(inside)));
    }

    /** Writes to other states during a walk, after which expired entries may be removed. */
    private void walk(final String key, final Map<Integer, Timed<Text>> had) {
        final Map<Integer, Text> found = new HashMap<>();
        for (final Map.Entry<Integer, Text> entry : maps.entries(key)) {
            assertThat(found.put(entry.getKey(), entry.getValue())).as(replay).isNull();
            onValue();
        }
        assertThat(found).as(replay).isEqualTo(mapExpiry.live(had));
    }

    private void onAggregates() {
        final int key = random.nextInt(30);
        final long window = random.nextInt(3);
        final String at = window + "/" + key;
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                final long delta = random.nextInt(1000);
                sums.in(window).add(key, delta);
                final Timed<Long> before = model.sums.get(at);
                final long sum = sumExpiry.live(before) ? before.value() + delta : delta;
                model.sums.put(at, sumExpiry.written(sum, before));
            }
            case 2 -> mergeSums(key, window);
            case 3 -> assertThat(sums.in(window).get(key)).as(replay).isEqualTo(sumExpiry.read(model.sums, at));
            case 4 -> {
                counts.add(key, 1);
                final Timed<Long> before = model.counts.get(key);
                final long count = countExpiry.live(before) ? before.value() + 1 : 1;
                model.counts.put(key, countExpiry.written(count, before));
            }
            default -> assertThat(counts.get(key)).as(replay).isEqualTo(countExpiry.read(model.counts, key));
        }
    }

    private void mergeSums(final int key, final long window) {
        final String at = window + "/" + key;
        final String from = (window + 1) % 3 + "/" + key;
        sums.merge(key, window, List.of((window + 1) % 3));
        final Timed<Long> source = model.sums.get(from);
        if (!sumExpiry.live(source)) {
            return; // nothing was moved
        }
        model.sums.remove(from);
        final Timed<Long> target = model.sums.get(at);
        if (!sumExpiry.live(target)) {
            model.sums.put(at, sumExpiry.written(source.value(), source));
            return;
        }
        final boolean sourceOlder = sumExpiry.ageMs(source) < sumExpiry.ageMs(target);
        model.sums.put(at, sumExpiry.written(source.value() + target.value(), sourceOlder ? source : target));
    }

    private void compare() {
        for (final KeyedState state : store.stateStore().states()) {
            state.checkInvariants();
        }
        final Map<Integer, String> foundValues = new HashMap<>();
        values.forEach(foundValues::put);
        final Map<Integer, String> liveValues = valueExpiry.live(model.values);
        assertThat(foundValues).as(replay).isEqualTo(liveValues);
        final List<Integer> valueKeys = new ArrayList<>();
        values.forEachKey(valueKeys::add);
        assertThat(valueKeys).as(replay).containsExactlyInAnyOrderElementsOf(liveValues.keySet());
        try (StoreReader reader = store.reader()) {
            final Map<Integer, String> read = new HashMap<>();
            reader.valueState("values", Codecs.INT, Codecs.STRING).forEach(read::put);
            assertThat(read).as(replay).isEqualTo(liveValues);
        }
        final Map<String, List<Integer>> foundLists = new HashMap<>();
        lists.forEachKey((key, window) -> {
            final List<Integer> list = new ArrayList<>();
            lists.in(window).get(key).forEach(list::add);
            foundLists.put(window + "/" + key, list);
        });
        final Map<String, List<Integer>> liveLists = new HashMap<>();
        model.lists.forEach((at, list) -> liveLists.put(at, listExpiry.read(model.lists, at)));
        liveLists.values().removeIf(List::isEmpty);
        assertThat(foundLists).as(replay).isEqualTo(liveLists);
        final Map<String, Map<Integer, Text>> foundMaps = new HashMap<>();
        maps.forEachKey(key -> {
            final Map<Integer, Text> map = new HashMap<>();
            maps.entries(key).forEach(entry -> map.put(entry.getKey(), entry.getValue()));
            foundMaps.put(key, map);
        });
        final Map<String, Map<Integer, Text>> liveMaps = new HashMap<>();
        model.maps.forEach((key, map) -> liveMaps.put(key, mapExpiry.live(map)));
        liveMaps.values().removeIf(Map::isEmpty);
        assertThat(foundMaps).as(replay).isEqualTo(liveMaps);
        final List<String> sumKeys = new ArrayList<>();
        sums.forEachKey((key, window) -> sumKeys.add(window + "/" + key));
        assertThat(sumKeys)
                .as(replay)
                .containsExactlyInAnyOrderElementsOf(sumExpiry.live(model.sums).keySet());
    }

    /** Removes all that has expired and can be removed, here and there, and compares what is left. */
    private void clean() {
        store.cleanExpired(Long.MAX_VALUE);
        model.values.values().removeIf(entry -> !valueExpiry.live(entry));
        model.maps.values().forEach(map -> map.values().removeIf(entry -> !mapExpiry.live(entry)));
        model.sums.values().removeIf(entry -> !sumExpiry.live(entry));
        model.counts.values().removeIf(entry -> !countExpiry.live(entry));
        for (final List<Timed<Integer>> list : model.lists.values()) {
            int expired = 0;
            while (expired < list.size() && !listExpiry.live(list.get(expired))) {
                expired++;
            }
            list.subList(0, expired).clear();
        }
        assertThat(values.size()).as(replay).isEqualTo(model.values.size());
        assertThat(maps.size())
                .as(replay)
                .isEqualTo(model.maps.values().stream().mapToLong(Map::size).sum());
        assertThat(sums.size()).as(replay).isEqualTo(model.sums.size());
        assertThat(counts.size()).as(replay).isEqualTo(model.counts.size());
        assertThat(lists.size())
                .as(replay)
                .isEqualTo(model.lists.values().stream().mapToLong(List::size).sum());
        compare();
    }

    private static final class Count implements AggregateFunction<Integer, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(final Integer value, final Long accumulator) {
            return accumulator + value;
        }

        @Override
        public Long getResult(final Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(final Long first, final Long second) {
            return first + second;
        }
    }
}

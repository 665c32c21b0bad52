/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codecs;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Walks over namespaces, counts and removals in them, against maps of the JDK. */
class NamespacedStateTest {
    private static final int KEYS = 40;
    private static final int NAMESPACES = 7;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final AtomicLong clock = new AtomicLong(1_000);
    private final StateStore store = new StateStore(PagedMemory.anonymous(7), clock::get, SystemNanoClock.INSTANCE);

    @AfterEach
    void close() {
        store.states().forEach(KeyedState::checkInvariants);
        store.close();
    }

    private NamespacedState<String, String, ValueState<String, Long>> values() {
        return store.state(TypedStateDescriptor.value("values", Codecs.STRING, Codecs.LONG), Codecs.STRING);
    }

    private NamespacedState<String, Long, TimerState<String>> timers() {
        return store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME), Codecs.LONG);
    }

    /** Keys that are the beginnings of others, and empty ones, in namespaces that could be their ends. */
    private static String key(final int i) {
        return "a".repeat(i % KEYS);
    }

    private Map<String, Map<String, Long>> fill(
            final NamespacedState<String, String, ValueState<String, Long>> values) {
        final Map<String, Map<String, Long>> model = new TreeMap<>(); // by namespace
        for (int i = 0; i < 150; i++) {
            final String namespace = key(random.nextInt(NAMESPACES));
            final String key = key(random.nextInt(KEYS));
            values.in(namespace).put(key, (long) i);
            model.computeIfAbsent(namespace, any -> new TreeMap<>()).put(key, (long) i);
        }
        return model;
    }

    private static Map<String, Map<String, Long>> contents(
            final NamespacedState<String, String, ValueState<String, Long>> values) {
        final Map<String, Map<String, Long>> found = new TreeMap<>();
        values.forEach((key, namespace, state) ->
                found.computeIfAbsent(namespace, any -> new TreeMap<>()).put(key, state.get(key)));
        return found;
    }

    @Test
    void shouldVisitCountAndRemoveByNamespaceAndByKey() {
        final NamespacedState<String, String, ValueState<String, Long>> values = values();
        final Map<String, Map<String, Long>> model = fill(values);
        assertThat(contents(values)).as("seed=%s", seed).isEqualTo(model);
        final Map<String, Map<String, Long>> inParts = new TreeMap<>();
        for (int part = 0; part < 5; part++) {
            values.forEach(
                    KeyGroupRange.part(part, 5),
                    (key, namespace, state) -> assertThat(inParts.computeIfAbsent(namespace, any -> new TreeMap<>())
                                    .put(key, state.get(key)))
                            .isNull());
        }
        assertThat(inParts).isEqualTo(model);
        for (int i = 0; i < NAMESPACES; i++) {
            final Map<String, Long> expected = model.getOrDefault(key(i), Map.of());
            assertThat(values.keyCount(key(i))).isEqualTo(expected.size());
            final Map<String, Long> found = new HashMap<>();
            values.in(key(i)).forEach(found::put);
            assertThat(found).isEqualTo(expected);
        }
        for (int i = 0; i < KEYS; i++) {
            final String key = key(i);
            final Set<String> expected = new HashSet<>();
            model.forEach((namespace, entries) -> {
                if (entries.containsKey(key)) {
                    expected.add(namespace);
                }
            });
            final List<String> found = new ArrayList<>();
            values.forEachNamespace(key, found::add);
            assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
        }
        final Map<String, Long> removed = model.remove(key(3));
        assertThat(values.removeNamespace(key(3))).isEqualTo(removed == null ? 0 : removed.size());
        assertThat(contents(values)).isEqualTo(model);
        assertThat(values.removeNamespace(key(3))).isZero();
        for (int i = 0; i < KEYS; i += 3) {
            final String key = key(i);
            final long expected = model.values().stream()
                    .filter(entries -> entries.remove(key) != null)
                    .count();
            assertThat(values.removeKey(key)).isEqualTo(expected);
        }
        model.values().removeIf(Map::isEmpty);
        assertThat(contents(values)).isEqualTo(model);
        assertThat(values.size())
                .isEqualTo(model.values().stream().mapToLong(Map::size).sum());
    }

    @Test
    void shouldTakeRemovalsBackWithTheirBatch() {
        final NamespacedState<String, String, ValueState<String, Long>> values = values();
        final Map<String, Map<String, Long>> model = fill(values);
        store.beginBatch();
        for (int i = 0; i < NAMESPACES; i++) {
            values.removeNamespace(key(i));
        }
        assertThat(values.size()).isZero();
        store.rollbackBatch();
        store.beginBatch();
        for (int i = 0; i < KEYS; i++) {
            values.removeKey(key(i));
        }
        assertThat(values.size()).isZero();
        store.rollbackBatch();
        assertThat(contents(values)).isEqualTo(model);
    }

    @Test
    void shouldDoTheSameForEachKind() {
        final NamespacedState<Long, Long, ListState<Long, Long>> lists =
                store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG), Codecs.LONG);
        final NamespacedState<Long, Long, MapState<Long, Long, Long>> maps =
                store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG), Codecs.LONG);
        final NamespacedState<Long, Long, ReducingState<Long, Long>> sums =
                store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum), Codecs.LONG);
        final NamespacedState<String, Long, TimerState<String>> timers = timers();
        for (long key = 0; key < 5; key++) {
            for (long namespace = 0; namespace < 3; namespace++) {
                lists.in(namespace).addAll(key, List.of(key, namespace));
                maps.in(namespace).put(key, key, namespace);
                maps.in(namespace).put(key, -1L, namespace);
                sums.in(namespace).add(key, 10 * key + namespace);
                timers.in(namespace).registerTimer("k" + key, key);
                timers.in(namespace).registerTimer("k" + key, 100 + key);
            }
        }
        final List<Object> seen = new ArrayList<>();
        lists.forEach((key, namespace, state) -> {
            assertThat(state.get(key)).containsExactly(key, namespace);
            seen.add(key);
        });
        maps.forEach((key, namespace, state) -> {
            assertThat(state.get(key, key)).isEqualTo(namespace);
            seen.add(key);
        });
        sums.forEach((key, namespace, state) -> {
            assertThat(state.get(key)).isEqualTo(10 * key + namespace);
            seen.add(key);
        });
        timers.forEach((key, namespace, state) -> {
            assertThat(state.size(key)).isEqualTo(2);
            seen.add(key);
        });
        assertThat(seen).hasSize(4 * 15);
        assertThat(lists.removeNamespace(1L) + maps.removeNamespace(1L) + sums.removeNamespace(1L))
                .isEqualTo(15);
        assertThat(timers.removeNamespace(1L)).isEqualTo(5);
        assertThat(lists.removeKey(2L) + maps.removeKey(2L) + sums.removeKey(2L))
                .isEqualTo(6);
        assertThat(timers.removeKey("k2")).isEqualTo(2);
        assertThat(List.of(lists.keyCount(), maps.keyCount(), sums.keyCount(), timers.keyCount()))
                .containsOnly(8L);
        assertThat(List.of(lists.size(), maps.size(), timers.size())).containsOnly(16L);
        assertThat(lists.timeToLive()).isEqualTo(TimeToLive.OFF);
        assertThat(maps.statistics().entryCount()).isEqualTo(16);
    }

    @Test
    void shouldVisitTimersOfAllNamespacesInTheirOrder() {
        final NamespacedState<String, Long, TimerState<String>> timers = timers();
        assertThat(timers.nextTimestamp()).isEqualTo(Long.MAX_VALUE);
        final List<String> all = new ArrayList<>();
        timers.forEachTimer((key, namespace, timestamp) -> all.add(key));
        assertThat(all).isEmpty();
        for (int i = 0; i < 500; i++) {
            timers.in((long) random.nextInt(4)).registerTimer("k" + random.nextInt(9), random.nextInt(60) - 30);
        }
        timers.in(2L);
        timers.forEachTimer((key, namespace, timestamp) -> all.add(key + "/" + namespace + "@" + timestamp));
        final List<String> ofTwo = new ArrayList<>();
        timers.in(2L).forEachTimer((key, timestamp) -> ofTwo.add(key + "/2@" + timestamp));
        assertThat(ofTwo)
                .isEqualTo(all.stream().filter(timer -> timer.contains("/2@")).toList());
        assertThat(timers.nextTimestamp())
                .isEqualTo(Long.parseLong(all.get(0).substring(all.get(0).indexOf('@') + 1)));
        final List<String> delivered = new ArrayList<>();
        timers.pollDue(
                Long.MAX_VALUE, (key, namespace, timestamp) -> delivered.add(key + "/" + namespace + "@" + timestamp));
        assertThat(delivered).as("seed=%s", seed).isEqualTo(all);
    }

    @Test
    void shouldVisitTimersWhileTheConsumerChangesThem() {
        final NamespacedState<String, Long, TimerState<String>> timers = timers();
        for (long i = 0; i < 100; i++) {
            timers.in(i % 3).registerTimer("k", i);
        }
        final List<Long> seen = new ArrayList<>();
        timers.forEachTimer((key, namespace, timestamp) -> {
            seen.add(timestamp);
            timers.in(namespace).deleteTimer(key, timestamp);
            timers.in((timestamp + 1) % 3).deleteTimer(key, timestamp + 1);
            if (timestamp == 50) {
                timers.in(7L).registerTimer("new", 51);
                timers.in(7L).registerTimer("new", 49);
            }
        });
        assertThat(seen).contains(51L).doesNotContain(49L, 1L).hasSize(51);
    }

    @Test
    void shouldCountAndVisitOnlyWhatLives() {
        final NamespacedState<Long, Long, ListState<Long, Long>> lists = store.state(
                TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(TimeToLive.ofMillis(10)),
                Codecs.LONG);
        lists.in(1L).add(1L, 1L);
        clock.addAndGet(5);
        lists.in(1L).add(2L, 2L);
        lists.in(2L).add(1L, 2L);
        clock.addAndGet(5);
        assertThat(lists.keyCount(1L)).isEqualTo(1);
        final List<Long> found = new ArrayList<>();
        lists.forEachNamespace(1L, found::add);
        assertThat(found).containsExactly(2L);
        lists.forEach((key, namespace, state) -> found.addAll(List.of(key, namespace)));
        assertThat(found).hasSize(5).doesNotContain(0L);
        assertThat(lists.removeKey(1L)).isEqualTo(1);
        assertThat(lists.keyCount()).as("what has expired was removed, too").isEqualTo(1);
        assertThat(lists.timeToLive()).isEqualTo(TimeToLive.ofMillis(10));
    }

    @Test
    void shouldRemoveWhatHasExpiredSoThatNoLongerTimeToLiveShowsItAgain() {
        store.expiryBudgetNs(0);
        removeWhatHasExpired(
                TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG), state -> state.put(1L, 1L));
        removeWhatHasExpired(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG), state -> state.add(1L, 1L));
        removeWhatHasExpired(
                TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG),
                state -> state.put(1L, 1L, 1L));
    }

    private <S extends TypedState<Long>> void removeWhatHasExpired(
            final TypedStateDescriptor<Long, S> descriptor, final Consumer<S> write) {
        final NamespacedState<Long, Long, S> state =
                store.state(descriptor.withTimeToLive(TimeToLive.ofMillis(10)), Codecs.LONG);
        write.accept(state.in(1L));
        write.accept(state.in(2L));
        write.accept(state.in(3L));
        clock.addAndGet(10);
        assertThat(state.removeNamespace(1L)).as("none that lives").isZero();
        assertThat(state.keyCount()).isEqualTo(2);
        assertThat(state.removeKey(1L)).as("in none that lives").isZero();
        store.state(descriptor.withTimeToLive(TimeToLive.OFF), Codecs.LONG);
        for (long namespace = 1; namespace <= 3; namespace++) {
            assertThat(state.keyCount(namespace)).isZero();
        }
        assertThat(state.size()).isZero();
    }

    @Test
    void shouldRefuseWhatTheKindDoesNotHave() {
        final NamespacedState<String, String, ValueState<String, Long>> values = values();
        assertThatThrownBy(() -> values.forEachTimer((key, namespace, timestamp) -> {}))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(values::nextTimestamp).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> values.forEachNamespace(null, any -> {})).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> values.removeKey(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> values.keyCount(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> values.forEach(null)).isInstanceOf(NullPointerException.class);
        final NamespacedState<String, Long, TimerState<String>> timers = timers();
        assertThatThrownBy(() -> timers.forEachTimer(null)).isInstanceOf(NullPointerException.class);
        final TimerState<String> unselected = store.state(
                        TypedStateDescriptor.timers("others", Codecs.STRING, TimeDomain.EVENT_TIME), Codecs.LONG)
                .in(1L);
        unselected.registerTimer("a", 1);
        assertThatThrownBy(() -> unselected.forEachTimer((key, timestamp) -> {
                    throw new IllegalArgumentException("by the consumer");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(unselected.deleteTimer("a", 1)).as("the walk has ended").isTrue();
    }
}

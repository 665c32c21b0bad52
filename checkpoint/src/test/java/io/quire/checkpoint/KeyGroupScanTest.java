/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongDoubleState;
import io.quire.store.LongSetState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.table.KeyGroupRange;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks over ranges of key groups, before and after restarts from the log alone and from a checkpoint: each entry is in
 * one part, whose groups keys and counts are the same for ever.
 */
class KeyGroupScanTest {
    private static final int ENTRIES = 12_000;
    private static final int PARTS = 7;
    private static final int TIMERS = 1_500;
    private static final int WINDOWS = 3;

    @TempDir
    Path temp;

    private DurableStateStore store;

    @BeforeEach
    void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .changeRingLength(1 << 20)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Does something before a restart, after one that replays everything, and after one from a checkpoint. */
    private void acrossRestarts(final Runnable check) {
        check.run();
        close();
        open();
        assertThat(store.recoveryReport().logRecordCount()).isPositive();
        check.run();
        store.checkpoint().join();
        close();
        open();
        assertThat(store.recoveryReport().logRecordCount()).isZero();
        check.run();
    }

    /** Takes the group of each key: all those of a range, no key twice, and the same as ever. */
    private static final class Groups<K> implements BiConsumer<K, Integer> {
        private final Map<K, Integer> known = new HashMap<>();
        private final Set<K> seen = new HashSet<>();
        private KeyGroupRange range;

        void begin() {
            seen.clear();
        }

        @Override
        public void accept(final K key, final Integer group) {
            assertThat(range.contains(group)).as("group of its range").isTrue();
            assertThat(seen.add(key)).as("no key twice").isTrue();
            assertThat(known.computeIfAbsent(key, any -> group))
                    .as("the same group")
                    .isEqualTo(group);
        }
    }

    @Test
    void shouldVisitEachDoubleInThePartOfItsKey() {
        final LongDoubleState first = store.longDoubleState("doubles");
        for (long key = 0; key < ENTRIES; key++) {
            first.put(key * 31, key / 4.0);
        }
        for (long key = 0; key < ENTRIES; key += 3) {
            first.remove(key * 31);
        }
        final int count = ENTRIES - ENTRIES / 3;
        final Groups<Long> groups = new Groups<>();
        acrossRestarts(() -> {
            final LongDoubleState doubles = store.longDoubleState("doubles");
            assertThat(doubles.size()).isEqualTo(count);
            groups.begin();
            for (int part = 0; part < PARTS; part++) {
                groups.range = KeyGroupRange.part(part, PARTS);
                doubles.forEach(groups.range, (key, value) -> {
                    assertThat(value).isEqualTo(key / 31 / 4.0);
                    groups.accept(key, doubles.keyGroupOf(key));
                });
            }
            assertThat(groups.seen).hasSize(count);
            final Set<Long> all = new HashSet<>();
            doubles.forEach((key, value) -> assertThat(all.add(key)).isTrue());
            assertThat(all).isEqualTo(groups.seen);
            final KeyGroupRange one = KeyGroupRange.part(doubles.keyGroupOf(31), KeyGroupRange.GROUP_COUNT);
            final Set<Long> ofGroup = new HashSet<>();
            doubles.forEach(one, (key, value) -> ofGroup.add(key));
            assertThat(ofGroup).contains(31L);
            ofGroup.forEach(key -> assertThat(doubles.keyGroupOf(key)).isEqualTo(one.first()));
        });
    }

    @Test
    void shouldVisitEachKeyOfASetInItsPart() {
        final LongSetState first = store.longSetState("set");
        for (long key = 0; key < ENTRIES; key++) {
            first.add(-key);
        }
        for (long key = 0; key < ENTRIES; key += 2) {
            first.remove(-key);
        }
        final Groups<Long> groups = new Groups<>();
        acrossRestarts(() -> {
            final LongSetState set = store.longSetState("set");
            assertThat(set.size()).isEqualTo(ENTRIES / 2);
            groups.begin();
            for (int part = 0; part < PARTS; part++) {
                groups.range = KeyGroupRange.part(part, PARTS);
                set.forEach(groups.range, key -> groups.accept(key, set.keyGroupOf(key)));
            }
            assertThat(groups.seen).hasSize(ENTRIES / 2).allMatch(key -> key % 2 != 0);
            final Set<Long> ofGroup = new HashSet<>();
            set.forEach(KeyGroupRange.part(set.keyGroupOf(-7), KeyGroupRange.GROUP_COUNT), ofGroup::add);
            assertThat(ofGroup).contains(-7L);
        });
    }

    @Test
    void shouldVisitEachKeyWithTimersInItsPart() {
        final TimerState<String> first =
                store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME));
        for (int i = 0; i < TIMERS; i++) {
            first.registerTimer("key " + i, i);
            first.registerTimer("key " + i / 2, -i); // more than one for some
        }
        first.pollDue(-TIMERS / 2, (key, timestamp) -> {});
        for (int i = 0; i < TIMERS; i += 5) {
            first.remove("key " + i);
        }
        final Map<String, Long> timersOf = new HashMap<>();
        first.forEachTimer((key, timestamp) -> timersOf.merge(key, 1L, Long::sum));
        assertThat(timersOf).hasSize(TIMERS - TIMERS / 5);
        final Groups<String> groups = new Groups<>();
        acrossRestarts(() -> {
            final TimerState<String> timers =
                    store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME));
            assertThat(timers.keyCount()).isEqualTo(timersOf.size());
            assertThat(timers.size())
                    .isEqualTo(timersOf.values().stream()
                            .mapToLong(Long::longValue)
                            .sum());
            groups.begin();
            for (int part = 0; part < PARTS; part++) {
                groups.range = KeyGroupRange.part(part, PARTS);
                timers.forEachKey(groups.range, key -> {
                    assertThat(timers.size(key)).isEqualTo(timersOf.get(key));
                    groups.accept(key, timers.keyGroupOf(key));
                });
            }
            assertThat(groups.seen).isEqualTo(timersOf.keySet());
            final Set<String> all = new HashSet<>();
            timers.forEachKey(key -> assertThat(all.add(key)).isTrue());
            assertThat(all).isEqualTo(timersOf.keySet());
        });
    }

    private record Window(String key, long window) {}

    @Test
    void shouldVisitEachKeyWithTimersInThePartOfItsWindow() {
        final NamespacedState<String, Long, TimerState<String>> first = windows();
        for (int i = 0; i < TIMERS; i++) {
            first.in((long) i % WINDOWS).registerTimer("key " + i / WINDOWS, i);
        }
        final Groups<Window> groups = new Groups<>();
        acrossRestarts(() -> {
            final NamespacedState<String, Long, TimerState<String>> windows = windows();
            assertThat(windows.keyCount()).isEqualTo(TIMERS);
            assertThat(windows.size()).isEqualTo(TIMERS);
            groups.begin();
            for (int part = 0; part < PARTS; part++) {
                groups.range = KeyGroupRange.part(part, PARTS);
                windows.forEachKey(
                        groups.range,
                        (key, window) -> groups.accept(
                                new Window(key, window), windows.in(window).keyGroupOf(key)));
            }
            assertThat(groups.seen).hasSize(TIMERS);
            final TimerState<String> ofOne = windows.in(1L);
            final Set<String> keys = new HashSet<>();
            for (int part = 0; part < PARTS; part++) {
                ofOne.forEachKey(
                        KeyGroupRange.part(part, PARTS),
                        key -> assertThat(keys.add(key)).isTrue());
            }
            assertThat(keys).hasSize(TIMERS / WINDOWS);
        });
    }

    private NamespacedState<String, Long, TimerState<String>> windows() {
        return store.state(
                TypedStateDescriptor.timers("windows", Codecs.STRING, TimeDomain.PROCESSING_TIME), Codecs.LONG);
    }

    @Test
    void shouldAgreeOnGroupsWhereStatesHaveTheSameKeys() {
        final Groups<String> groups = new Groups<>();
        groups.range = KeyGroupRange.ALL;
        store.valueState("values", Codecs.STRING, Codecs.LONG);
        acrossRestarts(() -> {
            final MapState<String, Integer, Long> maps =
                    store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.INT, Codecs.LONG));
            for (int i = 0; i < 500; i++) {
                final String key = "key " + i;
                groups.begin();
                groups.accept(key, maps.keyGroupOf(key));
                groups.begin();
                groups.accept(
                        key,
                        store.valueState("values", Codecs.STRING, Codecs.LONG).keyGroupOf(key));
            }
        });
        assertThat(new HashSet<>(groups.known.values()))
                .as("groups of 500 keys")
                .hasSizeGreaterThan(450);
    }
}

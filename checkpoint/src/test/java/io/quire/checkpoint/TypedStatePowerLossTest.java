/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.ListState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Lists, maps, timers and what expires, through power losses. */
class TypedStatePowerLossTest extends PowerLossContractTest {
    private static final long TTL_MS = 20;
    private static final long COUNT_KEY = -1;
    private static final String KEY = "key";

    @Override
    States open(final DurableStateStore store, final long next) {
        return new TypedStates(store);
    }

    private static final class TypedStates implements States {
        final DurableStateStore store;
        final LongLongState counts; // batches done, and by key how often timers have fired
        final ListState<Long, Long> lists;
        final MapState<Long, Long, Long> maps;
        final TimerState<Long> timers;
        final ValueState<Long, Long> expiringValues;
        final ListState<String, Long> expiringList;

        TypedStates(final DurableStateStore store) {
            this.store = store;
            final TimeToLive timeToLive = TimeToLive.ofMillis(TTL_MS);
            counts = store.longLongState("counts");
            lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG));
            maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            timers = store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
            expiringValues = store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(timeToLive));
            expiringList = store.state(TypedStateDescriptor.list("list", Codecs.STRING, Codecs.LONG)
                    .withTimeToLive(timeToLive));
        }

        @Override
        public void apply(final long i) {
            store.beginBatch();
            if (i % 37 == 0) {
                lists.update(i % 5, List.of(i, -i));
            } else if (i % 41 == 0) {
                lists.remove(i % 5);
            } else {
                lists.addAll(i % 5, List.of(i, i + 1));
            }
            if (i % 23 == 0) {
                maps.remove(i % 3);
            } else {
                maps.put(i % 3, i % 11, i);
            }
            timers.registerTimer(i % 13, due(i));
            timers.pollDue(i, (key, timestamp) -> counts.addAndGet(key, 1));
            expiringValues.put(i % 17, i);
            expiringList.add(KEY, i);
            counts.put(COUNT_KEY, i);
            store.commitBatch();
        }

        @Override
        public long count() {
            return counts.get(COUNT_KEY, 0);
        }

        @Override
        public void expect(final long count, final long issued, final String what) {
            final Map<String, Object> found = found(this);
            final Map<String, Object> expected = expected(count, issued);
            assertThat(found.keySet()).as(what).isEqualTo(expected.keySet());
            expected.forEach((name, value) ->
                    assertThat(found.get(name)).as("%s, %s", name, what).isEqualTo(value));
        }
    }

    private static long due(final long i) {
        return i + 1 + i % 7;
    }

    private static Map<String, Object> found(final TypedStates states) {
        final Map<String, Object> all = new TreeMap<>();
        states.lists.forEachKey(key -> {
            final List<Long> elements = new ArrayList<>();
            states.lists.get(key).forEach(elements::add);
            all.put("list " + key, elements);
        });
        states.maps.forEachKey(key -> {
            final Map<Long, Long> entries = new LinkedHashMap<>();
            states.maps.entries(key).forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            all.put("map " + key, List.copyOf(entries.entrySet()));
        });
        final List<String> waiting = new ArrayList<>();
        states.timers.forEachTimer((key, timestamp) -> waiting.add(key + "@" + timestamp));
        all.put("timers", waiting);
        states.counts.forEach((key, times) -> all.put("count " + key, times));
        states.expiringValues.forEachKey(key -> all.put("value " + key, states.expiringValues.get(key)));
        final List<Long> living = new ArrayList<>();
        states.expiringList.get(KEY).forEach(living::add);
        all.put("expiring", living);
        return all;
    }

    /** The same by collections of the JDK. */
    private static Map<String, Object> expected(final long count, final long issued) {
        final Map<Long, List<Long>> lists = new TreeMap<>();
        final Map<Long, Map<Long, Long>> maps = new TreeMap<>();
        final Map<Long, List<Long>> timers = new TreeMap<>(); // by timestamp, in the order of registration
        final Map<String, Object> all = new TreeMap<>();
        final List<Long> living = new ArrayList<>();
        for (long i = 1; i <= count; i++) {
            if (i % 37 == 0) {
                lists.put(i % 5, new ArrayList<>(List.of(i, -i)));
            } else if (i % 41 == 0) {
                lists.remove(i % 5);
            } else {
                lists.computeIfAbsent(i % 5, any -> new ArrayList<>()).addAll(List.of(i, i + 1));
            }
            if (i % 23 == 0) {
                maps.remove(i % 3);
            } else {
                maps.computeIfAbsent(i % 3, any -> new LinkedHashMap<>()).put(i % 11, i);
            }
            timers.computeIfAbsent(due(i), any -> new ArrayList<>()).add(i % 13);
            final List<Long> fired = timers.remove(i);
            if (fired != null) {
                fired.forEach(key -> all.merge("count " + key, 1L, (a, b) -> (Long) a + (Long) b));
            }
            if (issued - i < TTL_MS) {
                all.put("value " + i % 17, i);
                living.add(i);
            }
            all.put("count " + COUNT_KEY, i);
        }
        lists.forEach((key, elements) -> all.put("list " + key, elements));
        maps.forEach((key, entries) -> all.put("map " + key, List.copyOf(entries.entrySet())));
        final List<String> waiting = new ArrayList<>();
        timers.forEach((timestamp, keys) -> keys.forEach(key -> waiting.add(key + "@" + timestamp)));
        all.put("timers", waiting);
        all.put("expiring", living);
        return all;
    }
}

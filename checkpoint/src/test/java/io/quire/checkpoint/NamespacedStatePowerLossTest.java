/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.AggregatingState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.SourcePosition;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * States with namespaces through power losses, and reducing and aggregating states, with accumulators of fixed and of
 * variable width: namespaces are merged, lists of any length among them, and removed.
 */
class NamespacedStatePowerLossTest extends PowerLossContractTest {
    private static final int KEYS = 5;
    private static final int WINDOWS = 3;
    private static final int INSIDES = 11;
    private static final int TEXT_LENGTH_MAX = 300;

    /** What batch i is about. */
    private record Operation(long i) {
        long key() {
            return i % KEYS;
        }

        int window() {
            return (int) (i % WINDOWS);
        }

        /** What is merged into the window: the others. */
        List<Integer> others() {
            return List.of((window() + 1) % WINDOWS, (window() + 2) % WINDOWS);
        }

        boolean isMerge() {
            return i % 13 == 0;
        }

        boolean isRemoval() {
            return i % 29 == 0;
        }

        int inside() {
            return (int) (i % INSIDES);
        }

        long due() {
            return i + 1 + i % 7;
        }
    }

    private static String joined(final String first, final String second) {
        final String both = first + second;
        return both.substring(Math.max(0, both.length() - TEXT_LENGTH_MAX));
    }

    @Override
    States open(final DurableStateStore store, final long next) {
        return new Namespaced(store);
    }

    private static final class Namespaced implements States {
        final DurableStateStore store;
        final SourcePosition position;
        final NamespacedState<Long, Integer, ValueState<Long, Long>> values;
        final NamespacedState<Long, Integer, ListState<Long, Long>> lists;
        final NamespacedState<Long, Integer, MapState<Long, Integer, Long>> maps;
        final NamespacedState<Long, Integer, ReducingState<Long, Long>> sums;
        final NamespacedState<Long, Integer, ReducingState<Long, String>> texts;
        final NamespacedState<Long, Integer, AggregatingState<Long, Long, String, Integer>> digits;
        final NamespacedState<Long, Integer, TimerState<Long>> timers;
        final ReducingState<Long, Long> totals;
        final AggregatingState<Long, Long, String, Integer> allDigits;

        Namespaced(final DurableStateStore store) {
            this.store = store;
            position = store.source("operations");
            values = store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG), Codecs.INT);
            lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG), Codecs.INT);
            maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, Codecs.LONG), Codecs.INT);
            sums = store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum), Codecs.INT);
            texts = store.state(
                    TypedStateDescriptor.reducing(
                            "texts", Codecs.LONG, Codecs.STRING, NamespacedStatePowerLossTest::joined),
                    Codecs.INT);
            digits = store.state(
                    TypedStateDescriptor.aggregating("digits", Codecs.LONG, Codecs.STRING, new LastDigits()),
                    Codecs.INT);
            timers = store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME), Codecs.INT);
            totals = store.state(TypedStateDescriptor.reducing("totals", Codecs.LONG, Codecs.LONG, Long::sum));
            allDigits = store.state(
                    TypedStateDescriptor.aggregating("all digits", Codecs.LONG, Codecs.STRING, new LastDigits()));
        }

        @Override
        public void apply(final long i) {
            final Operation operation = new Operation(i);
            final long key = operation.key();
            final int window = operation.window();
            store.beginBatch();
            lists.in(window).addAll(key, List.of(i, -i));
            sums.in(window).add(key, i);
            texts.in(window).add(key, i + ",");
            digits.in(window).add(key, i);
            totals.add(key, i);
            allDigits.add(key, i);
            maps.in(window).put(key, operation.inside(), i);
            values.in(window).put(key, i);
            timers.in(window).registerTimer(key, operation.due());
            timers.pollDue(i, (at, in, timestamp) -> totals.add(-1 - at, timestamp + in));
            if (operation.isMerge()) {
                lists.merge(key, window, operation.others());
                sums.merge(key, window, operation.others());
                texts.merge(key, window, operation.others());
                digits.merge(key, window, operation.others());
            }
            if (operation.isRemoval()) {
                lists.in(window).remove(key);
                sums.in(window).remove(key);
                texts.in(window).remove(key);
                digits.in(window).remove(key);
                maps.in(window).remove(key);
                values.in(window).remove(key);
                totals.remove(key);
                allDigits.remove(key);
            }
            position.set(i);
            store.commitBatch();
        }

        @Override
        public long count() {
            return position.get(0);
        }

        @Override
        public void expect(final long count, final long issued, final String what) {
            final Map<String, Object> expected = new Model().after(count);
            final Map<String, Object> found = found();
            assertThat(found.keySet()).as(what).isEqualTo(expected.keySet());
            expected.forEach((name, value) ->
                    assertThat(found.get(name)).as("%s, %s", name, what).isEqualTo(value));
        }

        private Map<String, Object> found() {
            final Map<String, Object> all = new TreeMap<>();
            lists.forEachKey((key, window) -> {
                final List<Long> elements = new ArrayList<>();
                lists.in(window).get(key).forEach(elements::add);
                all.put("list " + key + " in " + window, elements);
            });
            maps.forEachKey((key, window) -> {
                final List<Object> entries = new ArrayList<>();
                maps.in(window).entries(key).forEach(entry -> entries.add(Map.entry(entry.getKey(), entry.getValue())));
                all.put("map " + key + " in " + window, entries);
            });
            values.forEachKey((key, window) ->
                    all.put("value " + key + " in " + window, values.in(window).get(key)));
            sums.forEachKey((key, window) ->
                    all.put("sum " + key + " in " + window, sums.in(window).get(key)));
            texts.forEachKey((key, window) ->
                    all.put("text " + key + " in " + window, texts.in(window).get(key)));
            digits.forEachKey((key, window) ->
                    all.put("digits " + key + " in " + window, digits.in(window).get(key)));
            for (int window = 0; window < WINDOWS; window++) {
                for (long key = 0; key < KEYS; key++) {
                    final List<Long> timestamps = new ArrayList<>();
                    timers.in(window).forEachTimer(key, timestamps::add);
                    all.put("timers " + key + " in " + window, timestamps);
                }
            }
            totals.forEach((key, total) -> all.put("total " + key, total));
            allDigits.forEach((key, result) -> all.put("all digits " + key, result));
            return all;
        }
    }

    /** The same by collections of the JDK. */
    private static final class Model {
        private static final LastDigits DIGITS = new LastDigits();

        private final Map<String, List<Long>> lists = new TreeMap<>();
        private final Map<String, Map<Integer, Long>> maps = new TreeMap<>();
        private final Map<String, Object> values = new TreeMap<>();
        private final Map<String, Long> sums = new TreeMap<>();
        private final Map<String, String> texts = new TreeMap<>();
        private final Map<String, String> digits = new TreeMap<>();
        private final Map<String, List<Long>> timers = new TreeMap<>();
        private final Map<String, Long> totals = new TreeMap<>();
        private final Map<String, String> allDigits = new TreeMap<>();

        Model() {
            for (long key = 0; key < KEYS; key++) {
                for (int window = 0; window < WINDOWS; window++) {
                    timers.put(at(key, window), new ArrayList<>());
                }
            }
        }

        private static String at(final long key, final int window) {
            return key + " in " + window;
        }

        Map<String, Object> after(final long count) {
            for (long i = 1; i <= count; i++) {
                apply(new Operation(i));
            }
            final Map<String, Object> all = new TreeMap<>();
            lists.forEach((at, list) -> all.put("list " + at, list));
            maps.forEach((at, map) -> all.put("map " + at, List.copyOf(map.entrySet())));
            values.forEach((at, value) -> all.put("value " + at, value));
            sums.forEach((at, sum) -> all.put("sum " + at, sum));
            texts.forEach((at, text) -> all.put("text " + at, text));
            digits.forEach((at, accumulator) -> all.put("digits " + at, DIGITS.getResult(accumulator)));
            timers.forEach((at, timestamps) -> {
                timestamps.sort(null);
                all.put("timers " + at, timestamps);
            });
            totals.forEach((key, total) -> all.put("total " + key, total));
            allDigits.forEach((key, accumulator) -> all.put("all digits " + key, DIGITS.getResult(accumulator)));
            return all;
        }

        private void apply(final Operation operation) {
            final long i = operation.i();
            final String key = Long.toString(operation.key());
            final String at = at(operation.key(), operation.window());
            lists.computeIfAbsent(at, any -> new ArrayList<>()).addAll(List.of(i, -i));
            sums.merge(at, i, Long::sum);
            texts.merge(at, i + ",", NamespacedStatePowerLossTest::joined);
            digits.put(at, DIGITS.add(i, digits.getOrDefault(at, "")));
            totals.merge(key, i, Long::sum);
            allDigits.put(key, DIGITS.add(i, allDigits.getOrDefault(key, "")));
            maps.computeIfAbsent(at, any -> new LinkedHashMap<>()).put(operation.inside(), i);
            values.put(at, i);
            timers.get(at).add(operation.due());
            fire(i);
            if (operation.isMerge()) {
                operation.others().forEach(window -> move(at(operation.key(), window), at));
            }
            if (operation.isRemoval()) {
                List.of(lists, sums, texts, digits, maps, values).forEach(each -> each.remove(at));
                totals.remove(key);
                allDigits.remove(key);
            }
        }

        private void fire(final long now) {
            for (int window = 0; window < WINDOWS; window++) {
                for (long key = 0; key < KEYS; key++) {
                    if (timers.get(at(key, window)).remove(now)) {
                        totals.merge(Long.toString(-1 - key), now + window, Long::sum);
                    }
                }
            }
        }

        private void move(final String from, final String to) {
            final List<Long> elements = lists.remove(from);
            if (elements != null) {
                lists.get(to).addAll(elements);
            }
            final Long sum = sums.remove(from);
            if (sum != null) {
                sums.merge(to, sum, Long::sum);
            }
            final String text = texts.remove(from);
            if (text != null) {
                texts.merge(to, text, NamespacedStatePowerLossTest::joined);
            }
            final String accumulator = digits.remove(from);
            if (accumulator != null) {
                digits.merge(to, accumulator, DIGITS::merge);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregatingState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.SourcePosition;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process to be killed that writes typed states: values, lists, maps, reducing and aggregating states, with
 * namespaces, and the {@link KillPrimitives}. Operation i is one batch that changes one of each and sets the position
 * to i. What it does follows from i alone, so collections of the JDK that do the same tell what must be there.
 */
final class TypedKillWriter extends KillProgram {
    private static final int KEYS = 37;
    private static final int WINDOWS = 3;
    private static final int INSIDES = 23;

    private final DurableStateStore store;
    private final SourcePosition position;
    private final ValueState<Long, String> values;
    private final NamespacedState<Long, Integer, ListState<Long, String>> lists;
    private final MapState<Long, Integer, String> maps;
    private final NamespacedState<Long, Integer, ReducingState<Long, Long>> sums;
    private final AggregatingState<Long, Long, String, Integer> digits;

    private final KillPrimitives primitives;

    private TypedKillWriter(final DurableStateStore store, final AtomicLong clock) {
        super(store);
        this.store = store;
        position = store.source("operations");
        clock.set(position.get(0) + 1);
        primitives = new KillPrimitives(store, clock);
        values = store.valueState("values", Codecs.LONG, Codecs.STRING);
        lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.STRING), Codecs.INT);
        maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, Codecs.STRING));
        sums = store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum), Codecs.INT);
        digits = store.state(TypedStateDescriptor.aggregating("digits", Codecs.LONG, Codecs.STRING, new LastDigits()));
    }

    public static void main(final String[] args) {
        final AtomicLong clock = new AtomicLong();
        run(args, clock::get, store -> new TypedKillWriter(store, clock));
    }

    /** What operation i is about; everything in it follows from i. */
    private record Operation(long i, int kind, long key, int window, int inside, String text) {
        static Operation of(final long i) {
            long mixed = i * 0x9E37_79B9_7F4A_7C15L;
            mixed ^= mixed >>> 29;
            mixed *= 0xBF58_476D_1CE4_E5B9L;
            mixed ^= mixed >>> 32;
            final int length = (int) (mixed >>> 8 & 63) == 0 ? 3_000 : (int) (mixed >>> 14 & 31);
            return new Operation(
                    i,
                    (int) (mixed >>> 20 & 15),
                    Math.floorMod(mixed >>> 24, KEYS),
                    Math.floorMod(mixed >>> 31, WINDOWS),
                    Math.floorMod(mixed >>> 37, INSIDES),
                    i + "x".repeat(length));
        }

        int nextWindow() {
            return (window + 1) % WINDOWS;
        }

        List<String> several() {
            return List.of(text, "", "z" + i);
        }
    }

    @Override
    void apply(final long i) {
        final Operation operation = Operation.of(i);
        final long key = operation.key();
        primitives.before(i);
        store.beginBatch();
        final ListState<Long, String> list = lists.in(operation.window());
        switch (operation.kind()) {
            case 0 -> list.remove(key);
            case 1 -> list.update(key, operation.several());
            case 2 -> lists.merge(key, operation.window(), List.of(operation.nextWindow()));
            case 3, 4 -> list.addAll(key, operation.several());
            default -> list.add(key, operation.text());
        }
        switch (operation.kind()) {
            case 0 -> maps.remove(key);
            case 1, 2, 3 -> maps.remove(key, operation.inside());
            case 4 -> maps.putAll(key, Map.of(operation.inside(), operation.text()));
            default -> maps.put(key, operation.inside(), operation.text());
        }
        if (operation.kind() == 15) {
            values.remove(key);
            sums.in(operation.window()).remove(key);
            digits.remove(key);
        } else {
            values.put(key, operation.text());
            sums.in(operation.window()).add(key, i);
            digits.add(key, i);
        }
        if (operation.kind() == 14) {
            sums.merge(key, operation.window(), List.of(operation.nextWindow()));
        }
        primitives.apply(i);
        position.set(i);
        store.commitBatch();
    }

    /** The same in collections of the JDK. */
    private static final class Model {
        private final Map<Long, String> values = new HashMap<>();
        private final Map<String, List<String>> lists = new HashMap<>();
        private final Map<Long, Map<Integer, String>> maps = new HashMap<>();
        private final Map<String, Long> sums = new HashMap<>();
        private final Map<Long, String> digits = new HashMap<>();
        private final LastDigits function = new LastDigits();

        void apply(final Operation operation) {
            final long key = operation.key();
            final String at = operation.window() + "/" + key;
            final String next = operation.nextWindow() + "/" + key;
            switch (operation.kind()) {
                case 0 -> lists.remove(at);
                case 1 -> lists.put(at, new ArrayList<>(operation.several()));
                case 2 -> {
                    final List<String> moved = lists.remove(next);
                    if (moved != null) {
                        list(at).addAll(moved);
                    }
                }
                case 3, 4 -> list(at).addAll(operation.several());
                default -> list(at).add(operation.text());
            }
            final Map<Integer, String> map = maps.computeIfAbsent(key, any -> new LinkedHashMap<>());
            switch (operation.kind()) {
                case 0 -> map.clear();
                case 1, 2, 3 -> map.remove(operation.inside());
                default -> map.put(operation.inside(), operation.text());
            }
            if (map.isEmpty()) {
                maps.remove(key);
            }
            if (operation.kind() == 15) {
                values.remove(key);
                sums.remove(at);
                digits.remove(key);
            } else {
                values.put(key, operation.text());
                sums.merge(at, operation.i(), Long::sum);
                digits.put(key, function.add(operation.i(), digits.getOrDefault(key, "")));
            }
            if (operation.kind() == 14) {
                final Long moved = sums.remove(next);
                if (moved != null) {
                    sums.merge(at, moved, Long::sum);
                }
            }
        }

        private List<String> list(final String at) {
            return lists.computeIfAbsent(at, any -> new ArrayList<>());
        }
    }

    @Override
    long check() {
        final long count = position.get(0);
        final Model model = new Model();
        for (long i = 1; i <= count; i++) {
            model.apply(Operation.of(i));
        }
        store.stateStore().states().forEach(KeyedState::checkInvariants);
        final Map<Long, String> foundValues = new HashMap<>();
        values.forEach(foundValues::put);
        expect("values", model.values, foundValues);
        final Map<String, List<String>> foundLists = new HashMap<>();
        lists.forEachKey((key, window) -> {
            final List<String> list = new ArrayList<>();
            lists.in(window).get(key).forEach(list::add);
            foundLists.put(window + "/" + key, list);
        });
        expect("lists", model.lists, foundLists);
        final Map<Long, List<Map.Entry<Integer, String>>> foundMaps = new HashMap<>();
        maps.forEach((key, inside, value) ->
                foundMaps.computeIfAbsent(key, any -> new ArrayList<>()).add(Map.entry(inside, value)));
        final Map<Long, List<Map.Entry<Integer, String>>> expectedMaps = new HashMap<>();
        model.maps.forEach((key, map) -> expectedMaps.put(key, List.copyOf(map.entrySet())));
        expect("maps, in order", expectedMaps, foundMaps);
        final Map<String, Long> foundSums = new HashMap<>();
        sums.forEachKey((key, window) ->
                foundSums.put(window + "/" + key, sums.in(window).get(key)));
        expect("sums", model.sums, foundSums);
        final Map<Long, Integer> foundDigits = new HashMap<>();
        digits.forEach(foundDigits::put);
        final Map<Long, Integer> expectedDigits = new HashMap<>();
        model.digits.forEach((key, accumulator) -> expectedDigits.put(key, accumulator.hashCode()));
        expect("digits", expectedDigits, foundDigits);
        primitives.check(count);
        return count;
    }

    static void expect(final String what, final Map<?, ?> expected, final Map<?, ?> found) {
        if (!expected.equals(found)) {
            final List<Object> different = new ArrayList<>(expected.keySet());
            found.keySet().stream().filter(key -> !expected.containsKey(key)).forEach(different::add);
            different.removeIf(
                    key -> expected.containsKey(key) && expected.get(key).equals(found.get(key)));
            throw new AssertionError(what + ": different at " + different);
        }
    }
}

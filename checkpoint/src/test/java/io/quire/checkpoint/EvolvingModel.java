/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/**
 * What {@link EvolvingStates} hold, in collections of the JDK: each record as the release wrote it that did so last.
 */
final class EvolvingModel {
    /** A key in a namespace. */
    record At(long key, int window) {}

    final Map<Long, Object> values = new HashMap<>();
    final Map<At, List<Object>> lists = new HashMap<>();
    final Map<Long, Map<Integer, Object>> maps = new HashMap<>();
    final Map<At, Object> sums = new HashMap<>();
    final Map<At, Object> counts = new HashMap<>();

    EvolvingModel copy() {
        return map(record -> record);
    }

    /** What is there once a release has rewritten all values of one of the states. */
    void rewritten(final int kind, final int release) {
        final UnaryOperator<Object> as = record -> RecordReleases.as(release, record);
        switch (kind) {
            case 0 -> values.replaceAll((key, record) -> as.apply(record));
            case 1 -> lists.values().forEach(list -> list.replaceAll(as));
            case 2 -> maps.values().forEach(map -> map.replaceAll((inside, record) -> as.apply(record)));
            case 3 -> sums.replaceAll((at, record) -> as.apply(record));
            default -> counts.replaceAll((at, record) -> as.apply(record));
        }
    }

    private EvolvingModel map(final UnaryOperator<Object> as) {
        final EvolvingModel mapped = new EvolvingModel();
        values.forEach((key, record) -> mapped.values.put(key, as.apply(record)));
        lists.forEach((at, list) -> {
            mapped.lists.put(at, new ArrayList<>(list));
            mapped.lists.get(at).replaceAll(as);
        });
        maps.forEach((key, map) -> {
            mapped.maps.put(key, new LinkedHashMap<>(map));
            mapped.maps.get(key).replaceAll((inside, record) -> as.apply(record));
        });
        sums.forEach((at, record) -> mapped.sums.put(at, as.apply(record)));
        counts.forEach((at, record) -> mapped.counts.put(at, as.apply(record)));
        return mapped;
    }

    /** Reads everything that states hold. */
    private static EvolvingModel read(final EvolvingStates states) {
        final EvolvingModel found = new EvolvingModel();
        states.values.forEach(found.values::put);
        states.lists.forEachKey((key, window) -> {
            final List<Object> list = new ArrayList<>();
            states.lists.in(window).get(key).forEach(list::add);
            found.lists.put(new At(key, window), list);
        });
        states.maps.forEach((key, inside, record) ->
                found.maps.computeIfAbsent(key, any -> new LinkedHashMap<>()).put(inside, record));
        states.sums.forEachKey((key, window) ->
                found.sums.put(new At(key, window), states.sums.in(window).get(key)));
        states.counts.forEachKey((key, window) ->
                found.counts.put(new At(key, window), states.counts.in(window).get(key)));
        return found;
    }

    /** Compares what states hold, as their release sees it, with this; counts, and what is found by key, too. */
    void expect(final EvolvingStates states) {
        states.checkInvariants();
        final EvolvingModel expected = map(record -> RecordReleases.as(states.release, record));
        expected.counts.replaceAll((at, accumulator) -> accumulator.toString());
        final EvolvingModel found = read(states);
        expect("values", expected.values, found.values);
        expect("lists", expected.lists, found.lists);
        expect("maps", expected.maps, found.maps);
        expected.maps.forEach((key, map) -> expect(
                "order of map " + key,
                List.copyOf(map.keySet()),
                List.copyOf(found.maps.get(key).keySet())));
        expect("sums", expected.sums, found.sums);
        expect("counts", expected.counts, found.counts);
        final long elements = lists.values().stream().mapToLong(List::size).sum();
        final long entries = maps.values().stream().mapToLong(Map::size).sum();
        expect(
                "sizes",
                List.of((long) values.size(), elements, entries, (long) sums.size(), (long) counts.size()),
                List.of(
                        states.values.size(),
                        states.lists.size(),
                        states.maps.size(),
                        states.sums.size(),
                        states.counts.size()));
        final BiConsumer<Long, Object> byKey =
                (key, record) -> expect("value of " + key, record, states.values.get(key));
        expected.values.forEach(byKey);
        expected.maps.forEach((key, map) ->
                map.forEach((inside, record) -> expect("entry of " + key, record, states.maps.get(key, inside))));
    }

    private static void expect(final String what, final Object expected, final Object found) {
        if (expected.equals(found)) {
            return;
        }
        if (!(expected instanceof Map<?, ?> one) || !(found instanceof Map<?, ?> other)) {
            throw new AssertionError(what + ": expected=" + expected + " found=" + found);
        }
        final Set<Object> keys = new HashSet<>(one.keySet());
        keys.addAll(other.keySet());
        keys.removeIf(key -> Objects.equals(one.get(key), other.get(key)));
        final Object key = keys.iterator().next();
        throw new AssertionError(what + ": " + keys.size() + " are different, such as " + key + ": expected="
                + one.get(key) + " found=" + other.get(key));
    }
}

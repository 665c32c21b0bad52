/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregatingState;
import io.quire.store.ListState;
import io.quire.store.ReducingState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * A change of {@link EvolvingStates}, and the same of an {@link EvolvingModel}.
 *
 * @param kind of change, 0 to {@link #KINDS} - 1
 * @param key which
 * @param window namespace, where there are some
 * @param inside key inside a map
 * @param release that makes the change
 * @param record of that release, or what it is made of
 * @param delta what is added to an accumulator
 */
record EvolvingOperation(int kind, long key, int window, int inside, int release, Object record, long delta) {
    static final int KINDS = 26;

    private static final int KEYS = 40;
    private static final int WINDOWS = 3;
    private static final int INSIDES = 20;

    static EvolvingOperation random(final int release, final Random random) {
        return new EvolvingOperation(
                random.nextInt(KINDS),
                random.nextInt(KEYS),
                random.nextInt(WINDOWS),
                random.nextInt(INSIDES),
                release,
                RecordReleases.random(release, random),
                random.nextInt());
    }

    private int nextWindow() {
        return (window + 1) % WINDOWS;
    }

    private List<Object> several() {
        return List.of(record, RecordReleases.reduced(release, record, record), record);
    }

    private Map<Integer, Object> entries() {
        final Map<Integer, Object> entries = new LinkedHashMap<>();
        entries.put(inside, record);
        entries.put(inside + 1, several().get(1));
        return entries;
    }

    /** Changes the states; those of the operation's release. */
    void applyTo(final EvolvingStates states) {
        final ListState<Long, Object> list = states.lists.in(window);
        final ReducingState<Long, Object> sum = states.sums.in(window);
        final AggregatingState<Long, Long, Object, String> count = states.counts.in(window);
        switch (kind) {
            case 0, 1, 2 -> list.add(key, record);
            case 3 -> list.addAll(key, several());
            case 4 -> list.update(key, several());
            case 5 -> list.remove(key);
            case 6 -> states.lists.merge(key, window, List.of(nextWindow()));
            case 7, 8, 9 -> states.maps.put(key, inside, record);
            case 10 -> states.maps.putAll(key, entries());
            case 11 -> states.maps.remove(key, inside);
            case 12 -> states.maps.remove(key);
            case 13 -> {
                final Iterator<Map.Entry<Integer, Object>> entries =
                        states.maps.entries(key).iterator();
                if (entries.hasNext()) {
                    entries.next().setValue(record);
                }
            }
            case 14, 15 -> sum.add(key, record);
            case 16 -> states.sums.merge(key, window, List.of(nextWindow()));
            case 17 -> sum.remove(key);
            case 18, 19 -> count.add(key, delta);
            case 20 -> states.counts.merge(key, window, List.of(nextWindow()));
            case 21 -> count.remove(key);
            case 22 -> states.values.remove(key);
            default -> states.values.put(key, record);
        }
    }

    /** Changes the model. */
    void applyTo(final EvolvingModel model) {
        final EvolvingModel.At at = new EvolvingModel.At(key, window);
        final EvolvingModel.At next = new EvolvingModel.At(key, nextWindow());
        switch (kind) {
            case 0, 1, 2 -> append(model, at, List.of(record));
            case 3 -> append(model, at, several());
            case 4 -> model.lists.put(at, new ArrayList<>(several()));
            case 5 -> model.lists.remove(at);
            case 6 -> append(model, at, Objects.requireNonNullElse(model.lists.remove(next), List.of()));
            case 14, 15 -> model.sums.put(at, reduced(model.sums.get(at), record));
            case 16 -> merge(model.sums, at, next);
            case 17 -> model.sums.remove(at);
            case 18, 19 -> {
                final RecordReleases.Aggregate function = new RecordReleases.Aggregate(release);
                final Object before = RecordReleases.as(release, model.counts.get(at));
                model.counts.put(at, function.add(delta, before == null ? function.createAccumulator() : before));
            }
            case 20 -> merge(model.counts, at, next);
            case 21 -> model.counts.remove(at);
            case 22 -> model.values.remove(key);
            case 23, 24, 25 -> model.values.put(key, record);
            default -> applyTo(model.maps);
        }
    }

    private void applyTo(final Map<Long, Map<Integer, Object>> maps) {
        final Map<Integer, Object> map = maps.computeIfAbsent(key, any -> new LinkedHashMap<>());
        switch (kind) {
            case 7, 8, 9 -> map.put(inside, record);
            case 10 -> map.putAll(entries());
            case 11 -> map.remove(inside);
            case 12 -> map.clear();
            default -> map.entrySet().stream().findFirst().ifPresent(entry -> entry.setValue(record));
        }
        if (map.isEmpty()) {
            maps.remove(key);
        }
    }

    private static void append(final EvolvingModel model, final EvolvingModel.At at, final List<Object> records) {
        if (!records.isEmpty()) {
            model.lists.computeIfAbsent(at, any -> new ArrayList<>()).addAll(records);
        }
    }

    /** What moves is written anew, also where it is alone. */
    private void merge(
            final Map<EvolvingModel.At, Object> records, final EvolvingModel.At at, final EvolvingModel.At next) {
        final Object moved = records.remove(next);
        if (moved != null) {
            records.put(at, reduced(records.get(at), moved));
        }
    }

    private Object reduced(final Object first, final Object second) {
        final Object other = RecordReleases.as(release, second);
        return first == null ? other : RecordReleases.reduced(release, RecordReleases.as(release, first), other);
    }
}

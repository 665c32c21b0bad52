/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.MapState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * The most viewed items of each category: a map of counts under each category. A view reads and writes one entry,
 * however many items the category has; the top is found by a walk over the map, which keeps only as many entries as are
 * asked for.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class TopN {
    private static final String[] CATEGORIES = {"books", "music"};
    private static final int ITEMS = 1_000;

    private final MapState<String, Integer, Long> views;

    TopN(final DurableStateStore store) {
        views = store.state(TypedStateDescriptor.map("views", Codecs.STRING, Codecs.INT, Codecs.LONG));
    }

    /**
     * Counts views, and after a restart prints the three most viewed items of each category and compares their numbers
     * with a count in an array.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final SplittableRandom random = new SplittableRandom(3);
        final long[][] counted = new long[CATEGORIES.length][ITEMS];
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                final TopN top = new TopN(store);
                for (int i = 0; i < 50_000; i++) {
                    final int item = (int) (ITEMS * Math.pow(random.nextDouble(), 3)); // few items get most views
                    final int category = random.nextInt(CATEGORIES.length);
                    top.view(CATEGORIES[category], item);
                    counted[category][item]++;
                }
            }
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                final TopN top = new TopN(store);
                for (int category = 0; category < CATEGORIES.length; category++) {
                    top.print(CATEGORIES[category], counted[category]);
                }
            }
        }
    }

    private void print(final String category, final long[] counted) {
        final long[] ascending = Arrays.stream(counted).sorted().toArray();
        System.out.println("most viewed " + category + ":");
        int rank = 0;
        for (final Map.Entry<Integer, Long> entry : top(category, 3)) {
            final long expected = ascending[ITEMS - ++rank];
            if (entry.getValue() != expected || counted[entry.getKey()] != expected) {
                throw new IllegalStateException("rank=" + rank + " found=" + entry + " expected=" + expected);
            }
            System.out.println("  item " + entry.getKey() + ", " + entry.getValue() + " views");
        }
    }

    /**
     * Counts a view.
     *
     * @param category the item's category
     * @param item which item
     */
    void view(final String category, final int item) {
        final Long count = views.get(category, item);
        views.put(category, item, count == null ? 1L : count + 1);
    }

    /**
     * The most viewed items of a category.
     *
     * @param category which category
     * @param n how many
     * @return items with their views, the most viewed first; of two with the same views the one with the lower number
     */
    List<Map.Entry<Integer, Long>> top(final String category, final int n) {
        final Comparator<Map.Entry<Integer, Long>> ascending = Map.Entry.<Integer, Long>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder()));
        final PriorityQueue<Map.Entry<Integer, Long>> best = new PriorityQueue<>(ascending);
        for (final Map.Entry<Integer, Long> entry : views.entries(category)) {
            best.add(entry);
            if (best.size() > n) {
                best.poll();
            }
        }
        final List<Map.Entry<Integer, Long>> top = new ArrayList<>(best);
        top.sort(ascending.reversed());
        return top;
    }
}

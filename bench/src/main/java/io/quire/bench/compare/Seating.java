/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Who is loaded at the same time: all contestants when they fit into memory together, otherwise as many as do, one
 * group after the other. Each fork begins with another contestant, so that no one is always first.
 *
 * <p>Threading: thread-safe, no state.
 */
final class Seating {
    private Seating() {}

    /**
     * Seats contestants.
     *
     * @param <T> kind of contestant
     * @param contestants all, in their usual order
     * @param fork from 1
     * @param budget bytes that a group may take
     * @param need bytes that one contestant takes
     * @return groups; who does not fit alone is in none
     */
    static <T> List<List<T>> groups(
            final List<T> contestants, final int fork, final long budget, final ToLongFunction<T> need) {
        final List<List<T>> groups = new ArrayList<>();
        List<T> group = new ArrayList<>();
        long taken = 0;
        for (int i = 0; i < contestants.size(); i++) {
            final T contestant = contestants.get((i + fork - 1) % contestants.size());
            final long length = need.applyAsLong(contestant);
            if (length > budget) {
                continue;
            }
            if (taken + length > budget) {
                groups.add(group);
                group = new ArrayList<>();
                taken = 0;
            }
            group.add(contestant);
            taken += length;
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }
}

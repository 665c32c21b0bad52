/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Who is loaded at the same time: all contestants when they fit together, otherwise as many as do, one
 * group after the other. Each fork begins with another contestant, so that no one is always first.
 *
 * <p>Threading: thread-safe, no state.
 */
final class Seating {
    /**
     * What a contestant takes, or what there is.
     *
     * @param memoryLength bytes of memory, with files where these are kept in memory
     * @param fileLength bytes of files
     */
    record Room(long memoryLength, long fileLength) {
        private Room plus(final Room other) {
            return new Room(memoryLength + other.memoryLength, fileLength + other.fileLength);
        }

        private boolean holds(final Room other) {
            return other.memoryLength <= memoryLength && other.fileLength <= fileLength;
        }
    }

    private Seating() {}

    /**
     * Seats contestants.
     *
     * @param <T> kind of contestant
     * @param contestants all, in their usual order
     * @param fork from 1
     * @param budget what a group may take
     * @param need what one contestant takes
     * @return groups; who does not fit alone is in none
     */
    static <T> List<List<T>> groups(
            final List<T> contestants, final int fork, final Room budget, final Function<T, Room> need) {
        final List<List<T>> groups = new ArrayList<>();
        List<T> group = new ArrayList<>();
        Room taken = new Room(0, 0);
        for (int i = 0; i < contestants.size(); i++) {
            final T contestant = contestants.get((i + fork - 1) % contestants.size());
            final Room room = need.apply(contestant);
            if (!budget.holds(room)) {
                continue;
            }
            if (!budget.holds(taken.plus(room))) {
                groups.add(group);
                group = new ArrayList<>();
                taken = new Room(0, 0);
            }
            group.add(contestant);
            taken = taken.plus(room);
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }
}

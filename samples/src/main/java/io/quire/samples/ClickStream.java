/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A day of clicks as a web shop gets them: users come back several times, most of them in the evening, click in bursts,
 * read for a while in between, and go away. Most clicks arrive at once, those of phones up to two minutes late, so that
 * the stream is out of order, within a bound.
 *
 * <p>Threading: thread-safe, it has no state.
 */
final class ClickStream {
    /** No click arrives later than this after a click of a later time, milliseconds. */
    static final long LATENESS_MS = 2 * 60 * 1000;

    private static final long SECOND_MS = 1000;
    private static final long MINUTE_MS = 60 * SECOND_MS;
    private static final long DAY_MS = 24 * 60 * MINUTE_MS;

    /** What a user did, and when. */
    record Click(String user, long atMs, String page) {}

    private record Arrival(Click click, long arrivedMs) {}

    private ClickStream() {}

    /** A day of clicks of so many users, in the order in which they arrive. */
    static List<Click> day(final int users, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Arrival> arrivals = new ArrayList<>();
        for (int user = 0; user < users; user++) {
            final boolean phone = random.nextInt(3) == 0;
            for (int visit = random.nextInt(5); visit >= 0; visit--) {
                for (final Click click : visit("user-" + user, random)) {
                    final long delayMs = phone && random.nextInt(4) == 0 ? random.nextLong(LATENESS_MS + 1) : 0;
                    arrivals.add(new Arrival(click, click.atMs() + delayMs));
                }
            }
        }
        arrivals.sort(Comparator.comparingLong(Arrival::arrivedMs));
        return arrivals.stream().map(Arrival::click).toList();
    }

    /** A burst of clicks: one after some seconds, sometimes after minutes, and now and then after lunch. */
    private static List<Click> visit(final String user, final SplittableRandom random) {
        final List<Click> clicks = new ArrayList<>();
        long atMs = Math.max(random.nextLong(DAY_MS), random.nextLong(DAY_MS)); // later hours are busier
        for (int left = 1 + random.nextInt(25); left > 0; left--) {
            clicks.add(new Click(user, atMs, page(random)));
            atMs += switch (random.nextInt(20)) {
                case 0 -> random.nextLong(60 * MINUTE_MS);
                case 1, 2, 3 -> random.nextLong(10 * MINUTE_MS);
                default -> SECOND_MS + random.nextLong(40 * SECOND_MS);
            };
        }
        return clicks;
    }

    private static String page(final SplittableRandom random) {
        return switch (random.nextInt(10)) {
            case 0 -> "/";
            case 1, 2 -> "/search";
            case 3 -> "/cart";
            default -> "/item/" + random.nextInt(500);
        };
    }

    /**
     * Sessions as they are found with all clicks at hand, sorted: what a program that takes them one by one must come
     * to.
     *
     * @param clicks in any order
     * @param gapMs clicks of a user that are at most so far apart belong together, milliseconds
     */
    static List<SessionWindows.Session> sessions(final List<Click> clicks, final long gapMs) {
        final Map<String, List<Long>> times = new TreeMap<>();
        clicks.forEach(click ->
                times.computeIfAbsent(click.user(), user -> new ArrayList<>()).add(click.atMs()));
        final List<SessionWindows.Session> sessions = new ArrayList<>();
        times.forEach((user, ofUser) -> {
            ofUser.sort(Comparator.naturalOrder());
            int first = 0;
            for (int i = 1; i <= ofUser.size(); i++) {
                if (i == ofUser.size() || ofUser.get(i) - ofUser.get(i - 1) > gapMs) {
                    sessions.add(new SessionWindows.Session(user, ofUser.get(first), ofUser.get(i - 1), i - first));
                    first = i;
                }
            }
        });
        return sessions;
    }
}

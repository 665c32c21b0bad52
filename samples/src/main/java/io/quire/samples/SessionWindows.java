/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Session windows over a stream of clicks: clicks of a user that are at most half an hour apart belong to one session.
 * Each click opens a session, which is then merged with those it touches; the clicks of a session are a list in the
 * namespace of its start, so merging moves none of them. Clicks may come late and bridge two sessions, and the program
 * may stop between any two.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class SessionWindows {
    static final long GAP_MS = 30 * 60 * 1000;
    private static final String[] USERS = {"ann", "bob", "cyd"};
    private static final String[] PAGES = {"/", "/search", "/item", "/cart", "/pay"};

    private final DurableStateStore store;
    private final NamespacedState<String, Long, ListState<String, String>> clicks; // by start of the session
    private final MapState<String, Long, Long> sessions; // user: start of a session to its last click

    SessionWindows(final DurableStateStore store) {
        this.store = store;
        clicks = store.state(TypedStateDescriptor.list("clicks", Codecs.STRING, Codecs.STRING), Codecs.LONG);
        sessions = store.state(TypedStateDescriptor.map("sessions", Codecs.STRING, Codecs.LONG, Codecs.LONG));
    }

    /**
     * Reads a stream of clicks, half of it before a restart and half after, and prints the sessions.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final SplittableRandom random = new SplittableRandom(7);
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            for (int half = 0; half < 2; half++) {
                try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                    final SessionWindows windows = new SessionWindows(store);
                    for (int i = 0; i < 150; i++) {
                        final long minute = half * 400L + random.nextInt(400); // out of order
                        windows.click(
                                USERS[random.nextInt(USERS.length)],
                                minute * 60_000,
                                PAGES[random.nextInt(PAGES.length)]);
                    }
                    if (half == 1) {
                        windows.print();
                    }
                }
            }
        }
    }

    /**
     * Takes a click.
     *
     * @param user who
     * @param atMs when
     * @param page where
     */
    void click(final String user, final long atMs, final String page) {
        long start = atMs;
        long end = atMs;
        final List<Long> touched = new ArrayList<>();
        for (final Map.Entry<Long, Long> session : sessions.entries(user)) {
            if (session.getKey() - GAP_MS <= atMs && atMs <= session.getValue() + GAP_MS) {
                touched.add(session.getKey());
                start = Math.min(start, session.getKey());
                end = Math.max(end, session.getValue());
            }
        }
        store.beginBatch(); // a session is never seen half merged
        clicks.in(atMs).add(user, page);
        touched.add(atMs);
        clicks.merge(user, start, touched);
        for (final long merged : touched) {
            sessions.remove(user, merged);
        }
        sessions.put(user, start, end);
        store.commitBatch();
    }

    /**
     * Sessions of a user.
     *
     * @param user who
     * @return start to last click, in no order
     */
    Map<Long, Long> sessionsOf(final String user) {
        final Map<Long, Long> all = new java.util.TreeMap<>();
        sessions.entries(user).forEach(session -> all.put(session.getKey(), session.getValue()));
        return all;
    }

    /**
     * Clicks of a session.
     *
     * @param user who
     * @param start of the session
     * @return pages
     */
    List<String> clicksOf(final String user, final long start) {
        final List<String> pages = new ArrayList<>();
        clicks.in(start).get(user).forEach(pages::add);
        return pages;
    }

    private void print() {
        long total = 0;
        for (final String user : USERS) {
            final Map<Long, Long> all = sessionsOf(user);
            long longestMs = 0;
            for (final Map.Entry<Long, Long> session : all.entrySet()) {
                total += clicksOf(user, session.getKey()).size();
                longestMs = Math.max(longestMs, session.getValue() - session.getKey());
            }
            System.out.println(user + ": " + all.size() + " sessions, the longest " + longestMs / 60_000 + " minutes");
        }
        System.out.println(total + " clicks in all sessions");
    }
}

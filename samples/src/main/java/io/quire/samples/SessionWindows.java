/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.samples.ClickStream.Click;
import io.quire.store.ListState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.SourcePosition;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Session windows over a stream of clicks: clicks of a user that are at most half an hour apart belong to one session.
 * Each click opens a session, which is then merged with those it touches; the clicks of a session are a list in the
 * namespace of its start, so merging moves none of them. Clicks may come out of order and bridge two sessions. A timer
 * in event time closes a session once no click can belong to it any more, and takes its list out of the state.
 *
 * <p>The program may be killed at any moment: a click, the position in the stream and what the click does are one
 * batch, and so are a timer and the closing of its session.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class SessionWindows {
    static final long GAP_MS = 30 * 60 * 1000;
    private static final int USERS = 200;
    private static final long LATEST = 0; // key of the latest time

    /** A session that is over. */
    record Session(String user, long startMs, long endMs, long clicks) {}

    private final DurableStateStore store;
    private final NamespacedState<String, Long, ListState<String, String>> clicks; // by start of the session
    private final MapState<String, Long, Long> sessions; // user: start of an open session to its last click
    private final NamespacedState<String, Long, TimerState<String>> ends; // by start of the session
    private final ListState<String, Session> closed; // by user
    private final LongLongState latestMs; // time of the latest click
    private final SourcePosition clicksTaken;

    SessionWindows(final DurableStateStore store) {
        this.store = store;
        clicks = store.state(TypedStateDescriptor.list("clicks", Codecs.STRING, Codecs.STRING), Codecs.LONG);
        sessions = store.state(TypedStateDescriptor.map("sessions", Codecs.STRING, Codecs.LONG, Codecs.LONG));
        ends = store.state(TypedStateDescriptor.timers("ends", Codecs.STRING, TimeDomain.EVENT_TIME), Codecs.LONG);
        closed = store.state(TypedStateDescriptor.list("closed", Codecs.STRING, Codecs.record(Session.class)));
        latestMs = store.longLongState("latest");
        clicksTaken = store.source("click stream");
    }

    /**
     * Reads a day of clicks, half of it before a restart and the rest after, and compares the sessions with those that
     * are found with all clicks at hand.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final List<Click> day = ClickStream.day(USERS, 7);
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                final SessionWindows windows = new SessionWindows(store);
                windows.take(day.subList(0, day.size() / 2));
                windows.print("before the restart");
            }
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                final SessionWindows windows = new SessionWindows(store);
                windows.take(day); // goes on where it was
                windows.print("after the whole day");
                windows.advanceTo(Long.MAX_VALUE);
                windows.print("after the end of the stream");
                windows.compare(day);
            }
        }
    }

    /**
     * Takes the clicks that were not taken yet, and closes sessions on the way.
     *
     * @param stream the whole stream up to some click, in the order of arrival
     */
    void take(final List<Click> stream) {
        for (int i = (int) clicksTaken.get(0); i < stream.size(); i++) {
            final long latest = Math.max(stream.get(i).atMs(), latestMs.get(LATEST, 0));
            store.beginBatch(); // a session is never seen half merged, a click never taken twice
            click(stream.get(i));
            latestMs.put(LATEST, latest);
            clicksTaken.set(i + 1);
            store.commitBatch();
            advanceTo(latest - ClickStream.LATENESS_MS);
        }
    }

    /** Takes a click, inside a batch. */
    private void click(final Click click) {
        final String user = click.user();
        long start = click.atMs();
        long end = click.atMs();
        final List<Long> touched = new ArrayList<>();
        for (final Map.Entry<Long, Long> session : sessions.entries(user)) {
            if (session.getKey() - GAP_MS <= click.atMs() && click.atMs() <= session.getValue() + GAP_MS) {
                touched.add(session.getKey());
                ends.in(session.getKey()).deleteTimer(user, closingMs(session.getValue()));
                start = Math.min(start, session.getKey());
                end = Math.max(end, session.getValue());
            }
        }
        clicks.in(click.atMs()).add(user, click.page());
        for (final long merged : touched) {
            sessions.remove(user, merged);
        }
        touched.add(click.atMs());
        clicks.merge(user, start, touched);
        sessions.put(user, start, end);
        ends.in(start).registerTimer(user, closingMs(end));
    }

    /** The first time at which no click can belong to a session any more. */
    private static long closingMs(final long endMs) {
        return endMs + GAP_MS + 1;
    }

    /**
     * Closes the sessions that are over.
     *
     * @param watermarkMs no click of an earlier time comes any more, milliseconds
     */
    void advanceTo(final long watermarkMs) {
        ends.pollDue(watermarkMs, (user, start, timestamp) -> {
            final long count = clicks.in(start).size(user);
            closed.add(user, new Session(user, start, sessions.get(user, start), count));
            sessions.remove(user, start);
            clicks.in(start).remove(user);
        });
    }

    /**
     * Sessions of a user that are open.
     *
     * @param user who
     * @return start to last click, in the order of start
     */
    Map<Long, Long> openSessionsOf(final String user) {
        final Map<Long, Long> all = new TreeMap<>();
        sessions.entries(user).forEach(session -> all.put(session.getKey(), session.getValue()));
        return all;
    }

    /**
     * Clicks of a session that is open.
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

    /** Sessions that are over, by user and start. */
    List<Session> closedSessions() {
        final List<Session> all = new ArrayList<>();
        closed.forEach((user, session) -> all.add(session));
        all.sort(Comparator.comparing(Session::user).thenComparingLong(Session::startMs));
        return all;
    }

    /** Throws unless the sessions are those of the plain computation, and nothing is left in the state. */
    private void compare(final List<Click> day) {
        final List<Session> expected = ClickStream.sessions(day, GAP_MS);
        final List<Session> found = closedSessions();
        final long total = found.stream().mapToLong(Session::clicks).sum();
        if (!found.equals(expected) || total != day.size() || clicks.size() + sessions.size() + ends.size() != 0) {
            throw new IllegalStateException("sessions=" + found.size() + " clicks=" + total + " expected sessions="
                    + expected.size() + " clicks=" + day.size());
        }
        System.out.println("the same sessions as computed from all " + day.size() + " clicks at once: yes");
        found.stream()
                .max(Comparator.comparingLong(Session::clicks))
                .ifPresent(most -> System.out.println("most clicks: " + most.user() + ", " + most.clicks() + " in "
                        + (most.endMs() - most.startMs()) / 60_000 + " minutes"));
    }

    private void print(final String when) {
        System.out.println(when + ": " + clicksTaken.get(0) + " clicks taken, " + closed.size() + " sessions closed, "
                + sessions.size() + " open with " + clicks.size() + " clicks");
    }
}

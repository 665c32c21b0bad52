/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.samples.ClickStream.Click;
import io.quire.samples.SessionWindows.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionWindowsTest {
    private static final long GAP = SessionWindows.GAP_MS;
    private static final long LATENESS = ClickStream.LATENESS_MS;

    @Test
    void shouldRun() throws IOException {
        SessionWindows.main();
    }

    @Test
    void shouldMergeSessionsThatALateClickBridgesAlsoAfterARestart(@TempDir final Path directory) {
        final List<Click> stream = new ArrayList<>();
        stream.add(new Click("ann", 10 * GAP, "/a"));
        stream.add(new Click("ann", 11 * GAP + LATENESS, "/b"));
        stream.add(new Click("bob", 11 * GAP, "/c"));
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            windows.take(stream);
            assertThat(windows.openSessionsOf("ann")).hasSize(2);
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            stream.add(new Click("ann", 11 * GAP, "/d")); // as late as can be
            windows.take(stream);
            assertThat(windows.openSessionsOf("ann")).isEqualTo(Map.of(10 * GAP, 11 * GAP + LATENESS));
            assertThat(windows.clicksOf("ann", 10 * GAP)).containsExactlyInAnyOrder("/a", "/b", "/d");
            assertThat(windows.clicksOf("ann", 11 * GAP + LATENESS)).isEmpty();
            assertThat(windows.openSessionsOf("bob")).isEqualTo(Map.of(11 * GAP, 11 * GAP));
            assertThat(windows.closedSessions()).isEmpty();
        }
    }

    @Test
    void shouldCloseASessionOnceNoClickCanBelongToIt(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            windows.take(List.of(new Click("ann", 100, "/a"), new Click("ann", 300, "/b")));
            windows.advanceTo(300 + GAP);
            assertThat(windows.closedSessions()).isEmpty();
            windows.advanceTo(301 + GAP);
            assertThat(windows.closedSessions()).containsExactly(new Session("ann", 100, 300, 2));
            assertThat(windows.openSessionsOf("ann")).isEmpty();
            assertThat(windows.clicksOf("ann", 100)).isEmpty();
        }
    }

    @Test
    void shouldFindTheSessionsOfAPlainComputationHoweverOftenItIsRestarted(@TempDir final Path directory) {
        final List<Click> day = ClickStream.day(40, 11);
        long lateCount = 0;
        for (int i = 1; i < day.size(); i++) {
            lateCount += day.get(i).atMs() < day.get(i - 1).atMs() ? 1 : 0;
        }
        assertThat(lateCount).as("out of order").isGreaterThan(10);
        for (int run = 1; run <= 5; run++) {
            try (DurableStateStore store = DurableStateStore.open(directory)) {
                new SessionWindows(store).take(day.subList(0, day.size() * run / 5));
            }
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            windows.advanceTo(Long.MAX_VALUE);
            assertThat(windows.closedSessions()).isEqualTo(ClickStream.sessions(day, GAP));
        }
    }

    @Test
    void shouldPartSessionsByMoreThanTheGap() {
        final List<Click> clicks = List.of(
                new Click("b", 5, "/"),
                new Click("a", GAP, "/"),
                new Click("a", 0, "/"),
                new Click("a", 2 * GAP + 1, "/"));
        assertThat(ClickStream.sessions(clicks, GAP))
                .containsExactly(
                        new Session("a", 0, GAP, 2),
                        new Session("a", 2 * GAP + 1, 2 * GAP + 1, 1),
                        new Session("b", 5, 5, 1));
    }
}

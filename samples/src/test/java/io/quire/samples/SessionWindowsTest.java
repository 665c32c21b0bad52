/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionWindowsTest {
    private static final long GAP = SessionWindows.GAP_MS;

    @Test
    void shouldRun() throws IOException {
        SessionWindows.main();
    }

    @Test
    void shouldMergeSessionsThatALateClickBridgesAlsoAfterARestart(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            windows.click("ann", 10 * GAP, "/a");
            windows.click("ann", 12 * GAP, "/b");
            windows.click("bob", 11 * GAP, "/c");
            assertThat(windows.sessionsOf("ann")).hasSize(2);
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final SessionWindows windows = new SessionWindows(store);
            windows.click("ann", 11 * GAP, "/d");
            assertThat(windows.sessionsOf("ann")).isEqualTo(Map.of(10 * GAP, 12 * GAP));
            assertThat(windows.clicksOf("ann", 10 * GAP)).containsExactlyInAnyOrder("/a", "/b", "/d");
            assertThat(windows.clicksOf("ann", 12 * GAP)).isEmpty();
            assertThat(windows.sessionsOf("bob")).isEqualTo(Map.of(11 * GAP, 11 * GAP));
        }
    }
}

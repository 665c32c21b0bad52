/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What waits for a barrier that does not come. */
class CheckpointRequestsTest {
    private static final long TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(64);

    @Test
    void shouldKeepFewHoweverManyTimeoutsLongSomebodyAsks() {
        final CheckpointRequests requests = new CheckpointRequests(TIMEOUT_NS, () -> "phase=REST");
        final long startNs = System.nanoTime();
        CompletableFuture<CheckpointInfo> last;
        long different = 0;
        CompletableFuture<CheckpointInfo> before = null;
        do {
            last = requests.add();
            different += last == before ? 0 : 1;
            before = last;
        } while (System.nanoTime() - startNs < 5 * TIMEOUT_NS || different < 100);
        int waiting = 0;
        for (CheckpointRequest request = requests.takeAll(); request != null; request = request.next()) {
            waiting++;
        }
        // A timeout's worth, and as much again in case timers come late.
        assertThat(waiting).isBetween(1, 2 * CheckpointRequests.TOGETHER_DIVISOR);
        assertThat(requests.isEmpty()).isTrue();
        assertThat(last).failsWithin(Duration.ofSeconds(60)); // its time is up all the same
    }

    @Test
    void shouldLimitTheTimeOfThoseInAListOnceTheyWereAddedWithoutLimit() {
        final CheckpointRequests requests = new CheckpointRequests(TIMEOUT_NS, () -> "phase=REST");
        final CheckpointRequest request = requests.addWithoutLimit();
        assertThat(requests.add()).as("who asks together").isSameAs(request.future());
        assertThat(request.limited()).as("limited by the second").isTrue();
        final CheckpointRequest alone = new CheckpointRequests(TIMEOUT_NS, () -> "phase=REST").addWithoutLimit();
        assertThat(request.future()).failsWithin(Duration.ofSeconds(60));
        assertThat(alone.future()).as("without a limit").isNotDone();
        requests.limitTimes(alone);
        assertThat(alone.future()).failsWithin(Duration.ofSeconds(60));
    }
}

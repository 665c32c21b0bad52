/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CheckpointThrottleTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MB = 1_000_000;

    private long nowNs = Long.MAX_VALUE - SECOND; // the clock may wrap
    private long cpuNs;
    private boolean urgent;

    private CheckpointThrottle throttle(final long bytesPerSecond, final double cpuShare) {
        return new CheckpointThrottle(bytesPerSecond, cpuShare, () -> nowNs, () -> cpuNs, ns -> nowNs += ns);
    }

    private void work(final long ns) {
        nowNs += ns;
        cpuNs += ns;
    }

    @Test
    void shouldTakeNoMoreThanItsShareOfACore() {
        final CheckpointThrottle throttle = throttle(0, 0.25);
        final CheckpointThrottle.Pace pace = throttle.pace(() -> urgent, () -> {});
        pace.begin();
        final long startNs = nowNs;
        for (int i = 0; i < 100; i++) {
            work(SECOND / 100);
            pace.worked();
        }
        assertThat(nowNs - startNs).isBetween(4 * SECOND, 4 * SECOND + SECOND / 100);
        assertThat(throttle.waitedNs()).isBetween(3 * SECOND, 3 * SECOND + SECOND / 100);
    }

    @Test
    void shouldNotSaveUpWhatWasNotUsed() {
        final CheckpointThrottle throttle = throttle(0, 0.5);
        final CheckpointThrottle.Pace pace = throttle.pace(() -> urgent, () -> {});
        pace.begin();
        nowNs += 60 * SECOND; // waiting for the disk takes no core
        pace.worked();
        final long startNs = nowNs;
        work(SECOND);
        pace.worked();
        assertThat(nowNs - startNs).isBetween(2 * SECOND - SECOND / 5, 2 * SECOND + SECOND / 100);
    }

    @Test
    void shouldHoldBothThreadsTogetherToTheBandwidth() {
        final CheckpointThrottle throttle = throttle(100 * MB, 1);
        final CheckpointThrottle.Pace checkpointer = throttle.pace(() -> urgent, () -> {});
        final CheckpointThrottle.Pace merger = throttle.pace(() -> urgent, () -> {});
        final long startNs = nowNs;
        for (int i = 0; i < 100; i++) {
            checkpointer.beforeWrite((int) MB);
            merger.beforeWrite((int) MB);
        }
        assertThat(nowNs - startNs).isBetween(2 * SECOND - SECOND / 10, 2 * SECOND);
    }

    @Test
    void shouldGiveWayToWhatIsUrgent() {
        final CheckpointThrottle.Pace pace = throttle(1, 0.01).pace(() -> urgent, () -> {});
        pace.begin();
        urgent = true;
        final long startNs = nowNs;
        pace.beforeWrite((int) MB);
        cpuNs += SECOND;
        pace.worked();
        assertThat(nowNs).isEqualTo(startNs);
    }

    @Test
    void shouldBreakOffAWait() {
        final CheckpointThrottle.Pace pace = throttle(1, 1).pace(() -> urgent, () -> {
            if (nowNs - (Long.MAX_VALUE - SECOND) > 5 * SECOND) {
                throw new IllegalStateException("late");
            }
        });
        pace.beforeWrite((int) MB); // the next has to wait until this is paid for
        assertThatThrownBy(() -> pace.beforeWrite(1)).hasMessage("late");
    }

    @Test
    void shouldNotWaitWithoutABudget() {
        final CheckpointThrottle throttle = throttle(0, 1);
        final CheckpointThrottle.Pace pace = throttle.pace(() -> urgent, () -> {});
        pace.begin();
        work(SECOND);
        pace.worked();
        pace.beforeWrite((int) MB);
        assertThat(throttle.waitedNs()).isZero();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.LongBytesState;
import io.quire.store.LongTimerState;
import io.quire.store.TimeDomain;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFullException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deliveries that are too large for the log. */
class TimerBatchTest {
    private static final int LENGTH = 8 * 1024 * 1024;

    @TempDir
    Path directory;

    @Test
    @Tag("slow")
    void shouldTakeBackATimerWhoseConsumerOutgrowsTheLogAndGoesOn() {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            final LongBytesState values = store.longBytesState("values");
            final UnsafeBuffer value = new UnsafeBuffer(new byte[LENGTH]);
            timers.registerTimer(1, 1);
            assertThatThrownBy(() -> timers.pollDue(1, (key, timestamp) -> {
                        assertThatThrownBy(() -> {
                                    for (long i = 0; i < 40; i++) {
                                        values.put(i, value, 0, LENGTH);
                                    }
                                })
                                .isInstanceOf(StoreFullException.class);
                    }))
                    .isInstanceOf(ConfigurationException.class);
            store.beginBatch(); // none is open
            store.rollbackBatch();
            assertThat(values.size()).isZero();
            timers.registerTimer(2, 2);
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            assertThat(timers.size()).isEqualTo(2);
            assertThat(timers.pollDue(2, (key, timestamp) -> {})).isEqualTo(2);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.errors.StoreClosedException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store without a log is closed while a thread that is no writer gives a state its first time to live. */
class CloseDuringCopyTest {
    private static final int KEYS = 5_000;

    @TempDir
    Path temp;

    private final AtomicInteger clockCalls = new AtomicInteger(Integer.MIN_VALUE);
    private volatile DurableStateStore store;
    private volatile Throwable problem;
    private Thread closing;

    /** The last before the copy begins is asked by the thread that is to copy, as it has the role. */
    private long now() {
        if (clockCalls.incrementAndGet() == 2) {
            closing = new Thread(
                    () -> {
                        try {
                            store.close();
                        } catch (final RuntimeException e) {
                            problem = e;
                        }
                    },
                    "closing");
            closing.start();
            while (closing.getState() != Thread.State.TIMED_WAITING) { // for the role
                Thread.onSpinWait();
            }
        }
        return 1_000;
    }

    @Test
    @Timeout(60)
    void shouldGiveTheCopyUpAndTakeTheLastCheckpoint() throws InterruptedException {
        final DurableStoreContext context = new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .checkpointIntervalNs(0)
                .durability(Durability.NONE)
                .expiryClock(this::now);
        store = DurableStateStore.open(context);
        final LongLongState longs = store.longLongState("longs");
        for (long key = 0; key < KEYS; key++) {
            longs.put(key, key);
        }
        store.releaseOwnership();
        clockCalls.set(0);
        assertThatThrownBy(() -> store.longLongState("longs", TimeToLive.ofMillis(10)))
                .isInstanceOf(StoreClosedException.class);
        closing.join();
        assertThat(problem).isNull();
        clockCalls.set(Integer.MIN_VALUE);
        try (DurableStateStore reopened = DurableStateStore.open(context)) {
            final LongLongState found = reopened.longLongState("longs");
            assertThat(found.timeToLive()).isEqualTo(TimeToLive.OFF);
            assertThat(found.size()).isEqualTo(KEYS);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CheckpointFailedException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is done on the checkpointer's own thread by who was waiting for a checkpoint. */
class CheckpointCallbackTest {
    @TempDir
    Path directory;

    @Test
    @Timeout(60)
    void shouldAnswerACheckpointThatACallbackOfTheOneBeforeWaitsFor() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .durability(Durability.NONE)
                .checkpointIntervalNs(0)
                .checkpointTimeoutNs(TimeUnit.SECONDS.toNanos(2)))) {
            final LongLongState state = store.longLongState("state");
            final Thread test = Thread.currentThread();
            Throwable answer = null;
            for (long key = 0; answer == null; key += 2) { // until a callback was there before its checkpoint had ended
                final long first = key;
                final CountDownLatch released = new CountDownLatch(1);
                state.put(first, 1);
                final CompletableFuture<Throwable> answered = store.checkpoint().thenApply(info -> {
                    if (Thread.currentThread() == test) {
                        return null;
                    }
                    awaitUninterruptibly(released);
                    state.put(first + 1, 1);
                    final CompletableFuture<CheckpointInfo> second = store.checkpoint();
                    store.releaseOwnership();
                    return second.handle((found, failure) -> failure).join(); // this very thread is to complete it
                });
                store.releaseOwnership();
                released.countDown();
                answer = answered.get(30, TimeUnit.SECONDS);
            }
            assertThat(answer).isInstanceOf(CheckpointFailedException.class).hasMessageContaining("timed out");
            assertThat(store.checkpoint().get(30, TimeUnit.SECONDS)).isNotNull();
        }
    }

    private static void awaitUninterruptibly(final CountDownLatch latch) {
        boolean open = false;
        while (!open) {
            try {
                latch.await();
                open = true;
            } catch (final InterruptedException e) {
                // Nobody ends this thread; the latch is opened a line further on.
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.NotWriterException;
import io.quire.store.memory.PagedMemory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * Threads that all want to write and hand the store over to each other: whoever writes is alone, whoever is not the
 * writer is told, and each finds what the one before has written.
 */
class OwnershipStressTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 2_000;

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger writing = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private long writes; // plain: handing over makes it visible

    @Test
    void shouldHaveOneWriterAtATimeWhoSeesAllThatWasWritten() throws InterruptedException {
        try (StateStore store = new StateStore(PagedMemory.anonymous(1))) {
            final LongLongState state = store.longLongState("state");
            final Thread[] threads = new Thread[THREADS];
            for (int i = 0; i < THREADS; i++) {
                threads[i] = new Thread(() -> {
                    try {
                        contend(store, state);
                    } catch (final Throwable t) {
                        failure.compareAndSet(null, t);
                    }
                });
                threads[i].start();
            }
            for (final Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(state.get(0, -1)).isEqualTo(writes).isEqualTo((long) THREADS * ROUNDS * 3);
            assertThat(refused).hasPositiveValue();
        }
    }

    private void contend(final StateStore store, final LongLongState state) {
        for (int round = 0; round < ROUNDS && failure.get() == null; ) {
            try {
                state.addAndGet(0, 1);
            } catch (final NotWriterException e) {
                refused.incrementAndGet();
                Thread.yield();
                continue;
            }
            if (writing.incrementAndGet() != 1) {
                throw new AssertionError("two writers");
            }
            state.addAndGet(0, 1);
            if (state.addAndGet(0, 1) != writes + 3) {
                throw new AssertionError("lost: found=" + state.get(0, -1) + " expected=" + (writes + 3));
            }
            writes += 3;
            if (round % 8 == 0) {
                Thread.yield(); // lets the others try while the store is owned
            }
            writing.decrementAndGet();
            store.releaseOwnership();
            round++;
        }
    }
}

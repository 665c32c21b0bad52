/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ScratchPoolTest {
    private static final class Counted implements ScratchPool.Scratch {
        private final AtomicInteger open;
        private boolean closed;

        Counted(final AtomicInteger open) {
            this.open = open;
            open.incrementAndGet();
        }

        @Override
        public void close() {
            assertThat(closed).isFalse();
            closed = true;
            open.decrementAndGet();
        }
    }

    private final AtomicInteger open = new AtomicInteger();
    private final ScratchPool<Counted> pool = new ScratchPool<>(() -> new Counted(open));

    @Test
    void shouldGiveAThreadWhatItUsedLast() {
        final Counted first = pool.take();
        pool.give(first);
        assertThat(pool.take()).isSameAs(first);
        assertThat(open).hasValue(1);
    }

    @Test
    void shouldKeepABoundedNumber() {
        final List<Counted> taken = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            taken.add(pool.take());
        }
        assertThat(open).hasValue(100);
        taken.forEach(pool::give);
        assertThat(open).hasValue(16);
        pool.close();
        assertThat(open).hasValue(0);
    }

    @Test
    void shouldFreeWhatComesBackAfterItWasClosed() {
        final Counted late = pool.take();
        pool.close();
        assertThat(open).hasValue(1);
        pool.give(late);
        assertThat(open).hasValue(0);
    }

    @Test
    void shouldNeverGiveOneToTwoThreads() throws Exception {
        final AtomicInteger wrong = new AtomicInteger();
        final List<Thread> threads = new ArrayList<>();
        final Set<Counted> used = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 8; i++) {
            final Thread thread = new Thread(() -> {
                for (int j = 0; j < 20_000; j++) {
                    final Counted scratch = pool.take();
                    if (!used.add(scratch)) {
                        wrong.incrementAndGet();
                    }
                    used.remove(scratch);
                    pool.give(scratch);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        pool.close();
        assertThat(wrong).hasValue(0);
        assertThat(open).hasValue(0);
    }
}

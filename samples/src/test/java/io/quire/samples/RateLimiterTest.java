/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateLimiterTest {
    private static final long BUDGET_NS = 10_000_000; // enough on a busy machine, too

    private final AtomicLong clock = new AtomicLong(5_000);

    private DurableStateStore open(final Path directory) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .expiryClock(clock::get)
                .expiryBudgetNs(BUDGET_NS));
    }

    @Test
    void shouldRun() throws IOException {
        RateLimiter.main();
    }

    @Test
    void shouldGivePermitsBackOneByOneAlsoAfterARestart(@TempDir final Path directory) {
        try (DurableStateStore store = open(directory)) {
            final RateLimiter limiter = new RateLimiter(store, clock::get);
            for (int i = 0; i < RateLimiter.BURST; i++) {
                assertThat(limiter.tryAcquire(1)).isTrue();
            }
            assertThat(limiter.tryAcquire(1)).isFalse();
            assertThat(limiter.tryAcquire(2)).isTrue();
        }
        clock.addAndGet(RateLimiter.INTERVAL_MS - 1);
        try (DurableStateStore store = open(directory)) {
            final RateLimiter limiter = new RateLimiter(store, clock::get);
            assertThat(limiter.tryAcquire(1)).isFalse();
            clock.addAndGet(1);
            assertThat(limiter.tryAcquire(1)).isTrue();
            assertThat(limiter.tryAcquire(1)).isFalse();
        }
    }

    @Test
    void shouldLetNothingMorePassWhenTheClockIsSetBack(@TempDir final Path directory) {
        try (DurableStateStore store = open(directory)) {
            final RateLimiter limiter = new RateLimiter(store, clock::get);
            assertThat(limiter.tryAcquire(1)).isTrue();
            clock.addAndGet(-RateLimiter.INTERVAL_MS * RateLimiter.BURST);
            for (int i = 1; i < RateLimiter.BURST; i++) {
                assertThat(limiter.tryAcquire(1)).isTrue();
            }
            assertThat(limiter.tryAcquire(1)).isFalse();
            clock.addAndGet(RateLimiter.INTERVAL_MS * (RateLimiter.BURST + 1));
            assertThat(limiter.tryAcquire(1)).isTrue();
            assertThat(limiter.tryAcquire(1)).isFalse();
        }
    }

    @Test
    void shouldDoAsBucketsThatAreKeptForEver(@TempDir final Path directory) {
        final Map<Long, long[]> kept = new HashMap<>(); // permits, time counted
        final Random random = new Random(3);
        try (DurableStateStore store = open(directory)) {
            final RateLimiter limiter = new RateLimiter(store, clock::get);
            for (int i = 0; i < 50_000; i++) {
                clock.addAndGet(random.nextInt(40));
                final long client = random.nextInt(1 + random.nextInt(500));
                final long[] bucket = kept.computeIfAbsent(client, any -> new long[] {RateLimiter.BURST, clock.get()});
                final long intervals = (clock.get() - bucket[1]) / RateLimiter.INTERVAL_MS;
                bucket[0] = Math.min(RateLimiter.BURST, bucket[0] + intervals);
                bucket[1] =
                        bucket[0] == RateLimiter.BURST ? clock.get() : bucket[1] + intervals * RateLimiter.INTERVAL_MS;
                assertThat(limiter.tryAcquire(client)).isEqualTo(bucket[0] > 0);
                bucket[0] = Math.max(0, bucket[0] - 1);
            }
            assertThat(limiter.bucketCount()).isLessThan(kept.size());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochClock;

/**
 * A token bucket for each client: it holds a burst of permits at most and gets one back in each interval. A bucket that
 * has not been touched for as long as it takes to fill is full, and a client without a bucket has a full one: so
 * buckets live for just that time, and memory holds those of the clients of the last seconds, however many there were.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class RateLimiter {
    static final int BURST = 10;
    static final long INTERVAL_MS = 200;
    private static final int CLIENTS = 50_000;

    /** Permits at the time up to which intervals were counted. */
    record Bucket(int permits, long countedMs) {}

    private final EpochClock clock;
    private final ValueState<Long, Bucket> buckets;

    RateLimiter(final DurableStateStore store, final EpochClock clock) {
        this.clock = clock;
        buckets = store.state(TypedStateDescriptor.value("buckets", Codecs.LONG, Codecs.record(Bucket.class))
                .withTimeToLive(TimeToLive.ofMillis(BURST * INTERVAL_MS)));
    }

    /**
     * Lets a minute of requests of many clients pass or not, restarts in the middle, and prints how many passed, also
     * those of a client who asks for far more than there is, and how many buckets there are.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final SplittableRandom random = new SplittableRandom(11);
        final AtomicLong clock = new AtomicLong();
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            for (int half = 0; half < 2; half++) {
                try (DurableStateStore store = DurableStateStore.open(
                        new DurableStoreContext().directory(scratch.path()).expiryClock(clock::get))) {
                    final RateLimiter limiter = new RateLimiter(store, clock::get);
                    int passed = 0;
                    int greedyPassed = 0;
                    for (int i = 0; i < 100_000; i++) {
                        clock.set(half * 30_000L + i * 30_000L / 100_000);
                        // Every second request is of one client, who asks for far more than there is.
                        final long client = random.nextInt(2) == 0 ? 0 : 1 + random.nextInt(CLIENTS);
                        if (limiter.tryAcquire(client)) {
                            passed++;
                            greedyPassed += client == 0 ? 1 : 0;
                        }
                    }
                    if (greedyPassed > BURST + 30_000 / INTERVAL_MS) {
                        throw new IllegalStateException("passed=" + greedyPassed);
                    }
                    System.out.println("30 seconds: " + passed + " of 100000 requests passed, " + greedyPassed
                            + " of about 50000 of the greedy client; " + limiter.bucketCount()
                            + " buckets in memory of "
                            + CLIENTS + " clients");
                }
            }
        }
    }

    /**
     * Takes a permit, if there is one.
     *
     * @param client who asks
     * @return whether the request may pass
     */
    boolean tryAcquire(final long client) {
        final long nowMs = clock.time();
        final Bucket bucket = buckets.get(client);
        if (bucket == null) {
            buckets.put(client, new Bucket(BURST - 1, nowMs));
            return true;
        }
        final long intervals = Math.max(0, nowMs - bucket.countedMs()) / INTERVAL_MS; // a clock may be set back
        final int permits = (int) Math.min(BURST, bucket.permits() + intervals);
        if (permits == 0) {
            return false;
        }
        final long countedMs = permits == BURST ? nowMs : bucket.countedMs() + intervals * INTERVAL_MS;
        buckets.put(client, new Bucket(permits - 1, countedMs));
        return true;
    }

    /** Buckets in memory, those among them that are full again and were not removed yet. */
    long bucketCount() {
        return buckets.size();
    }
}

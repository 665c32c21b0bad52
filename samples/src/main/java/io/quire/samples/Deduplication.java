/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Events that are delivered more than once take effect once: the ids of the last hour are remembered, and an event's id
 * and what it does change in one batch, so that a crash between them is none. An id is forgotten an hour after it was
 * first seen, however often it comes again.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class Deduplication {
    static final long HOUR_MS = 60 * 60 * 1000;
    private static final long TOTAL = 0;

    private final DurableStateStore store;
    private final ValueState<String, Boolean> seen;
    private final LongLongState totals;

    Deduplication(final DurableStateStore store) {
        this.store = store;
        seen = store.state(TypedStateDescriptor.value("seen", Codecs.STRING, Codecs.BOOLEAN)
                .withTimeToLive(TimeToLive.ofMillis(HOUR_MS).updatedBy(UpdateType.ON_CREATE)));
        totals = store.longLongState("totals");
    }

    /**
     * Takes a day of payments, a fifth of which are repetitions of one of the last minutes, half of the day after a
     * restart, and prints what was taken and remembered.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final SplittableRandom random = new SplittableRandom(5);
        final AtomicLong clock = new AtomicLong();
        final int count = 100_000;
        int taken = 0;
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            for (int half = 0; half < 2; half++) {
                try (DurableStateStore store = DurableStateStore.open(
                        new DurableStoreContext().directory(scratch.path()).expiryClock(clock::get))) {
                    final Deduplication payments = new Deduplication(store);
                    for (int i = half * count / 2; i < (half + 1) * count / 2; i++) {
                        clock.set(i * 24L * HOUR_MS / count);
                        final boolean again = taken > 0 && random.nextInt(5) == 0;
                        final int id = again ? taken - 1 - random.nextInt(Math.min(taken, 1_000)) : taken;
                        taken += payments.take("payment-" + id, 1) ? 1 : 0;
                    }
                    if (payments.total() != taken) {
                        throw new IllegalStateException("total=" + payments.total() + " expected=" + taken);
                    }
                    System.out.println((half + 1) * count / 2 + " deliveries: " + payments.total()
                            + " payments taken, each once; " + payments.rememberedCount() + " ids remembered");
                }
            }
        }
    }

    /**
     * Takes a payment, unless it was taken before.
     *
     * @param id of the payment
     * @param amount what is paid
     * @return whether it was new
     */
    boolean take(final String id, final long amount) {
        if (seen.containsKey(id)) {
            return false;
        }
        store.beginBatch();
        seen.put(id, true);
        totals.addAndGet(TOTAL, amount);
        store.commitBatch();
        return true;
    }

    /** Sum of what was taken. */
    long total() {
        return totals.get(TOTAL, 0);
    }

    /** Ids in memory, those among them that are older than an hour and were not removed yet. */
    long rememberedCount() {
        return seen.size();
    }
}

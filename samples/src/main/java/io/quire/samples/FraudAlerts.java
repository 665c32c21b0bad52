/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.LongLongState;
import io.quire.store.TimeDomain;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A pattern of fraud in a stream of charges: a small one, to try whether a card works, and a large one within a minute.
 * A small charge flags its account; the next charge of the account, or a timer a minute later, clears the flag. Time is
 * that of the charges, so the same stream gives the same alerts however fast it is read, and the program may stop
 * between any two steps: flag and timer are set, and cleared, together.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class FraudAlerts {
    static final long MINUTE_MS = 60_000;
    static final long SMALL_CENTS = 100;
    static final long LARGE_CENTS = 50_000;
    private static final int ACCOUNTS = 40;

    private record Charge(long account, long cents, long atMs) {}

    private final DurableStateStore store;
    private final ValueState<Long, Long> flags; // account: when its timer is due
    private final TimerState<Long> timers;
    private final LongLongState alerts; // account: how often

    FraudAlerts(final DurableStateStore store) {
        this.store = store;
        flags = store.valueState("flags", Codecs.LONG, Codecs.LONG);
        timers = store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME));
        alerts = store.longLongState("alerts");
    }

    /**
     * Reads a stream of charges, half of it before a restart and half after, prints which accounts are suspicious, and
     * compares that with what a look at all charges together finds.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        final List<Charge> charges = charges(4_000);
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            for (int half = 0; half < 2; half++) {
                try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                    final FraudAlerts fraud = new FraudAlerts(store);
                    for (final Charge charge : charges.subList(half * 2_000, (half + 1) * 2_000)) {
                        fraud.charge(charge.account(), charge.cents(), charge.atMs());
                    }
                    if (half == 1) {
                        fraud.print();
                        fraud.compare(charges);
                    }
                }
            }
        }
    }

    /**
     * Takes a charge. Charges come in the order of time.
     *
     * @param account whose
     * @param cents how much
     * @param atMs when
     */
    void charge(final long account, final long cents, final long atMs) {
        timers.pollDue(atMs, (flagged, dueMs) -> flags.current().clear()); // the current key is that of the timer
        store.setCurrentKey(account);
        store.beginBatch();
        final Long dueMs = flags.current().value();
        if (dueMs != null) {
            if (cents > LARGE_CENTS) {
                alerts.addAndGet(account, 1);
            }
            timers.current().deleteTimer(dueMs);
            flags.current().clear();
        }
        if (cents < SMALL_CENTS) {
            timers.current().registerTimer(atMs + MINUTE_MS);
            flags.current().update(atMs + MINUTE_MS);
        }
        store.commitBatch();
    }

    /**
     * Alerts of an account.
     *
     * @param account whose
     * @return how many
     */
    long alertsOf(final long account) {
        return alerts.get(account, 0);
    }

    /** {@return accounts with a flag, each of which has a timer} */
    long flagged() {
        return flags.size();
    }

    /** {@return timers that have not fired} */
    long waiting() {
        return timers.size();
    }

    private static List<Charge> charges(final int count) {
        final SplittableRandom random = new SplittableRandom(5);
        final List<Charge> charges = new ArrayList<>();
        long atMs = 0;
        for (int i = 0; i < count; i++) {
            atMs += random.nextInt(2_000);
            final long cents = random.nextInt(10) == 0 ? 50 : random.nextInt(60_000);
            charges.add(new Charge(random.nextInt(ACCOUNTS), cents, atMs));
        }
        return charges;
    }

    /** Looks at each charge and the one before it of the same account, without any state that has to be kept. */
    private void compare(final List<Charge> charges) {
        final Map<Long, Charge> before = new HashMap<>();
        final Map<Long, Long> expected = new HashMap<>();
        for (final Charge charge : charges) {
            final Charge last = before.put(charge.account(), charge);
            if (last != null
                    && last.cents() < SMALL_CENTS
                    && charge.cents() > LARGE_CENTS
                    && charge.atMs() - last.atMs() < MINUTE_MS) {
                expected.merge(charge.account(), 1L, Long::sum);
            }
        }
        for (long account = 0; account < ACCOUNTS; account++) {
            if (alertsOf(account) != expected.getOrDefault(account, 0L)) {
                throw new IllegalStateException("account=" + account + " alerts=" + alertsOf(account) + " expected="
                        + expected.getOrDefault(account, 0L));
            }
        }
        System.out.println("the same alerts as found in all charges together: yes");
    }

    private void print() {
        System.out.println("charges of less than 1.00 followed by one of more than 500.00 within a minute:");
        alerts.forEach((account, count) -> System.out.println("  account " + account + ": " + count));
        System.out.println(flagged() + " accounts flagged, " + waiting() + " timers waiting");
    }
}

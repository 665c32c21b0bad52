/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.LongLongState;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * Batches: money moves between accounts, and each transfer takes from one, adds to the other and is written into a
 * journal, all or nothing, in memory and after a crash. So the sum over all accounts never changes, wherever the
 * program ends.
 *
 * <p>Threading: confined to the thread that uses the store.
 */
public final class Transfers {
    static final int ACCOUNTS = 100;
    static final long OPENING_BALANCE = 1_000;

    private final DurableStateStore store;
    private final LongLongState balances;
    private final ValueState<Long, String> journal;

    Transfers(final DurableStateStore store) {
        this.store = store;
        this.balances = store.longLongState("balances");
        this.journal = store.valueState("journal", Codecs.LONG, Codecs.STRING);
    }

    /**
     * Makes some transfers and closes the books.
     *
     * @param arguments none
     * @throws IOException when there is no temporary directory
     */
    public static void main(final String... arguments) throws IOException {
        try (ScratchDirectory scratch = new ScratchDirectory()) {
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                final Transfers transfers = new Transfers(store);
                transfers.openAccounts();
                final SplittableRandom random = new SplittableRandom(1);
                int refused = 0;
                for (int i = 0; i < 10_000; i++) {
                    final long from = random.nextInt(ACCOUNTS);
                    final long to = random.nextInt(ACCOUNTS);
                    refused += transfers.transfer(from, to, random.nextLong(500)) ? 0 : 1;
                }
                System.out.println(transfers.journal.size() + " transfers made, " + refused + " refused");
            }
            try (DurableStateStore store = DurableStateStore.open(scratch.path())) {
                System.out.println("sum over all accounts after a restart: " + new Transfers(store).sum());
            }
        }
    }

    /** Gives every account that does not exist yet its opening balance. */
    void openAccounts() {
        for (long account = 0; account < ACCOUNTS; account++) {
            balances.putIfAbsent(account, OPENING_BALANCE, 0);
        }
    }

    /**
     * Moves money.
     *
     * @param from account that pays
     * @param to account that is paid
     * @param amount how much
     * @return false when the account has not enough; then nothing has changed
     */
    boolean transfer(final long from, final long to, final long amount) {
        store.beginBatch();
        journal.put(journal.size(), from + " -> " + to + ": " + amount);
        balances.addAndGet(to, amount);
        if (balances.addAndGet(from, -amount) < 0) {
            store.rollbackBatch(); // as if none of the three had happened
            return false;
        }
        store.commitBatch();
        return true;
    }

    long sum() {
        final long[] sum = new long[1];
        balances.forEach((account, balance) -> sum[0] += balance);
        return sum[0];
    }

    long transferCount() {
        return journal.size();
    }
}

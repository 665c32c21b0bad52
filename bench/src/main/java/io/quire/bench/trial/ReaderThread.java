/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import io.quire.store.StoreReader;
import java.util.concurrent.CountDownLatch;

/**
 * Reads a table without a pause until it is told to end.
 *
 * <p>Threading: the methods are for the thread that made it.
 */
final class ReaderThread implements AutoCloseable {
    private static final int READS_A_LOOK = 256;

    private final TrialStore store;
    private final long[] keys;
    private final CountDownLatch running = new CountDownLatch(1);
    private final Thread thread = new Thread(this::read, "bench-reader");
    private volatile boolean ending;
    // Written by the thread, read after it has ended.
    private long readCount;
    private long foundCount;
    private long durationNs;
    private Throwable failure;

    ReaderThread(final TrialStore store, final long[] keys) {
        this.store = store;
        this.keys = keys;
    }

    void start() {
        thread.start();
    }

    private void read() {
        try (StoreReader reader = store.reader()) {
            final TrialLookup lookup = store.table().lookup(reader);
            final int mask = keys.length - 1;
            int at = 0;
            final long startNs = System.nanoTime();
            do {
                for (int i = 0; i < READS_A_LOOK; i++) {
                    if (lookup.get(keys[at])) {
                        foundCount++;
                    }
                    at = (at + 1) & mask;
                }
                readCount += READS_A_LOOK;
                running.countDown();
            } while (!ending);
            durationNs = System.nanoTime() - startNs;
        } catch (final RuntimeException | Error e) {
            failure = e;
        } finally {
            running.countDown();
        }
    }

    void awaitRunning() {
        try {
            running.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the thread.
     *
     * @throws IllegalStateException when it has failed
     */
    void end() {
        ending = true;
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw new IllegalStateException("a reader failed: " + failure, failure);
        }
    }

    double nsPerRead() {
        return (double) durationNs / Math.max(1, readCount);
    }

    double foundShare() {
        return (double) foundCount / Math.max(1, readCount);
    }

    @Override
    public void close() {
        ending = true;
    }
}

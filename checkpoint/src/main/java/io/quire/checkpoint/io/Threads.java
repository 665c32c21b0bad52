/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import java.util.concurrent.TimeUnit;

/**
 * Waiting for the store's own threads.
 *
 * <p>Threading: thread-safe.
 */
public final class Threads {
    private Threads() {}

    /**
     * Waits until a thread has ended, whatever interrupts come; they are kept for the caller.
     *
     * @param thread which
     */
    public static void join(final Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for a while until a thread has ended, whatever interrupts come; they are kept for the caller.
     *
     * @param thread which
     * @param timeoutMs longest wait, milliseconds
     * @return whether it has ended
     */
    public static boolean join(final Thread thread, final long timeoutMs) {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        boolean interrupted = false;
        while (thread.isAlive()) {
            final long remainingMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
            if (remainingMs <= 0) {
                break;
            }
            try {
                thread.join(remainingMs);
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}

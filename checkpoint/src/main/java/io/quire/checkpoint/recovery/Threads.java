/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

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
}

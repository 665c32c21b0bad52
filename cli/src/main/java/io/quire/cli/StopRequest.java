/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into a question that the command asks between two steps, so that it closes its store before
 * the process ends. The process waits for {@link #close()}, but not for ever.
 *
 * <p>Threading: thread-safe.
 */
public final class StopRequest implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::request, "quire-stop");
    private final Runnable onStop;
    private volatile boolean requested;

    private StopRequest(final Runnable onStop) {
        this.onStop = onStop;
    }

    /**
     * Listens from now on.
     *
     * @param onStop run on the thread that takes the signal, as soon as it comes
     * @return the request, to be closed when the command has put everything in order
     */
    public static StopRequest install(final Runnable onStop) {
        final StopRequest request = new StopRequest(onStop);
        Runtime.getRuntime().addShutdownHook(request.hook);
        return request;
    }

    /** {@return whether the user wants the command to end} */
    public boolean requested() {
        return requested;
    }

    private void request() {
        requested = true;
        try {
            onStop.run();
            if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(ExitCode.STORE_ERROR);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets the process end. */
    @Override
    public void close() {
        finished.countDown();
        if (!requested) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (final IllegalStateException e) {
                requested = true; // the process is ending this very moment
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.errors.CheckpointFailedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The requests that no barrier has answered yet. Whatever becomes of the checkpointer, the disk or the writer, a
 * request is answered at the latest when its time is up.
 *
 * <p>Threading: thread-safe and lock-free, because the writer takes the requests at a barrier.
 */
final class CheckpointRequests {
    // Treiber's stack: requests are pushed one by one and taken all at once, so nothing is ever reused.
    private final AtomicReference<CheckpointRequest> newest = new AtomicReference<>();
    private final long timeoutNs;
    private final Supplier<String> situation;

    /**
     * Creates an empty list.
     *
     * @param timeoutNs longest time to an answer
     * @param situation what to say of the checkpointer when it was exceeded
     */
    CheckpointRequests(final long timeoutNs, final Supplier<String> situation) {
        this.timeoutNs = timeoutNs;
        this.situation = situation;
    }

    boolean isEmpty() {
        return newest.get() == null;
    }

    CompletableFuture<CheckpointInfo> add() {
        final CheckpointRequest request = new CheckpointRequest(System.nanoTime());
        limitTime(request.future());
        CheckpointRequest others;
        do {
            others = newest.get();
            request.next(others);
        } while (!newest.compareAndSet(others, request));
        return request.future();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what hangs on the two completes nothing that anybody could wait for
    private void limitTime(final CompletableFuture<CheckpointInfo> future) {
        final CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, timeoutNs, TimeUnit.NANOSECONDS);
        timer.thenRun(() -> future.completeExceptionally(timedOut()));
        future.whenComplete((info, failure) -> timer.cancel(false)); // which also takes it out of the clock's queue
    }

    private CheckpointFailedException timedOut() {
        return new CheckpointFailedException("checkpoint timed out: timeoutNs=" + timeoutNs + ' ' + situation.get()
                + "; nothing is lost: it may still complete, otherwise what it would have saved goes with the next");
    }

    /** {@return all requests, the newest first, or null; they are not in here any more} */
    CheckpointRequest takeAll() {
        return newest.getAndSet(null);
    }
}

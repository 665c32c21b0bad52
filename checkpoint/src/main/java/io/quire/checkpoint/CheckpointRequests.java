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
 * <p>Who asks within a small part of the timeout of another whose barrier is still to come, shares that one's answer:
 * however fast and however long somebody asks, what waits here stays small.
 *
 * <p>Threading: thread-safe and lock-free, because the writer takes the requests at a barrier.
 */
final class CheckpointRequests {
    /** The timeout over this is how much too early the time may be up for one who shares an earlier request. */
    static final int TOGETHER_DIVISOR = 64;

    // Treiber's stack: requests are pushed one by one and taken all at once, so nothing is ever reused.
    private final AtomicReference<CheckpointRequest> newest = new AtomicReference<>();
    private final long togetherNs;
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
        this.togetherNs = timeoutNs / TOGETHER_DIVISOR;
        this.situation = situation;
    }

    boolean isEmpty() {
        return newest.get() == null;
    }

    /** Adds a request, or joins one whose barrier is still to come; it is answered when its time is up. */
    CompletableFuture<CheckpointInfo> add() {
        final long now = System.nanoTime();
        final CheckpointRequest joined = joinable(now);
        final CheckpointRequest request = joined == null ? new CheckpointRequest(now) : joined;
        limitTime(request); // before others can join it
        if (joined == null) {
            push(request);
        }
        return request.future();
    }

    /**
     * The same for who takes the barrier right away: to set a timer wakes a thread, which is not done on the writer's
     * time. Whoever gets the request next has to {@linkplain #limitTime limit} its time.
     */
    CheckpointRequest addWithoutLimit() {
        final long now = System.nanoTime();
        final CheckpointRequest joined = joinable(now);
        if (joined != null) {
            return joined;
        }
        final CheckpointRequest request = new CheckpointRequest(now);
        push(request);
        return request;
    }

    /** {@return a request to join, or null}. Whenever it is taken now, its barrier comes later. */
    private CheckpointRequest joinable(final long now) {
        final CheckpointRequest last = newest.get();
        return last != null && last.serves(now, togetherNs) ? last : null;
    }

    private void push(final CheckpointRequest request) {
        CheckpointRequest others = newest.get();
        CheckpointRequest.cutAnswered(others);
        do {
            others = newest.get();
            request.next(others);
        } while (!newest.compareAndSet(others, request));
    }

    /** Limits the time of those in a list that have no limit yet. */
    void limitTimes(final CheckpointRequest first) {
        for (CheckpointRequest request = first; request != null; request = request.next()) {
            limitTime(request);
        }
    }

    /** Has a request answered when its time is up, if that was not done before; twice does no harm. */
    @SuppressWarnings("FutureReturnValueIgnored") // what hangs on the two completes nothing that anybody could wait for
    void limitTime(final CheckpointRequest request) {
        if (request.limited() || request.future().isDone()) {
            return;
        }
        final CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, timeoutNs, TimeUnit.NANOSECONDS);
        timer.thenRun(() -> request.fail(timedOut()));
        request.future()
                .whenComplete((info, failure) -> timer.cancel(false)); // which takes it out of the clock's queue
        request.setLimited();
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

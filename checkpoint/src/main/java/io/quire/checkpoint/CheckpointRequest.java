/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.util.concurrent.CompletableFuture;

/**
 * Some who asked for a checkpoint at about the same time and wait for it, and the others whom it serves as well.
 *
 * <p>Threading: thread-safe; {@code next} is set before the request is shared.
 */
final class CheckpointRequest {
    private final SharedFuture future = new SharedFuture();
    private final long startNs;
    private CheckpointRequest next;
    private volatile boolean limited;

    CheckpointRequest(final long startNs) {
        this.startNs = startNs;
    }

    CompletableFuture<CheckpointInfo> future() {
        return future;
    }

    /** {@return whether it is answered when its time is up} */
    boolean limited() {
        return limited;
    }

    void setLimited() {
        limited = true;
    }

    /** {@return whether somebody who asks at this time can be served as one who asked together with this one} */
    boolean serves(final long nowNs, final long togetherNs) {
        return nowNs - startNs < togetherNs && !future.isDone();
    }

    /** Puts other requests behind this one. */
    void next(final CheckpointRequest others) {
        next = others;
    }

    /**
     * Takes those out of a list whose time was up: all behind the first such, because they are older. Whoever goes
     * through the list meanwhile has nothing to tell them, either.
     */
    static void cutAnswered(final CheckpointRequest first) {
        for (CheckpointRequest request = first; request != null; request = request.next) {
            final CheckpointRequest older = request.next;
            if (older != null && older.future.isDone()) {
                request.next = null;
            }
        }
    }

    CheckpointRequest next() {
        return next;
    }

    /** {@return nanoTime of the earliest of a list of requests, or a default when the list is empty} */
    static long startNs(final CheckpointRequest first, final long defaultNs) {
        long earliest = defaultNs;
        for (CheckpointRequest request = first; request != null; request = request.next) {
            earliest = earliest - request.startNs > 0 ? request.startNs : earliest;
        }
        return earliest;
    }

    /** Tells all of a list that the checkpoint is complete. */
    static void complete(final CheckpointRequest first, final CheckpointInfo info) {
        for (CheckpointRequest request = first; request != null; request = request.next) {
            request.future.answer(info);
        }
    }

    /** Tells those who asked together that there will be no checkpoint. */
    void fail(final RuntimeException cause) {
        future.answer(cause);
    }

    /** Tells all of a list that there will be no checkpoint. */
    static void failAll(final CheckpointRequest first, final RuntimeException cause) {
        for (CheckpointRequest request = first; request != null; request = request.next) {
            request.fail(cause);
        }
    }
}

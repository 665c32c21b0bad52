/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The answer to all who asked for the same checkpoint: none of them can complete, cancel or time it out for the others.
 * What is derived from it, {@link #copy} included, is the caller's own.
 *
 * <p>Threading: thread-safe.
 */
final class SharedFuture extends CompletableFuture<CheckpointInfo> {
    boolean answer(final CheckpointInfo info) {
        return super.complete(info);
    }

    boolean answer(final Throwable failure) {
        return super.completeExceptionally(failure);
    }

    /** Cannot be cancelled: others wait for the same checkpoint. */
    @Override
    public boolean cancel(final boolean mayInterruptIfRunning) {
        return false;
    }

    /** Times out a copy, which it returns. */
    @Override
    public CompletableFuture<CheckpointInfo> orTimeout(final long timeout, final TimeUnit unit) {
        return copy().orTimeout(timeout, unit);
    }

    /** Completes a copy, which it returns. */
    @Override
    public CompletableFuture<CheckpointInfo> completeOnTimeout(
            final CheckpointInfo value, final long timeout, final TimeUnit unit) {
        return copy().completeOnTimeout(value, timeout, unit);
    }

    @Override
    public boolean complete(final CheckpointInfo value) {
        throw notYours();
    }

    @Override
    public boolean completeExceptionally(final Throwable failure) {
        throw notYours();
    }

    @Override
    public CompletableFuture<CheckpointInfo> completeAsync(
            final Supplier<? extends CheckpointInfo> supplier, final Executor executor) {
        throw notYours();
    }

    @Override
    public CompletableFuture<CheckpointInfo> completeAsync(final Supplier<? extends CheckpointInfo> supplier) {
        throw notYours();
    }

    @Override
    public void obtrudeValue(final CheckpointInfo value) {
        throw notYours();
    }

    @Override
    public void obtrudeException(final Throwable failure) {
        throw notYours();
    }

    private static UnsupportedOperationException notYours() {
        return new UnsupportedOperationException(
                "others wait for the same checkpoint: take a copy() and complete that");
    }
}

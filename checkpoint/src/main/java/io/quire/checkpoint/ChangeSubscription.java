/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.Threads;
import io.quire.checkpoint.log.LogFollower;
import io.quire.store.catalog.StateDescriptor;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.LangUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * A listener that follows the change log on a thread of its own. It reads the log segments, not the ring: near the end
 * they are in the page cache, further back on the disk, and in neither case does the store's writer know or wait.
 *
 * <p>Threading: thread-safe.
 */
public final class ChangeSubscription implements AutoCloseable {
    private static final long STOP_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(2);
    private static final long IDLE_SLEEP_NS_MAX = TimeUnit.MILLISECONDS.toNanos(2);

    private final ChangeListener listener;
    private final Runnable request;
    private final ChangeDispatch dispatch;
    private final Consumer<ChangeSubscription> onEnd;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean running = true;
    private volatile long position;
    private volatile long changeCount;
    private volatile Throwable failure;

    /**
     * Creates a subscription; {@link #start} opens it.
     *
     * @param fromPosition where it begins
     * @param limit how far it may read
     * @param states finds states by id
     * @param opener opens the log for it
     * @param request asks, without waiting, for the limit to be moved on
     * @param listener takes the changes
     * @param onEnd told when it is over
     */
    ChangeSubscription(
            final long fromPosition,
            final LongSupplier limit,
            final IntFunction<StateDescriptor> states,
            final ChangeDispatch.LogOpener opener,
            final Runnable request,
            final ChangeListener listener,
            final Consumer<ChangeSubscription> onEnd) {
        this.listener = listener;
        this.request = request;
        this.onEnd = onEnd;
        position = fromPosition;
        dispatch = new ChangeDispatch(new Guarded(), states, opener, () -> {
            checkRunning(); // also while it reads far ahead
            return limit.getAsLong();
        });
        thread = new Thread(this::run, "quire-subscriber");
        thread.setDaemon(true);
    }

    /** Starts the thread and waits until it has found its position, or throws what keeps it from that. */
    void start(final Consumer<Thread> threadStarter) {
        threadStarter.accept(thread);
        try {
            opened.join(); // an interrupt neither ends this nor is lost
        } catch (final CompletionException e) {
            LangUtil.rethrowUnchecked(e.getCause());
        }
    }

    private void run() {
        Throwable cause = null;
        try (LogFollower follower = dispatch.open(position)) {
            opened.complete(null);
            follow(follower);
        } catch (final Stopped e) {
            // Closed while a block was read or handed over.
        } catch (final Throwable e) {
            cause = e;
            failure = e;
        }
        end(cause);
    }

    private void follow(final LogFollower follower) {
        final IdleStrategy idleStrategy =
                new BackoffIdleStrategy(10, 10, TimeUnit.MICROSECONDS.toNanos(20), IDLE_SLEEP_NS_MAX);
        while (running) {
            Thread.interrupted(); // means nothing here and would close the files
            if (follower.poll()) {
                idleStrategy.reset();
            } else {
                request.run();
                idleStrategy.idle();
            }
        }
    }

    private void checkRunning() {
        if (!running) {
            throw new Stopped();
        }
    }

    private void end(final Throwable cause) {
        running = false;
        onEnd.accept(this);
        if (opened.isDone()) {
            try {
                listener.onEnd(cause);
            } catch (final RuntimeException e) {
                System.getLogger(ChangeSubscription.class.getName())
                        .log(Level.WARNING, "a listener has failed while it was told that its subscription ended", e);
            }
            if (cause != null) {
                System.getLogger(ChangeSubscription.class.getName())
                        .log(Level.WARNING, "a subscription has ended at position " + position, cause);
            }
        } else {
            opened.completeExceptionally(cause);
        }
    }

    /** {@return log position up to which all was handed over; subscribing from here loses and repeats nothing} */
    public long position() {
        return position;
    }

    /** {@return changes handed over, clears and creations included} */
    public long changeCount() {
        return changeCount;
    }

    /** {@return whether changes are still handed over} */
    public boolean isRunning() {
        return running;
    }

    /** {@return what ended the subscription, or null} */
    public Throwable failure() {
        return failure;
    }

    /**
     * Ends the subscription. Waits for the call of its listener that is under way, for two seconds at most; called by
     * the listener itself it does not wait. A second call has no effect.
     */
    @Override
    public void close() {
        running = false;
        if (Thread.currentThread() != thread && !Threads.join(thread, STOP_TIMEOUT_MS)) {
            System.getLogger(ChangeSubscription.class.getName())
                    .log(Level.WARNING, "a listener is still inside a call: its thread ends when it returns");
        }
    }

    /** Ends the reading of a block. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("stopped", null, false, false);
        }
    }

    /** The listener, left alone once the subscription is closed, and counted. */
    private final class Guarded implements ChangeListener {
        @Override
        public void onChange(
                final long at, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            count();
            listener.onChange(at, state, key, value);
        }

        @Override
        public void onClear(final long at, final StateDescriptor state) {
            count();
            listener.onClear(at, state);
        }

        @Override
        public void onOperation(
                final long at,
                final StateDescriptor state,
                final byte type,
                final DirectBuffer key,
                final DirectBuffer operand) {
            count();
            listener.onOperation(at, state, type, key, operand);
        }

        @Override
        public void onCreate(final long at, final StateDescriptor state) {
            count();
            listener.onCreate(at, state);
        }

        @Override
        public void onAlter(final long at, final StateDescriptor state) {
            count();
            listener.onAlter(at, state);
        }

        @Override
        public void onDrop(final long at, final StateDescriptor state) {
            count();
            listener.onDrop(at, state);
        }

        @Override
        public void onUnlogged(final long at) {
            checkRunning();
            listener.onUnlogged(at);
        }

        @Override
        public void onGroupEnd(final long at) {
            listener.onGroupEnd(at);
            position = at;
        }

        private void count() {
            checkRunning();
            changeCount++; // by this thread only
        }
    }
}

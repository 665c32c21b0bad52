/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.log.LogAgent;
import io.quire.checkpoint.log.LogIdleStrategy;
import io.quire.checkpoint.log.LogRetention;
import io.quire.checkpoint.log.LogSettings;
import io.quire.checkpoint.log.LogWriter;
import io.quire.store.StateStore;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.FailStop;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.SystemNanoClock;

/**
 * The change log of an open store: ring, producer, agent and its thread.
 *
 * <p>Threading: {@link #changeLog} is the writer's; the rest is thread-safe.
 */
final class ChangeLogSession implements CheckpointLog {
    private final ChangeRing ring;
    private final ChangeLog changeLog;
    private final FailStop failStop = new FailStop();
    private final LogIdleStrategy idleStrategy;
    private final LogAgent agent;
    private final AgentThread thread;
    private final LogRetention retention;
    private final StateStore store;

    ChangeLogSession(
            final ChangeRing ring,
            final LogWriter writer,
            final LogSettings settings,
            final LogRetention retention,
            final StateStore store,
            final DurableStoreContext context) {
        this.ring = ring;
        idleStrategy = new LogIdleStrategy(context.logSleepNsMax());
        this.retention = retention;
        this.store = store;
        changeLog = new ChangeLog(
                ring, failStop, context.fullRingIdleStrategy().get(), idleStrategy, SystemNanoClock.INSTANCE);
        agent = new LogAgent(ring, writer, settings, failStop, idleStrategy, SystemNanoClock.INSTANCE);
        thread = new AgentThread(new Watched(), idleStrategy, idleStrategy::wake);
    }

    void start() {
        thread.start();
    }

    ChangeLog changeLog() {
        return changeLog;
    }

    LogAgent agent() {
        return agent;
    }

    /**
     * Why the log files do not hold every change, or null when they do. After {@link #stop}; as long as it is not
     * null the ring must be kept, because the next open takes from it what is missing.
     */
    Throwable incomplete() {
        final Throwable cause = failStop.cause();
        if (cause != null && !(cause instanceof StoreClosedException)) {
            return cause;
        }
        return agent.writtenPosition() < changeLog.position()
                ? new StoreFailedException("changes are in the ring only: written=" + agent.writtenPosition()
                        + " position=" + changeLog.position())
                : null;
    }

    @Override
    public long position() {
        return changeLog.position();
    }

    @Override
    public boolean awaitDurable(final long position, final long timeoutNs) {
        return agent.awaitDurable(position, timeoutNs);
    }

    /** Waits until everything before a position survives power loss, for a write that was promised to. */
    void force(final long position) {
        agent.awaitForced(position);
    }

    @Override
    public void deleteBefore(final long position) {
        retention.deleteBefore(position);
    }

    LogRetention retention() {
        return retention;
    }

    /** Has what is in the ring written soon, if anything is. */
    void requestWrite() {
        if (changeLog.position() > agent.writtenPosition()) {
            agent.requestWrite();
        }
    }

    LogStatus status(final ChangeSubscriptions subscriptions) {
        final long written = agent.writtenPosition();
        final long position = Math.max(written, changeLog.position()); // read later, so it is not behind
        return new LogStatus(
                position,
                written,
                agent.durablePosition(),
                ring.capacity(),
                position - written,
                changeLog.stallCount(),
                changeLog.stallNs(),
                agent.writtenLength(),
                agent.blockCount(),
                agent.forceCount(),
                agent.forceNs(),
                agent.forceNsMax(),
                agent.forcedLength(),
                agent.forcedLengthMax(),
                subscriptions.count(),
                subscriptions.oldestPosition(position));
    }

    /** Writes and forces what is in the ring and ends the thread. No write may be under way. */
    void stop() {
        thread.stop();
    }

    /** Unmaps the ring; its file stays. After {@link #stop}. */
    void closeRing() {
        ring.close();
    }

    /**
     * The agent, with an eye on its failure: the store stops at its writer's next operation, not when the ring is
     * full.
     */
    private final class Watched implements Agent {
        @Override
        public int doWork() {
            final int work = agent.doWork();
            if (failStop.isTripped() && store.failure() == null) {
                store.fail(failStop.cause());
            }
            return work;
        }

        @Override
        public void onClose() {
            agent.onClose();
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }
}

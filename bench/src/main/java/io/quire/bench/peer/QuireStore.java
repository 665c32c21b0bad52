/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.WriteAcknowledgements;
import io.quire.checkpoint.CheckpointPhase;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * The store that both of Quire's tables share their code for.
 *
 * <p>Threading: confined to the thread that made it.
 */
final class QuireStore implements AutoCloseable {
    private static final long SETTLE_LIMIT_NS = 60_000_000_000L;
    private static final long SETTLE_PAUSE_NS = 1_000_000L;
    private static final long CHECKPOINT_INTERVAL_NS = 1_000_000_000L;

    /** A checkpoint is taken when the log is longer, untimed, as a log is not kept for ever by anybody who uses it. */
    static final long LOG_LENGTH_MAX = 256L << 20;

    private final DurableStateStore store;
    private final boolean durable;
    private final boolean timedUntilDurable;
    private final LogSubscriber subscriber; // or null
    private long checkpointedPosition;

    QuireStore(
            final TableContext context,
            final Durability durability,
            final LiveMemoryKind liveMemory,
            final QuirePeer.Extra extra) {
        durable = context.durable();
        timedUntilDurable = extra == QuirePeer.Extra.TIMED_UNTIL_DURABLE;
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(context.directory())
                .durability(durability)
                .liveMemory(liveMemory)
                .checkpointIntervalNs(checkpointIntervalNs(context, extra))
                .checkpointOnClose(context.durable()));
        subscriber = extra == QuirePeer.Extra.SUBSCRIBED ? new LogSubscriber(store) : null;
    }

    /** Where checkpoints are measured, whoever measures them decides when. */
    static long checkpointIntervalNs(final TableContext context, final QuirePeer.Extra extra) {
        return extra == QuirePeer.Extra.CHECKPOINTS && !context.durable() ? CHECKPOINT_INTERVAL_NS : 0;
    }

    DurableStateStore store() {
        return store;
    }

    CompletableFuture<CheckpointCost> checkpoint() {
        final long startNs = System.nanoTime();
        return store.checkpoint()
                .thenApply(
                        info -> new CheckpointCost(info.bytesWritten(), info.barrierNs(), System.nanoTime() - startNs));
    }

    /** {@return what tells when writes are durable, or null when they are timed until they are handed over} */
    WriteAcknowledgements acknowledgements() {
        return timedUntilDurable ? new DurablePositions(store) : null;
    }

    void checkSettings() {
        if (subscriber != null) {
            subscriber.check();
        }
    }

    /** {@return changes that the subscriber was handed; 0 without one} */
    long subscribedChangeCount() {
        return subscriber == null ? 0 : subscriber.changeCount();
    }

    void settle() {
        if (subscriber != null) {
            subscriber.catchUp(SETTLE_LIMIT_NS);
        }
        final long position = store.status().log().position();
        // Where checkpoints are measured, whoever measures them decides when.
        if (!durable && position - checkpointedPosition > LOG_LENGTH_MAX) {
            store.checkpoint().join();
            checkpointedPosition = position;
        }
        final long startNs = System.nanoTime();
        while (store.status().checkpoints().phase() != CheckpointPhase.REST
                && System.nanoTime() - startNs < SETTLE_LIMIT_NS) {
            LockSupport.parkNanos(SETTLE_PAUSE_NS);
        }
    }

    @Override
    public void close() {
        if (subscriber != null) {
            subscriber.close();
        }
        store.close();
    }

    /** A write is acknowledged when it survives power loss. */
    private record DurablePositions(DurableStateStore store) implements WriteAcknowledgements {
        @Override
        public long writtenPosition() {
            return store.appliedPosition();
        }

        @Override
        public long acknowledgedPosition() {
            return store.durablePosition();
        }
    }
}

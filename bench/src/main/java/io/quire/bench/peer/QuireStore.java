/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.TableContext;
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

    /** A checkpoint is taken when the log is longer, untimed, as a log is not kept for ever by anybody who uses it. */
    static final long LOG_LENGTH_MAX = 256L << 20;

    private final DurableStateStore store;
    private final boolean durable;
    private long checkpointedPosition;

    QuireStore(final TableContext context, final Durability durability, final LiveMemoryKind liveMemory) {
        durable = context.durable();
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(context.directory())
                .durability(durability)
                .liveMemory(liveMemory)
                .checkpointIntervalNs(0)
                .checkpointOnClose(context.durable()));
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

    void settle() {
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
        store.close();
    }
}

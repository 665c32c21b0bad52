/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a writer that waits heeds no interrupt
class CheckpointerTest {
    private static final long COUNT = 100_000; // many times what the capture pool holds

    @TempDir
    Path temp;

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp.resolve("shm"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .capturePoolLength(64 * 1024)
                .checkpointIntervalNs(0)
                .durability(Durability.NONE);
    }

    /** Does something when a barrier asks for the position, after it has seen that the checkpointer runs. */
    private record HookedLog(CheckpointLog log, Runnable hook) implements CheckpointLog {
        @Override
        public long position() {
            hook.run();
            return log.position();
        }

        @Override
        public boolean awaitDurable(final long position, final long timeoutNs) {
            return log.awaitDurable(position, timeoutNs);
        }

        @Override
        public void deleteBefore(final long position) {
            log.deleteBefore(position);
        }
    }

    private static Checkpointer checkpointer(
            final DurableStoreContext context, final StoreOpening opening, final CheckpointLog log) {
        final CheckpointThrottle throttle =
                new CheckpointThrottle(context.checkpointBandwidth(), context.checkpointCpuShare());
        final MergeRunner merger = new MergeRunner(
                opening.store, opening.published, context, opening.directory, opening.checkpointLog, throttle);
        return new Checkpointer(opening.store, opening.published, context, opening.directory, log, throttle, merger);
    }

    @Test
    void shouldGiveACaptureBackThatNobodyIsThereToTake() throws Exception {
        Files.createDirectory(temp.resolve("shm"));
        final DurableStoreContext context = context();
        context.conclude();
        final StoreOpening opening = new StoreOpening(context).open();
        try {
            final Checkpointer[] checkpointer = new Checkpointer[1];
            checkpointer[0] =
                    checkpointer(context, opening, new HookedLog(opening.checkpointLog, () -> checkpointer[0].stop()));
            final Checkpointer next = checkpointer(context, opening, opening.checkpointLog);
            final LongLongState longs = opening.store.longLongState("longs");
            for (long key = 0; key < COUNT; key++) {
                longs.put(key, key);
            }
            checkpointer[0].start();
            final CompletableFuture<CheckpointInfo> future = checkpointer[0].checkpointByWriter();
            assertThatThrownBy(future::join)
                    .hasCauseInstanceOf(CheckpointFailedException.class)
                    .hasMessageContaining("being closed")
                    .hasRootCauseInstanceOf(StoreClosedException.class);
            for (long key = 0; key < COUNT; key++) {
                longs.put(key, key + 1); // would wait for room in the pool for ever
            }
            next.start();
            try {
                assertThat(next.checkpointByWriter().join().pageCount()).isGreaterThan(100); // none was forgotten
            } finally {
                next.stop();
            }
        } finally {
            opening.closeAll();
        }
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState longs = store.longLongState("longs");
            for (long key = 0; key < COUNT; key++) {
                assertThat(longs.get(key, -1)).isEqualTo(key + 1);
            }
            longs.checkInvariants();
        }
    }

    /** Nothing was sealed: what would have been is in the next, whoever takes the barrier. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCountABarrierThatFindsNoMemoryAsAFailedCheckpoint(final boolean byCheckpointer) throws Exception {
        Files.createDirectory(temp.resolve("shm"));
        final DurableStoreContext context = context().tolerableFailedCheckpoints(1);
        context.conclude();
        final StoreOpening opening = new StoreOpening(context).open();
        try {
            final AtomicInteger failures = new AtomicInteger(1);
            final Checkpointer checkpointer =
                    checkpointer(context, opening, new HookedLog(opening.checkpointLog, () -> {
                        if (failures.getAndDecrement() > 0) {
                            throw new OutOfMemoryError("planted");
                        }
                    }));
            opening.store.attach(null, null, false, 0, checkpointer.duty());
            final LongLongState longs = opening.store.longLongState("longs");
            for (long key = 0; key < COUNT; key++) {
                longs.put(key, key);
            }
            if (byCheckpointer) {
                opening.store.releaseOwnership();
            }
            checkpointer.start();
            try {
                assertThatThrownBy(ask(checkpointer, byCheckpointer)::join)
                        .hasCauseInstanceOf(CheckpointFailedException.class)
                        .hasRootCauseMessage("planted");
                assertThat(opening.store.failure()).isNull();
                assertThat(checkpointer.failedInARow()).isEqualTo(1);
                assertThat(ask(checkpointer, byCheckpointer).join().pageCount()).isGreaterThan(100);
                assertThat(checkpointer.failedInARow()).isZero();
                failures.set(2);
                for (int i = 0; i < 2; i++) {
                    longs.put(1, i + 7);
                    if (byCheckpointer) {
                        opening.store.releaseOwnership();
                    }
                    assertThatThrownBy(ask(checkpointer, byCheckpointer)::join).hasRootCauseMessage("planted");
                }
                assertThatThrownBy(() -> longs.put(1, 9)).isInstanceOf(StoreFailedException.class);
            } finally {
                checkpointer.stop();
            }
        } finally {
            opening.closeAll();
        }
    }

    /** Not even for the words that say so. */
    private static final class MuteError extends OutOfMemoryError {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new OutOfMemoryError("planted");
        }
    }

    @Test
    void shouldAnswerWhoeverAsksWhenThereIsNoMemoryToSayWhatFailed() throws Exception {
        Files.createDirectory(temp.resolve("shm"));
        final DurableStoreContext context = context().tolerableFailedCheckpoints(1);
        context.conclude();
        final StoreOpening opening = new StoreOpening(context).open();
        try {
            final AtomicInteger failures = new AtomicInteger(1);
            final Checkpointer checkpointer =
                    checkpointer(context, opening, new HookedLog(opening.checkpointLog, () -> {
                        if (failures.getAndDecrement() > 0) {
                            throw new MuteError();
                        }
                    }));
            opening.store.longLongState("longs").put(1, 1);
            opening.store.releaseOwnership();
            checkpointer.start();
            try {
                assertThatThrownBy(() -> checkpointer.request().get(10, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(CheckpointFailedException.class)
                        .hasMessageContaining("no memory at its barrier");
                assertThat(opening.store.failure()).isNull();
                assertThat(checkpointer.failedInARow()).isEqualTo(1);
                assertThat(checkpointer.request().join().pageCount()).isPositive();
            } finally {
                checkpointer.stop();
            }
        } finally {
            opening.closeAll();
        }
    }

    /** Of the next operation when it is not the checkpointer that takes it. */
    private static CompletableFuture<CheckpointInfo> ask(
            final Checkpointer checkpointer, final boolean byCheckpointer) {
        return byCheckpointer ? checkpointer.request() : checkpointer.checkpointByWriter();
    }

    /** Whoever gets the writer's role may have looked for a failure before the writer failed, and ended. */
    @Test
    void shouldTakeNoBarrierOfAStoreThatHasFailed() throws Exception {
        Files.createDirectory(temp.resolve("shm"));
        final DurableStoreContext context = context();
        context.conclude();
        final StoreOpening opening = new StoreOpening(context).open();
        try {
            final Checkpointer checkpointer = checkpointer(context, opening, opening.checkpointLog);
            opening.store.longLongState("longs").put(1, 1);
            checkpointer.start();
            try {
                opening.store.fail(new IllegalStateException("planted"));
                assertThat(opening.store.isWriter()).isTrue();
                assertThatThrownBy(checkpointer.checkpointByWriter()::join)
                        .hasCauseInstanceOf(StoreFailedException.class)
                        .hasRootCauseMessage("planted");
            } finally {
                checkpointer.stop();
            }
            assertThat(checkpointer.completedCount()).isZero();
        } finally {
            opening.closeAll();
        }
    }
}

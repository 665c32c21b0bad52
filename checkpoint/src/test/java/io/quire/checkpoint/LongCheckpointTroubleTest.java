/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.Durability;
import io.quire.store.LongBytesState;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Trouble on the thread that writes a long checkpoint file: the checkpoint fails and leaves nothing, the next one has
 * everything. There is no change log that could make up for a loss.
 */
@Timeout(120)
class LongCheckpointTroubleTest {
    private static final String WRITER = "quire-checkpoint-writer";
    private static final int VALUE_LENGTH = 8 * 1024;
    private static final int KEYS = 36 * 1024 * 1024 / VALUE_LENGTH;
    private static final long LIMIT_S = 60;
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
    private final byte[] content = new byte[VALUE_LENGTH];
    private final UnsafeBuffer value = new UnsafeBuffer(content);

    @BeforeEach
    void prepare() {
        LOG.setLevel(Level.OFF); // every failed checkpoint is logged
    }

    @AfterEach
    void cleanUp() {
        LOG.setLevel(null);
        assertThat(writers()).isZero();
    }

    private static long writers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(WRITER))
                .count();
    }

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .durability(Durability.NONE)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .checkpointCpuShare(2)
                .storeFiles(files);
    }

    private void fill(final DurableStateStore store, final int seed) {
        final LongBytesState state = store.longBytesState("state");
        for (int key = 0; key < KEYS; key++) {
            new Random(31L * key + seed).nextBytes(content); // does not compress
            state.put(key, value, 0, VALUE_LENGTH);
        }
    }

    private void check(final int seed) {
        final byte[] expected = new byte[VALUE_LENGTH];
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongBytesState state = store.longBytesState("state");
            for (int key = 0; key < KEYS; key++) {
                new Random(31L * key + seed).nextBytes(expected);
                assertThat(state.get(key, value, 0)).isEqualTo(VALUE_LENGTH);
                assertThat(content).isEqualTo(expected);
            }
        }
    }

    private long checkpointFiles() {
        return files.list(temp.resolve("store")).stream()
                .filter(name -> name.startsWith("checkpoint-"))
                .count();
    }

    private void onceByTheWriter(final FileOperation wanted, final Runnable action) {
        final AtomicBoolean done = new AtomicBoolean();
        files.hook((operation, path) -> {
            if (operation == wanted
                    && Thread.currentThread().getName().equals(WRITER)
                    && done.compareAndSet(false, true)) {
                action.run();
            }
        });
    }

    enum Trouble {
        WRITE_FULL(FileOperation.WRITE, new StoreFullException("no space left on device")),
        WRITE_ERROR(FileOperation.WRITE, new OutOfMemoryError("planted")),
        FORCE_FAILED(FileOperation.FORCE, new StoreIoException("planted", null)),
        FORCE_ERROR(FileOperation.FORCE, new InternalError("planted"));

        private final FileOperation operation;
        private final Throwable cause;

        Trouble(final FileOperation operation, final Throwable cause) {
            this.operation = operation;
            this.cause = cause;
        }

        void strike() {
            if (cause instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) cause;
        }
    }

    @ParameterizedTest
    @EnumSource(Trouble.class)
    void shouldLoseNothingWhenTheWritingThreadFails(final Trouble trouble) throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store, 1);
            onceByTheWriter(trouble.operation, trouble::strike);
            final CompletableFuture<CheckpointInfo> future = store.checkpoint();
            assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(CheckpointFailedException.class)
                    .hasRootCause(trouble.cause)
                    .hasMessageContaining("phase=");
            assertThat(checkpointFiles()).isZero();
            assertThat(writers()).isZero();
            assertThat(store.stateStore().failure()).isNull();
            store.longBytesState("state").remove(0);
            fill(store, 2);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        check(2);
    }

    @Test
    void shouldWriteALongFileWithoutAThreadWhenThereIsNone() throws Exception {
        final AtomicBoolean asked = new AtomicBoolean();
        final DurableStoreContext starved = context().threadStarter(thread -> {
            if (thread.getName().equals(WRITER)) {
                asked.set(true);
                throw new OutOfMemoryError("unable to create native thread");
            }
            thread.start();
        });
        try (DurableStateStore store = DurableStateStore.open(starved)) {
            fill(store, 1);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        assertThat(asked).isTrue();
        check(1);
    }

    @Test
    void shouldUseNoFurtherThreadWhenNoMoreThanACoreIsToBeUsed() throws Exception {
        onceByTheWriter(FileOperation.WRITE, () -> {
            throw new AssertionError("there is one");
        });
        try (DurableStateStore store = DurableStateStore.open(context().checkpointCpuShare(1))) {
            fill(store, 1);
            store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
        }
        check(1);
    }

    @Test
    void shouldFinishTheFileWhenTheStoreIsClosedMeanwhile() throws Exception {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);
        final DurableStateStore store = DurableStateStore.open(context());
        final CompletableFuture<CheckpointInfo> future;
        try {
            fill(store, 1);
            onceByTheWriter(FileOperation.FORCE, () -> {
                reached.countDown();
                await(released);
            });
            future = store.checkpoint();
            await(reached);
            final Thread releasing = new Thread(() -> {
                try {
                    Thread.sleep(100);
                } catch (final InterruptedException e) {
                    throw new AssertionError(e);
                }
                released.countDown();
            });
            releasing.start();
        } finally {
            store.close();
        }
        assertThat(released.getCount()).isZero(); // it has waited
        assertThat(future.get(LIMIT_S, TimeUnit.SECONDS).pageCount()).isPositive();
        check(1);
    }

    private static void await(final CountDownLatch latch) {
        try {
            assertThat(latch.await(LIMIT_S, TimeUnit.SECONDS)).isTrue();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

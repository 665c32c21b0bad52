/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Trouble in every step of a checkpoint: a full disk, a directory that cannot be written, an error of ours, a disk that
 * does not answer. Each time the checkpoint says so, the one before stays, reads and writes go on, and the next
 * checkpoint has everything. There is no change log that could make up for a loss.
 */
class CheckpointTroubleTest {
    private static final int KEYS = 300;
    private static final int LARGE = 30_000; // changes more pages than go into a file's buffer and the capture pool
    private static final long LIMIT_S = 60;
    private static final long SHORT_TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    private final Random random = new Random(7);
    private final FaultStoreFiles disk = new FaultStoreFiles();
    private final HookedStoreFiles files = new HookedStoreFiles(disk);
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private CheckpointContents model = new CheckpointContents();
    private Path directory;
    private DurableStateStore store;
    private LongLongState longs;
    private BytesState bytes;

    @BeforeEach
    void prepare() throws java.io.IOException {
        LOG.setLevel(Level.OFF); // every failed checkpoint is logged
        directory = Files.createDirectories(temp.resolve("store")).toRealPath();
        disk.createDirectories(directory);
    }

    @AfterEach
    void cleanUp() {
        released.countDown();
        store.close();
        LOG.setLevel(null);
    }

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .durability(Durability.NONE)
                .capturePoolLength(64 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .storeFiles(files);
    }

    private void open(final DurableStoreContext context) {
        store = DurableStateStore.open(context);
        longs = store.longLongState(CheckpointContents.LONGS);
        bytes = store.bytesState(CheckpointContents.BYTES);
    }

    private void change() {
        for (int i = 0; i < 50; i++) {
            model.change(random, longs, bytes, KEYS);
        }
    }

    private void change(final int count) {
        for (int i = 0; i < count; i++) {
            model.change(random, longs, bytes, count);
        }
    }

    enum Trouble {
        FULL(new StoreFullException("no space left on device")),
        DENIED(new StoreIoException("permission denied", null)),
        BUG(new IllegalStateException("planted")),
        ERROR(new OutOfMemoryError("planted"));

        private final Throwable cause;

        Trouble(final Throwable cause) {
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
    void shouldLoseNothingWhenAStepFails(final Trouble trouble) throws Exception {
        for (final CheckpointStep step : CheckpointStep.values()) {
            if (step.phase() != CheckpointPhase.REST) {
                open(context());
                fail(step, trouble);
                store.close();
            }
        }
    }

    private void fail(final CheckpointStep step, final Trouble trouble) throws Exception {
        final String what = step + " " + trouble;
        change();
        final CheckpointContents first = model.copy();
        final long firstId = checkpoint().checkpointId();
        change();
        final CheckpointContents barrier = model.copy();
        hook(step, trouble::strike);
        final CompletableFuture<CheckpointInfo> future = store.checkpoint();
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                .as(what)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CheckpointFailedException.class)
                .hasMessageContaining(trouble.cause.getMessage())
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("phase=");
        files.hook((operation, path) -> {});
        model.compare(longs, bytes, what); // reads go on
        if (store.stateStore().failure() == null) {
            assertThat(store.status().checkpoints().failedInARow()).isEqualTo(1);
            assertThat(files.exists(created)).as(what).isFalse(); // also when no checkpoint ever succeeds again
            first.compareCheckpoint(files, directory, firstId, what);
            change();
            final CheckpointContents next = model.copy();
            final long nextId = checkpoint().checkpointId();
            next.compareCheckpoint(files, directory, nextId, what);
            assertThat(store.status().checkpoints().failedInARow()).isZero();
        } else {
            stopped(step, firstId, first, barrier, what);
        }
    }

    /** A failure around the rename leaves open which manifest is the newest: the store stops, and reopening tells. */
    private void stopped(
            final CheckpointStep step,
            final long firstId,
            final CheckpointContents first,
            final CheckpointContents barrier,
            final String what) {
        assertThat(step.phase()).as(what).isEqualTo(CheckpointPhase.PUBLISH);
        assertThatThrownBy(() -> longs.put(1, 1)).isInstanceOf(StoreFailedException.class);
        store.close();
        open(context());
        final boolean published = store.recoveryReport().checkpointId() > firstId;
        assertThat(published).as(what).isEqualTo(step.afterRename());
        model = published ? barrier : first;
        model.compare(longs, bytes, what);
    }

    private CheckpointInfo checkpoint() throws Exception {
        return store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(value = CheckpointStep.class, names = "(MERGE|DELETE).*", mode = EnumSource.Mode.MATCH_NONE)
    void shouldTimeOutAndLoseNothingWhenTheDiskDoesNotAnswer(final CheckpointStep step) throws Exception {
        open(context().checkpointTimeoutNs(SHORT_TIMEOUT_NS));
        change();
        checkpointAtLast();
        change();
        hold(step);
        final CompletableFuture<CheckpointInfo> future = store.checkpoint();
        await(reached);
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CheckpointFailedException.class)
                .hasMessageContaining("timed out")
                .hasMessageContaining("phase=" + (step == CheckpointStep.WRITE_FILE ? "FLUSH" : step.phase()));
        change(); // the writer has never waited for the disk
        model.compare(longs, bytes, step.name());
        // Nor can another begin, and it says so.
        assertThatThrownBy(() -> store.checkpoint().get(LIMIT_S, TimeUnit.SECONDS))
                .hasCauseInstanceOf(CheckpointFailedException.class)
                .hasMessageContaining("does not end");
        final CompletableFuture<CheckpointInfo> byAnother =
                CompletableFuture.supplyAsync(store::checkpoint).get(LIMIT_S, TimeUnit.SECONDS);
        assertThatThrownBy(() -> byAnother.get(LIMIT_S, TimeUnit.SECONDS)).hasMessageContaining("timed out");
        files.hook((operation, path) -> {});
        released.countDown();
        change();
        final long nextId = checkpointAtLast();
        atBarrier.compareCheckpoint(files, directory, nextId, step.name());
        if (step.phase() != CheckpointPhase.PUBLISH) {
            assertThat(store.status().checkpoints().failed()).isPositive();
            assertThat(store.status().checkpoints().lastFailure()).contains("timed out");
        }
    }

    /** More is to be saved than the capture pool holds, and nobody takes it away. */
    @Test
    @Timeout(value = 2 * LIMIT_S, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a writer waits heedless
    void shouldKeepTheWriterForTheTimeoutAtMostWhenTheDiskDoesNotAnswerDuringCapture() throws Exception {
        open(context().checkpointTimeoutNs(4 * SHORT_TIMEOUT_NS));
        change(LARGE);
        checkpointAtLast();
        change(LARGE);
        hold(CheckpointStep.WRITE_FILE);
        final CompletableFuture<CheckpointInfo> future = store.checkpoint();
        await(reached);
        assertThat(store.status().checkpoints().phase()).isEqualTo(CheckpointPhase.CAPTURE);
        change(LARGE); // ends before the disk is released
        assertThat(released.getCount()).isEqualTo(1);
        assertThat(store.status().checkpoints().captured().stallCount()).isPositive();
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS)).hasMessageContaining("timed out");
        model.compare(longs, bytes, "reads go on");
        files.hook((operation, path) -> {});
        released.countDown();
        change();
        final long nextId = checkpointAtLast();
        atBarrier.compareCheckpoint(files, directory, nextId, "the next checkpoint");
        assertThat(store.status().checkpoints().lastFailure()).contains("timed out");
    }

    @Test
    void shouldTimeOutAndLoseNothingWhenTheChangeLogDoesNotBecomeDurable() throws Exception {
        open(context().durability(Durability.PROCESS).checkpointTimeoutNs(SHORT_TIMEOUT_NS));
        change();
        final long firstId = checkpointAtLast();
        final CheckpointContents first = atBarrier;
        final List<String> before = checkpointFiles();
        change();
        files.hook((operation, path) -> {
            if (operation == FileOperation.FORCE
                    && Thread.currentThread().getName().equals("quire-log")) {
                reached.countDown();
                await(released);
            }
        });
        final CompletableFuture<CheckpointInfo> future = store.checkpoint();
        await(reached);
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CheckpointFailedException.class)
                .hasMessageContaining("timed out");
        change(); // the writer waits for neither
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (store.status().checkpoints().failedInARow() == 0) { // the checkpoint gives up, not only who waits for it
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(store.status().checkpoints().lastFailure()).contains("the change log is not durable");
        assertThat(store.stateStore().failure()).isNull();
        assertThat(checkpointFiles()).isEqualTo(before);
        first.compareCheckpoint(files, directory, firstId, "the checkpoint before");
        files.hook((operation, path) -> {});
        released.countDown();
        change();
        final long nextId = checkpointAtLast();
        atBarrier.compareCheckpoint(files, directory, nextId, "the next checkpoint");
    }

    private List<String> checkpointFiles() {
        return files.list(directory).stream()
                .filter(name -> name.startsWith("checkpoint-"))
                .toList();
    }

    private CheckpointContents atBarrier;
    private volatile Path created; // the last checkpoint file

    /** A checkpoint that may time out a few times because the machine is busy. */
    private long checkpointAtLast() throws Exception {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (true) {
            atBarrier = model.copy();
            try {
                final CheckpointInfo info = checkpoint();
                if (info.pageCount() > 0) {
                    return info.checkpointId();
                }
                change();
            } catch (final ExecutionException e) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    private void hold(final CheckpointStep step) {
        hook(step, () -> {
            reached.countDown();
            await(released);
        });
    }

    /** Does something in a step of the next checkpoint, and not while things are deleted after the one before. */
    private void hook(final CheckpointStep step, final Runnable action) {
        final HookedStoreFiles.Hook once = step.once(action);
        files.hook((operation, path) -> {
            final CheckpointPhase phase = store.status().checkpoints().phase();
            if (phase != CheckpointPhase.REST && phase != CheckpointPhase.PREPARE) {
                if (operation == FileOperation.CREATE
                        && Thread.currentThread().getName().equals("quire-checkpointer")
                        && path.getFileName().toString().startsWith("checkpoint-")) {
                    created = path;
                }
                once.before(operation, path);
            }
        });
    }

    private static void await(final CountDownLatch latch) {
        try {
            assertThat(latch.await(LIMIT_S, TimeUnit.SECONDS)).isTrue();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldAnswerARequestThatTheWriterNeverComesTo() throws Exception {
        open(context().checkpointTimeoutNs(SHORT_TIMEOUT_NS));
        longs.put(1, 1); // this thread is the writer, and does nothing from here on
        final CompletableFuture<CheckpointInfo> future =
                CompletableFuture.supplyAsync(store::checkpoint).get(LIMIT_S, TimeUnit.SECONDS);
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                .hasCauseInstanceOf(CheckpointFailedException.class)
                .hasMessageContaining("phase=PREPARE");
    }

    @Test
    void shouldAnswerWhoWaitsWhenTheStoreIsClosed() throws Exception {
        open(context());
        longs.put(1, 1);
        final CompletableFuture<CheckpointInfo> future =
                CompletableFuture.supplyAsync(store::checkpoint).get(LIMIT_S, TimeUnit.SECONDS);
        store.close();
        assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS)).hasCauseInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldAnswerWhoWaitsAndStopTheStoreWhenTheCheckpointerEnds() throws Exception {
        open(context());
        change();
        checkpoint();
        change();
        final Logger logger = Logger.getLogger(Checkpointer.class.getName());
        final Handler handler = new ThrowingHandler();
        logger.setLevel(Level.ALL);
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        try {
            hook(CheckpointStep.FORCE_FILE, Trouble.FULL::strike);
            final CompletableFuture<CheckpointInfo> future = store.checkpoint();
            assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("no memory to log");
            assertThatThrownBy(() -> longs.put(1, 1)).isInstanceOf(StoreFailedException.class);
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
            logger.setLevel(null);
        }
    }

    private static final class ThrowingHandler extends Handler {
        @Override
        public void publish(final LogRecord logged) {
            throw new OutOfMemoryError("no memory to log");
        }

        @Override
        public void flush() {
            // holds nothing back
        }

        @Override
        public void close() {
            // holds nothing open
        }
    }

    @ParameterizedTest
    @CsvSource({"0,1", "2,3"})
    void shouldStopTheStoreWhenMoreCheckpointsFailThanAreTolerable(final int tolerable, final int failures)
            throws Exception {
        open(context().tolerableFailedCheckpoints(tolerable));
        for (int i = 1; i <= failures; i++) {
            assertThat(store.stateStore().failure()).isNull();
            change();
            files.hook(CheckpointStep.FORCE_FILE.once(Trouble.FULL::strike));
            final CompletableFuture<CheckpointInfo> future = store.checkpoint();
            assertThatThrownBy(() -> future.get(LIMIT_S, TimeUnit.SECONDS)).hasMessageContaining("no space");
        }
        assertThatThrownBy(() -> longs.put(1, 1))
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("tolerable=" + tolerable)
                .hasMessageContaining("no space");
        model.compare(longs, bytes, "reads go on");
        assertThatThrownBy(() -> store.checkpoint()).isInstanceOf(StoreFailedException.class);
    }

    @Test
    void shouldGoOnByItselfWhenAFullDiskHasRoomAgain() throws Exception {
        open(context().checkpointIntervalNs(TimeUnit.MILLISECONDS.toNanos(5)));
        change();
        checkpoint();
        disk.setCapacity(0);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (store.status().checkpoints().failedInARow() < 3) {
            change();
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
        assertThat(store.status().checkpoints().lastFailure()).contains("full");
        disk.setCapacity(Long.MAX_VALUE);
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        final long completed = store.status().checkpoints().completed();
        while (store.status().checkpoints().completed() == completed) {
            change();
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
        final CheckpointContents barrier = model.copy();
        final long id = checkpoint().checkpointId();
        barrier.compareCheckpoint(files, directory, id, "after the disk had room again");
    }

    @Test
    void shouldTakeACheckpointOfWhatIsWrittenAfterALongRest() throws Exception {
        open(context().checkpointIntervalNs(1));
        for (int i = 0; i < 3; i++) {
            change();
            final long completed = store.status().checkpoints().completed();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40)); // the checkpointer has gone to sleep
            store.poll(); // takes a barrier that finds changes or none
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
            store.poll();
            change();
            final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
            while (store.status().checkpoints().completed() < completed + 2) {
                store.poll();
                change();
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    @Test
    void shouldTakeADueCheckpointOnceTheWritersThreadHasEnded() throws Exception {
        open(context().checkpointIntervalNs(TimeUnit.MILLISECONDS.toNanos(50)));
        final long[] completed = new long[1];
        final Thread writer = new Thread(() -> {
            change();
            final long restNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
            while (System.nanoTime() < restNs) { // without a poll: the checkpointer looks in vain, and goes to sleep
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            }
            completed[0] = store.status().checkpoints().completed();
        });
        writer.start();
        writer.join();
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (store.status().checkpoints().completed() == completed[0]) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        final long id = store.status().checkpoints().last().checkpointId();
        model.compareCheckpoint(files, directory, id, "the writer's last changes");
    }

    @Test
    void shouldKeepTheMinimumPause() throws Exception {
        open(context().checkpointIntervalNs(1).minPauseBetweenCheckpointsNs(TimeUnit.HOURS.toNanos(1)));
        change();
        checkpoint(); // on demand does not wait for the pause
        change();
        checkpoint();
        change();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        change();
        assertThat(store.status().checkpoints().completed()).isEqualTo(2);
    }
}

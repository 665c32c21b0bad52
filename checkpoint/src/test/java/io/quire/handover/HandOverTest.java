/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.CheckpointInfo;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.checkpoint.storage.CheckpointStorage;
import io.quire.checkpoint.storage.InMemoryCheckpointStorage;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StoreClosedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The writer's role between threads: handed over, asked for by somebody else, given up for a rest or by a close. From
 * another package than the store's, as applications do it.
 */
class HandOverTest {
    @TempDir
    Path temp;

    private DurableStoreContext context;

    @BeforeEach
    void prepare() throws Exception {
        context = new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(Files.createDirectory(temp.resolve("shm")))
                .windowShift(20)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0);
    }

    private static FutureTask<Void> start(final Action action) {
        final FutureTask<Void> task = new FutureTask<>(() -> {
            action.run();
            return null;
        });
        final Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private static void get(final FutureTask<Void> task) throws Exception {
        try {
            task.get(120, TimeUnit.SECONDS);
        } catch (final ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    @Test
    void shouldHandOverWhileSomebodyElseAsksForCheckpointsAllTheTime() throws Exception {
        handOverWhileAsked(10);
    }

    @Test
    @Tag("slow")
    void shouldHandOverOftenWhileSomebodyElseAsksForCheckpointsAllTheTime() throws Exception {
        handOverWhileAsked(100);
    }

    private void handOverWhileAsked(final int turns) throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState state = store.longLongState("s");
            final SynchronousQueue<Integer> baton = new SynchronousQueue<>();
            final CountDownLatch done = new CountDownLatch(1);
            final FutureTask<Void> monitor = start(() -> {
                while (done.getCount() > 0) {
                    store.checkpoint();
                }
            });
            final FutureTask<Void> other = start(() -> {
                for (int i = 0; i < turns; i++) {
                    assertThat(take(baton)).isEqualTo(i);
                    state.addAndGet(1, 1);
                    store.releaseOwnership();
                    give(baton, i);
                }
            });
            for (int i = 0; i < turns && !other.isDone(); i++) {
                state.addAndGet(1, 1);
                store.releaseOwnership();
                give(baton, i);
                assertThat(take(baton)).isEqualTo(i);
            }
            done.countDown();
            get(other);
            get(monitor);
            assertThat(state.get(1, 0)).isEqualTo(2L * turns);
        }
    }

    private static int take(final SynchronousQueue<Integer> baton) throws InterruptedException {
        final Integer taken = baton.poll(120, TimeUnit.SECONDS);
        assertThat(taken).as("the other thread is there").isNotNull();
        return taken;
    }

    private static void give(final SynchronousQueue<Integer> baton, final int turn) throws InterruptedException {
        assertThat(baton.offer(turn, 120, TimeUnit.SECONDS))
                .as("the other thread is there")
                .isTrue();
    }

    @Test
    void shouldAnswerAllWhoAskForCheckpointsFarFasterThanTheWriterTakesThem() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState state = store.longLongState("s");
            state.put(1, 1);
            final Set<CompletableFuture<CheckpointInfo>> asked = Collections.newSetFromMap(new IdentityHashMap<>());
            final FutureTask<Void> monitor = start(() -> {
                for (int i = 0; i < 1_000_000; i++) {
                    asked.add(store.checkpoint());
                }
            });
            get(monitor);
            assertThat(asked).hasSizeLessThanOrEqualTo(64); // while nobody answers, of a timeout of ten minutes
            final CompletableFuture<CheckpointInfo> first = asked.iterator().next();
            assertThat(first.cancel(true)).isFalse(); // others wait for it
            assertThatThrownBy(() -> first.complete(null)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> first.orTimeout(1, TimeUnit.MILLISECONDS).get(60, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(TimeoutException.class);
            state.put(1, 2); // takes the barrier
            for (final CompletableFuture<CheckpointInfo> future : asked) {
                assertThat(future.get(60, TimeUnit.SECONDS).logPosition()).isPositive();
            }
            assertThat(CompletableFuture.supplyAsync(store::checkpoint).get(60, TimeUnit.SECONDS))
                    .as("answered ones serve nobody else")
                    .isNotIn(asked);
        }
    }

    @Test
    void shouldCloseWholeWhileAWriterRestsThatHasGivenUpItsRole() throws Exception {
        final DurableStateStore store = DurableStateStore.open(context);
        final LongLongState state = store.longLongState("s");
        final CountDownLatch written = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final FutureTask<Void> writer = start(() -> {
            state.put(1, 1);
            store.releaseOwnership();
            written.countDown();
            closed.await();
            assertThatThrownBy(() -> state.put(1, 2)).isInstanceOf(StoreClosedException.class);
            assertThatThrownBy(() -> state.get(1, 0)).isInstanceOf(StoreClosedException.class);
            assertThatThrownBy(store::beginBatch).isInstanceOf(StoreClosedException.class);
        });
        assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
        store.close();
        closed.countDown();
        get(writer);
        // Nothing is left in memory files: it was unmapped and removed, not left to the end of the process.
        try (Stream<Path> left = Files.list(temp.resolve("shm"))) {
            assertThat(left).isEmpty();
        }
        try (DurableStateStore reopened = DurableStateStore.open(context)) {
            assertThat(reopened.longLongState("s").get(1, 0)).isEqualTo(1);
        }
    }

    @Test
    void shouldTakeTheLastCheckpointAlthoughSomebodyHasTheRoleForAMoment() throws Exception {
        final DurableStateStore store = DurableStateStore.open(context.durability(Durability.NONE));
        store.longLongState("s").put(1, 42);
        store.releaseOwnership();
        final CountDownLatch claimed = new CountDownLatch(1);
        final CountDownLatch closing = new CountDownLatch(1);
        final FutureTask<Void> brief = start(() -> {
            assertThat(store.stateStore().claimBriefly()).isTrue();
            claimed.countDown();
            closing.await();
            store.stateStore().endBriefClaim();
        });
        assertThat(claimed.await(60, TimeUnit.SECONDS)).isTrue();
        final FutureTask<Void> close = new FutureTask<>(store::close, null);
        final Thread closer = new Thread(close);
        closer.start();
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (closer.getState() != Thread.State.TIMED_WAITING && !close.isDone()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(1);
        }
        closing.countDown();
        get(close);
        get(brief);
        try (DurableStateStore reopened = DurableStateStore.open(context)) {
            assertThat(reopened.longLongState("s").get(1, 0)).isEqualTo(42);
        }
    }

    @Test
    void shouldNotKeepAWriterWaitingForACheckpointThatSomebodyElseAskedFor() throws Exception {
        final CountDownLatch created = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicBoolean blocks = new AtomicBoolean();
        final CheckpointStorage slow = blocking(() -> {
            if (blocks.get()) {
                created.countDown();
                goOn.await();
            }
        });
        try (DurableStateStore store = DurableStateStore.open(context.checkpointStorage(slow))) {
            try {
                final LongLongState state = store.longLongState("s");
                state.put(1, 1);
                blocks.set(true);
                final CompletableFuture<CheckpointInfo> first = store.checkpoint();
                assertThat(created.await(60, TimeUnit.SECONDS)).isTrue();
                state.put(2, 2);
                store.releaseOwnership();
                final CompletableFuture<CheckpointInfo> second =
                        CompletableFuture.supplyAsync(store::checkpoint).get(60, TimeUnit.SECONDS);
                get(start(() -> {
                    state.put(3, 3);
                    store.releaseOwnership();
                }));
                assertThat(first).isNotDone();
                assertThat(second).isNotDone();
                goOn.countDown();
                final long firstPosition = first.get(60, TimeUnit.SECONDS).logPosition();
                assertThat(second.get(60, TimeUnit.SECONDS).logPosition()) // nobody writes any more
                        .isEqualTo(store.appliedPosition())
                        .isGreaterThan(firstPosition);
            } finally {
                goOn.countDown();
            }
        }
    }

    /** A storage where the creation of a checkpoint file waits for something. */
    private static CheckpointStorage blocking(final Action beforeCreate) {
        final CheckpointStorage storage = new InMemoryCheckpointStorage();
        return (CheckpointStorage) Proxy.newProxyInstance(
                CheckpointStorage.class.getClassLoader(),
                new Class<?>[] {CheckpointStorage.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("create")) {
                        beforeCreate.run();
                    }
                    try {
                        return method.invoke(storage, arguments);
                    } catch (final InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void shouldUnmapOnceAWriterThatRestedWithItsRoleCallsAgain() throws Exception {
        context.liveMemory(LiveMemoryKind.SHARED);
        final DurableStateStore store = DurableStateStore.open(context);
        final LongLongState state = store.longLongState("s");
        final CountDownLatch written = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final CountDownLatch told = new CountDownLatch(1);
        final FutureTask<Void> writer = start(() -> {
            state.put(1, 1);
            written.countDown();
            closed.await();
            assertThatThrownBy(() -> state.put(1, 2)).isInstanceOf(StoreClosedException.class);
            told.countDown();
            assertThatThrownBy(() -> state.get(1, 0)).isInstanceOf(StoreClosedException.class);
        });
        assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> state.put(1, 3)).isInstanceOf(NotWriterException.class);
        store.close();
        assertThat(store.stateStore().callersDeparted()).isFalse();
        assertThat(departures()).isEqualTo(1); // waits for the writer
        try (DurableStateStore reopened = DurableStateStore.open(context)) { // beside the memory that is still mapped
            final LongLongState longs = reopened.longLongState("s");
            assertThat(longs.get(1, 0)).isEqualTo(1);
            closed.countDown();
            assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(store.stateStore().callersDeparted()).isTrue();
            final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (departures() > 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.sleep(5);
            }
            for (long i = 0; i < 100_000; i++) { // it needs windows that are mapped from its own file
                longs.put(i, i);
            }
        }
        get(writer);
    }

    /** Threads that wait for the writers of closed stores. */
    private static long departures() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("quire-departure"))
                .count();
    }

    @Test
    void shouldTakeDueCheckpointsWithoutAWriter() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context.checkpointIntervalNs(1_000_000))) {
            final LongLongState state = store.longLongState("s");
            for (int i = 1; i <= 20; i++) {
                state.put(i, i);
                store.releaseOwnership();
                final long position = store.appliedPosition();
                final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (store.status().checkpoints().last() == null
                        || store.status().checkpoints().last().logPosition() < position) {
                    assertThat(System.nanoTime()).isLessThan(deadline);
                    Thread.sleep(1); // nobody polls
                }
            }
        }
    }

    @Test
    void shouldTakeBackTheBatchOfAThreadThatHasEndedBeforeACheckpointWithoutAWriter() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            final LongLongState state = store.longLongState("s");
            state.put(1, 1);
            store.releaseOwnership();
            final FutureTask<Void> writer = start(() -> {
                store.beginBatch();
                state.put(1, 2);
                assertThat(CompletableFuture.supplyAsync(store::checkpoint)
                                .get(60, TimeUnit.SECONDS)
                                .isDone())
                        .isFalse(); // no barrier inside a batch
            });
            get(writer);
            final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (store.status().checkpoints().completed() == 0) { // the one that was asked for inside the batch
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.sleep(1);
            }
            assertThat(state.get(1, 0)).isEqualTo(1);
        }
        try (DurableStateStore store = DurableStateStore.open(context)) {
            assertThat(store.recoveryReport().logRecordCount()).isZero();
            assertThat(store.longLongState("s").get(1, 0)).isEqualTo(1);
        }
    }

    @Test
    void shouldNotUnmapUnderAWriterThatWaitsInsideAnOperation() throws Exception {
        final DurableStateStore store = DurableStateStore.open(context);
        final LongLongState state = store.longLongState("s");
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final FutureTask<Void> writer = start(() -> {
            state.put(1, 1);
            state.put(2, 2);
            final long[] sum = new long[1];
            try {
                state.forEach((key, value) -> {
                    inside.countDown();
                    try {
                        closed.await();
                    } catch (final InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    sum[0] += value;
                });
            } catch (final StoreClosedException e) {
                sum[0] += 0; // whether the walk is told is its own affair; that its memory is there is what counts
            }
            assertThat(sum[0]).isEqualTo(3);
        });
        assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
        store.close();
        closed.countDown();
        get(writer);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.storage.ObjectWriter;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.agrona.BufferUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteBehindTest {
    private static final int LENGTH = 1024;
    private static final int BUFFERS_MAX = 16;

    private final RecordingWriter object = new RecordingWriter();
    private final ByteArrayOutputStream expected = new ByteArrayOutputStream();
    private final Random random = new Random(3);
    private Thread thread;
    private WriteBehind behind;
    private ByteBuffer buffer;

    @AfterEach
    void noThreadIsLeft() {
        object.released.countDown();
        if (behind != null) {
            behind.close();
        }
        assertThat(thread == null || !thread.isAlive()).isTrue();
    }

    private void start(final long forceLength) {
        start(forceLength, Thread::start);
    }

    private void start(final long forceLength, final Consumer<Thread> starter) {
        start(forceLength, starter, new BlockBudget(BUFFERS_MAX * LENGTH));
    }

    private void start(final long forceLength, final Consumer<Thread> starter, final BlockBudget budget) {
        buffer = ByteBuffer.allocateDirect(LENGTH);
        final Consumer<Thread> noting = started -> {
            thread = started;
            starter.accept(started);
        };
        behind = WriteBehind.start(object, buffer, forceLength, noting, budget);
    }

    private int exchangesUntilItWaits() throws InterruptedException {
        final AtomicInteger handedOver = new AtomicInteger();
        final Thread filler = new Thread(() -> {
            for (int i = 0; i < 2 * BUFFERS_MAX; i++) {
                fillAndExchange();
                handedOver.incrementAndGet();
            }
        });
        filler.start();
        while (filler.getState() != Thread.State.TIMED_WAITING) { // for a buffer, not for the lock
            Thread.sleep(1);
        }
        final int count = handedOver.get();
        object.released.countDown();
        filler.join();
        return count;
    }

    private static void awaitWaiting(final Thread waiting) throws InterruptedException {
        while (waiting.getState() != Thread.State.WAITING && waiting.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
    }

    private void fillAndExchange() {
        final byte[] content = new byte[1 + random.nextInt(LENGTH)];
        random.nextBytes(content);
        expected.writeBytes(content);
        buffer.put(0, content);
        buffer.limit(content.length).position(0);
        buffer = behind.exchange(buffer);
        assertThat(buffer.position()).isZero();
        assertThat(buffer.limit()).isEqualTo(LENGTH);
    }

    @Test
    void shouldWriteInOrderAndForceOnAThreadOfItsOwn() {
        start(4 * LENGTH);
        for (int i = 0; i < 1000; i++) {
            fillAndExchange();
        }
        behind.finish();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(object.threads).containsOnly(thread);
        assertThat(thread.isAlive()).isFalse();
        assertThat(object.lengthsAtSync).hasSizeGreaterThan(50);
        int before = 0;
        for (final int length : object.lengthsAtSync) {
            assertThat(length - before).isBetween(4 * LENGTH, 5 * LENGTH);
            before = length;
        }
    }

    @Test
    void shouldNotForceWhenItIsNotAskedTo() {
        start(0);
        for (int i = 0; i < 100; i++) {
            fillAndExchange();
        }
        behind.finish();
        assertThat(object.lengthsAtSync).isEmpty();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void shouldWaitForRoomWhenTheDiskIsSlow() throws InterruptedException {
        start(0);
        object.holdFrom = 0;
        final AtomicInteger handedOver = new AtomicInteger();
        final AtomicBoolean interrupted = new AtomicBoolean();
        final Thread filler = new Thread(() -> {
            for (int i = 0; i < 2 * BUFFERS_MAX; i++) {
                fillAndExchange();
                handedOver.incrementAndGet();
            }
            interrupted.set(Thread.interrupted());
        });
        filler.start();
        while (handedOver.get() < BUFFERS_MAX - 1) {
            Thread.sleep(1);
        }
        awaitWaiting(filler);
        assertThat(handedOver.get()).isEqualTo(BUFFERS_MAX - 1); // and one more that waits to be exchanged
        filler.interrupt(); // means nothing
        Thread.sleep(20);
        assertThat(handedOver.get()).isEqualTo(BUFFERS_MAX - 1);
        object.released.countDown();
        filler.join();
        assertThat(interrupted.get()).isTrue(); // kept for whoever it was meant for
        behind.finish();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void shouldKeepToABudgetThatAllFilesShareAndGiveItBack() throws InterruptedException {
        final BlockBudget budget = new BlockBudget(3 * LENGTH);
        assertThat(budget.tryTake(LENGTH)).isTrue(); // another file has it
        start(0, Thread::start, budget);
        object.holdFrom = 0;
        assertThat(exchangesUntilItWaits()).isEqualTo(3); // two buffers in any case, and two of the budget
        assertThat(budget.tryTake(1)).isFalse();
        behind.finish();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
        behind.close();
        behind.close(); // gives back once
        assertThat(budget.tryTake(2 * LENGTH + 1)).isFalse();
        assertThat(budget.tryTake(2 * LENGTH)).isTrue();
    }

    @Test
    void shouldGoOnWithTwoBuffersWhenThereIsNoBudget() throws InterruptedException {
        start(0, Thread::start, BlockBudget.NONE);
        object.holdFrom = 0;
        assertThat(exchangesUntilItWaits()).isEqualTo(1);
        behind.finish();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void shouldFreeAllBuffersButTwoWhenMemoryRunsOut() throws InterruptedException {
        final BlockBudget budget = new BlockBudget(BUFFERS_MAX * LENGTH);
        start(0, Thread::start, budget);
        object.holdFrom = 0;
        final AtomicInteger left = new AtomicInteger(5);
        behind.allocateBy(length -> {
            if (left.getAndDecrement() == 0) {
                throw new OutOfMemoryError("Cannot reserve direct buffer memory (planted)");
            }
            return ByteBuffer.allocateDirect(length);
        });
        assertThat(exchangesUntilItWaits()).isEqualTo(5);
        while (object.writeCount < 2 * BUFFERS_MAX || thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        fillAndExchange();
        assertThat(budget.tryTake(BUFFERS_MAX * LENGTH)).isTrue();
        for (int i = 0; i < 100; i++) {
            fillAndExchange();
        }
        assertThat(left.get()).isEqualTo(-1); // and asks for no more
        behind.finish();
        assertThat(object.written.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void shouldThrowWhatAWriteHasThrownAndWriteNoMore() {
        start(LENGTH);
        object.failAtWrite = 5;
        object.failure = new StoreFullException("no space left on device");
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        fillAndExchange();
                    }
                })
                .isSameAs(object.failure);
        assertThatThrownBy(() -> behind.exchange(buffer)).isSameAs(object.failure);
        assertThatThrownBy(behind::finish).isSameAs(object.failure);
        assertThat(object.writeCount).isEqualTo(6); // from 0
    }

    @Test
    void shouldThrowAnErrorToWhoWaitsForRoom() throws InterruptedException {
        start(0);
        object.holdFrom = 0;
        object.failAtWrite = 0;
        object.failure = new OutOfMemoryError("planted");
        final List<Throwable> thrown = new ArrayList<>();
        final Thread filler = new Thread(() -> {
            try {
                for (int i = 0; i < 2 * BUFFERS_MAX; i++) {
                    fillAndExchange();
                }
            } catch (final Throwable e) {
                thrown.add(e);
            }
        });
        filler.start();
        awaitWaiting(filler);
        object.released.countDown();
        filler.join();
        assertThat(thrown).containsExactly(object.failure);
    }

    @Test
    void shouldTellOfAFailedForceAtTheEndAtTheLatestAndNotForceAgain() {
        start(4 * LENGTH);
        object.failAtSync = 0;
        object.failure = new StoreIoException("planted", null);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 12; i++) {
                        fillAndExchange();
                    }
                    behind.finish();
                })
                .isSameAs(object.failure);
        assertThat(object.lengthsAtSync).hasSize(1);
    }

    @Test
    void shouldWaitForAWriteUnderWayAndDropTheRestWhenItIsClosed() throws InterruptedException {
        start(0);
        object.holdFrom = 0;
        for (int i = 0; i < BUFFERS_MAX - 1; i++) {
            fillAndExchange();
        }
        while (object.writeCount == 0) {
            Thread.sleep(1);
        }
        final Thread closer = new Thread(behind::close);
        closer.start();
        awaitWaiting(closer);
        assertThat(thread.isAlive()).isTrue();
        object.released.countDown();
        closer.join();
        assertThat(thread.isAlive()).isFalse();
        assertThat(object.writeCount).isEqualTo(1);
    }

    @Test
    void shouldNotBelieveAThreadThatHasEndedWithoutRunning() {
        start(0, started -> {}); // never runs, and is not alive
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 2 * BUFFERS_MAX; i++) {
                        fillAndExchange();
                    }
                })
                .isInstanceOf(CheckpointFailedException.class);
        assertThatThrownBy(behind::finish).isInstanceOf(CheckpointFailedException.class);
    }

    @Test
    void shouldNotBelieveAThreadThatHasEndedAndWrittenNothingOfTheLastBuffer() {
        start(0, started -> {});
        assertThatThrownBy(behind::finish).isInstanceOf(CheckpointFailedException.class);
    }

    /** As when memory is short to write with, and then to tell of it: what is thrown here is not caught there. */
    @Test
    void shouldNotWaitForAThreadThatHasDiedWithoutAWord() throws InterruptedException {
        start(0, started -> {
            started.setUncaughtExceptionHandler((died, cause) -> {});
            started.start();
        });
        object.holdFrom = 3;
        object.dieAtWrite = 3;
        final List<Throwable> thrown = new ArrayList<>();
        final Thread filler = new Thread(() -> {
            try {
                for (int i = 0; i < 2 * BUFFERS_MAX; i++) {
                    fillAndExchange();
                }
            } catch (final RuntimeException | Error e) {
                thrown.add(e);
            }
        });
        filler.start();
        while (object.writeCount < 4) {
            Thread.sleep(1);
        }
        awaitWaiting(filler);
        object.released.countDown();
        filler.join();
        assertThat(thrown).hasSize(1).hasOnlyElementsOfType(CheckpointFailedException.class);
        assertThatThrownBy(behind::finish).isInstanceOf(CheckpointFailedException.class);
        assertThat(object.writeCount).isEqualTo(4);
    }

    @Test
    void shouldDoNothingWhenThereIsNoThread() {
        buffer = ByteBuffer.allocateDirect(LENGTH);
        behind = WriteBehind.start(object, buffer, 1, started -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThat(behind).isNull();
        buffer.putLong(0, 1); // not freed
        BufferUtil.free(buffer);
    }

    /** Keeps what it is told, and holds up or fails what it is asked to. */
    private static final class RecordingWriter implements ObjectWriter {
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final List<Integer> lengthsAtSync = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final CountDownLatch released = new CountDownLatch(1);
        private volatile int holdFrom = Integer.MAX_VALUE;
        private volatile int failAtWrite = Integer.MAX_VALUE;
        private volatile int dieAtWrite = Integer.MAX_VALUE;
        private volatile int failAtSync = Integer.MAX_VALUE;
        private volatile Throwable failure;
        private volatile int writeCount;

        @Override
        public void write(final ByteBuffer source) {
            threads.add(Thread.currentThread());
            final int call = writeCount++;
            if (call >= holdFrom) {
                hold();
            }
            failIf(call == failAtWrite);
            if (call == dieAtWrite) {
                RecordingWriter.<RuntimeException>throwAny(new IOException("planted, and nobody can know of it"));
            }
            final byte[] content = new byte[source.remaining()];
            source.get(content);
            written.writeBytes(content);
        }

        private void hold() {
            try {
                assertThat(released.await(50, TimeUnit.SECONDS)).isTrue();
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void throwAny(final Throwable cause) throws T {
            throw (T) cause;
        }

        private void failIf(final boolean now) {
            if (now && failure instanceof Error error) {
                throw error;
            }
            if (now) {
                throw (RuntimeException) failure;
            }
        }

        @Override
        public void sync() {
            threads.add(Thread.currentThread());
            lengthsAtSync.add(written.size());
            failIf(lengthsAtSync.size() - 1 == failAtSync);
        }

        @Override
        public void complete() {
            throw new AssertionError("not its affair");
        }

        @Override
        public void close() {
            throw new AssertionError("not its affair");
        }
    }
}

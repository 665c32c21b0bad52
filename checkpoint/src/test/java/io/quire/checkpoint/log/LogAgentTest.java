/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.Durability;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.changelog.FailStop;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogAgentTest {
    private static final long LONG_NS = TimeUnit.SECONDS.toNanos(30);

    @TempDir
    Path root;

    private LogFixture fixture;
    private AgentRunner runner;

    @AfterEach
    void tearDown() {
        if (runner != null) {
            runner.close();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    /** Opens and runs the agent on its own thread. */
    private void open(final LogSettings settings) {
        fixture = new LogFixture(root);
        fixture.settings = settings;
        fixture.ringCapacity = 1 << 20;
        fixture.open();
        fixture.failStop = new FailStop();
        final LogIdleStrategy idleStrategy = new LogIdleStrategy();
        fixture.agent =
                new LogAgent(fixture.ring, fixture.writer, settings, fixture.failStop, idleStrategy, System::nanoTime);
        fixture.log = new ChangeLog(
                fixture.ring,
                fixture.failStop,
                new BackoffIdleStrategy(1, 1, 1000, 100_000),
                idleStrategy,
                System::nanoTime);
        runner = new AgentRunner(idleStrategy, Throwable::printStackTrace, null, fixture.agent);
        AgentRunner.startOnThread(runner);
    }

    private void stop() {
        runner.close();
        runner = null;
        fixture.ring.close();
        ChangeRing.delete(fixture.ringPath);
        fixture.writer = null;
    }

    @Test
    void shouldMakeEachWriteDurableOnRequest() {
        open(LogSettings.defaults(Durability.SYNC));
        for (int i = 0; i < 50; i++) {
            fixture.log.putLong(1, i, i);
            final long position = fixture.log.position();
            assertThat(fixture.agent.awaitDurable(position, LONG_NS)).isTrue();
            assertThat(fixture.agent.durablePosition()).isGreaterThanOrEqualTo(position);
        }
        assertThat(fixture.agent.forceCount()).isGreaterThanOrEqualTo(50);
        assertThat(fixture.agent.forceNs()).isPositive();
    }

    @Test
    void shouldForceWithoutBeingAskedInGroupDurability() throws InterruptedException {
        open(LogSettings.defaults(Durability.GROUP));
        fixture.log.putLong(1, 1, 1);
        final long deadline = System.nanoTime() + LONG_NS;
        while (fixture.agent.durablePosition() < 32 && System.nanoTime() < deadline) {
            Thread.sleep(1);
        }
        assertThat(fixture.agent.durablePosition()).isEqualTo(32);
    }

    @Test
    void shouldServeManyWaitersWithFewForces() throws InterruptedException {
        open(LogSettings.defaults(Durability.GROUP));
        final CompletableFuture<?>[] futures = new CompletableFuture<?>[2000];
        for (int i = 0; i < futures.length; i++) {
            fixture.log.putLong(1, i, i);
            futures[i] = fixture.agent.durableFuture(fixture.log.position());
        }
        final Thread[] waiters = new Thread[4];
        for (int i = 0; i < waiters.length; i++) {
            waiters[i] = new Thread(() -> fixture.agent.awaitDurable(32 * 2000, LONG_NS));
            waiters[i].start();
        }
        CompletableFuture.allOf(futures).join();
        for (final Thread waiter : waiters) {
            waiter.join();
        }
        assertThat(fixture.agent.durablePosition()).isEqualTo(32 * 2000);
        assertThat(fixture.agent.forceCount()).isLessThan(2000);
    }

    @Test
    void shouldTimeOutAndKeepTheFlagOfAnInterrupt() {
        open(LogSettings.defaults(Durability.PROCESS));
        Thread.currentThread().interrupt();
        final long start = System.nanoTime();
        assertThat(fixture.agent.awaitDurable(1 << 20, TimeUnit.MILLISECONDS.toNanos(50)))
                .isFalse();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void shouldTellEverybodyWhenTheStoreIsClosed() throws InterruptedException {
        open(LogSettings.defaults(Durability.PROCESS));
        final CompletableFuture<Long> future = fixture.agent.durableFuture(1 << 20);
        final Throwable[] thrown = new Throwable[1];
        final Thread waiter = new Thread(() -> {
            try {
                fixture.agent.awaitDurable(1 << 20, LONG_NS);
            } catch (final StoreClosedException e) {
                thrown[0] = e;
            }
        });
        waiter.start();
        fixture.log.putLong(1, 1, 1);
        Thread.sleep(20);
        stop();
        waiter.join();
        assertThat(thrown[0]).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(future::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> fixture.log.putLong(1, 1, 1)).isInstanceOf(StoreClosedException.class);
        assertThatThrownBy(() -> fixture.agent.awaitDurable(1 << 21, 0)).isInstanceOf(StoreClosedException.class);
        assertThat(fixture.log.position()).isEqualTo(32);
        assertThat(fixture.agent.durablePosition()).isEqualTo(32);
        assertThat(fixture.agent.awaitDurable(32, 0)).isTrue();
    }

    @Test
    void shouldKeepUpWithAWriterThatFillsTheRing() {
        open(LogSettings.defaults(Durability.PROCESS));
        for (int i = 0; i < 300_000; i++) {
            fixture.log.putLong(1, i, i);
        }
        stop();
        fixture.replay().close();
        assertThat(fixture.report.recordCount()).isEqualTo(300_000);
        assertThat(fixture.report.isSealed()).isTrue();
    }

    @Test
    void shouldGatherBatchesWhileNobodyWaits() {
        fixture = new LogFixture(root);
        fixture.settings = LogSettings.defaults(Durability.PROCESS).withBatch(1000, 50);
        fixture.open();
        final long[] now = new long[1];
        final LogAgent agent = new LogAgent(
                fixture.ring, fixture.writer, fixture.settings, fixture.failStop, ConsumerSignal.NONE, () -> now[0]);
        assertThat(agent.doWork()).isZero();
        fixture.log.putLong(1, 1, 1);
        assertThat(agent.doWork()).isZero();
        now[0] = 49;
        assertThat(agent.doWork()).isZero();
        now[0] = 50;
        assertThat(agent.doWork()).isEqualTo(1);
        assertThat(agent.writtenPosition()).isEqualTo(32);
        for (int i = 0; i < 31; i++) {
            fixture.log.putLong(1, 1, 1);
        }
        assertThat(agent.doWork()).isZero();
        fixture.log.putLong(1, 1, 1);
        assertThat(agent.doWork()).isEqualTo(1);
        assertThat(agent.writtenPosition()).isEqualTo(33 * 32);
        assertThat(agent.blockCount()).isEqualTo(2);
    }

    /** Who asks for what is written already asks for nothing; what comes later gathers as ever. */
    @Test
    void shouldForgetARequestToWriteWhenThereIsNothingToWrite() {
        fixture = new LogFixture(root);
        fixture.settings = LogSettings.defaults(Durability.PROCESS).withBatch(1000, 50);
        fixture.open();
        final LogAgent agent = new LogAgent(
                fixture.ring, fixture.writer, fixture.settings, fixture.failStop, ConsumerSignal.NONE, () -> 0);
        agent.requestWrite();
        assertThat(agent.doWork()).isZero();
        fixture.log.putLong(1, 1, 1);
        assertThat(agent.doWork()).isZero();
        agent.requestWrite();
        assertThat(agent.doWork()).isEqualTo(1);
        assertThat(agent.writtenPosition()).isEqualTo(32);
    }

    /** It could do nothing but take the core away. */
    @Test
    void shouldNotBeWokenForASubscriberWhileTheWriterForces() {
        final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
        openUnattended(files);
        final AtomicInteger wakeCount = countWakes();
        assertThat(force(0)).isTrue();
        assertThat(fixture.agent.doWork()).isEqualTo(1); // space ahead
        wakeCount.set(0);
        files.hook((operation, path) -> fixture.agent.requestWrite());
        assertThat(force(1)).isTrue();
        assertThat(wakeCount).hasValue(0);
        files.hook((operation, path) -> {});
        fixture.agent.requestWrite();
        assertThat(wakeCount).hasValue(1);
    }

    private AtomicInteger countWakes() {
        final AtomicInteger wakeCount = new AtomicInteger();
        fixture.agent = new LogAgent(
                fixture.ring,
                fixture.writer,
                fixture.settings,
                fixture.failStop,
                wakeCount::incrementAndGet,
                System::nanoTime);
        return wakeCount;
    }

    private void openUnattended(final LogSettings settings) {
        fixture = new LogFixture(root);
        fixture.settings = settings;
        fixture.open();
    }

    @Test
    void shouldForceAWriteThatWasPromisedToOnTheThreadThatAsks() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        for (int i = 1; i <= 100; i++) {
            fixture.log.putLong(1, i, i);
            fixture.agent.awaitForced(fixture.log.position()); // nobody else would do it
            assertThat(fixture.agent.durablePosition()).isEqualTo(32L * i);
            assertThat(fixture.agent.writtenPosition()).isEqualTo(32L * i);
            assertThat(fixture.ring.headAcquire()).isEqualTo(32L * i);
        }
        assertThat(fixture.agent.forceCount()).isEqualTo(100);
        assertThat(fixture.agent.blockCount()).isEqualTo(100);
        assertThat(fixture.agent.forcedLength()).isEqualTo(3200);
        fixture.kill();
        ChangeRing.delete(fixture.ringPath);
        fixture.open();
        assertThat(fixture.replayedLongs()).hasSize(100).endsWith(100L);
    }

    @Test
    void shouldForceThroughInterruptsAndKeepTheirFlag() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        Thread.currentThread().interrupt();
        for (int i = 0; i < 10; i++) {
            fixture.log.putLong(1, i, i);
            fixture.agent.awaitForced(fixture.log.position());
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fixture.agent.durablePosition()).isEqualTo(320);
        fixture.log.putLong(1, 10, 10);
        fixture.force();
        assertThat(fixture.agent.durablePosition()).isEqualTo(352);
    }

    /** They run callers' code, which must not run inside of an operation of the store. */
    @Test
    void shouldCompleteFuturesOnTheAgentsThreadOnly() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        final CompletableFuture<Long> future = fixture.agent.durableFuture(64);
        fixture.log.putLong(1, 1, 1);
        fixture.log.putLong(1, 2, 2);
        fixture.agent.awaitForced(64);
        assertThat(fixture.agent.durablePosition()).isEqualTo(64);
        assertThat(future).isNotDone();
        fixture.agent.doWork();
        assertThat(future).isCompletedWithValue(64L);
    }

    @Test
    void shouldPrepareSpaceWhileThereIsNothingElseToDo() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        int preparedCount = 0;
        for (int i = 0; i < 20_000; i++) {
            fixture.log.putLong(1, i, i);
            assertThat(fixture.agent.forceHere()).as("put %d", i).isTrue();
            preparedCount += fixture.agent.doWork();
        }
        assertThat(fixture.agent.durablePosition()).isEqualTo(20_000 * 32L);
        assertThat(preparedCount).isBetween(3, 10); // 20,000 blocks of 72 bytes, each step longer than the one before
    }

    private void openUnattended(final StoreFiles files) {
        fixture = new LogFixture(root);
        fixture.files = files;
        fixture.settings = LogSettings.defaults(Durability.SYNC);
        fixture.open();
    }

    private static <T> T onAnotherThread(final Supplier<T> call) {
        return CompletableFuture.supplyAsync(call).join();
    }

    /** A writer that is always at it would leave the agent no time otherwise. */
    @Test
    void shouldPrepareSpaceWhileTheWriterForces() {
        final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
        openUnattended(files);
        fixture.log.putLong(1, 0, 0);
        fixture.force();
        final Thread writer = Thread.currentThread();
        final int[] preparedCount = new int[1];
        files.hook((operation, path) -> {
            if (operation == FileOperation.FORCE && Thread.currentThread() == writer) {
                preparedCount[0] += onAnotherThread(fixture.agent::doWork);
            }
        });
        for (int i = 1; i <= 2_000; i++) {
            fixture.log.putLong(1, i, i);
            assertThat(fixture.agent.forceHere()).as("put %d", i).isTrue();
        }
        assertThat(preparedCount[0]).isBetween(1, 3); // 144,000 bytes
        files.hook((operation, path) -> {});
        checkForced(2_000);
    }

    @Test
    void shouldForceOnTheWritersThreadWhileSpaceIsPrepared() {
        final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
        openUnattended(files);
        fixture.log.putLong(1, 0, 0);
        fixture.force();
        final Thread agent = Thread.currentThread();
        final int[] counts = new int[2];
        files.hook((operation, path) -> {
            if (Thread.currentThread() == agent) {
                counts[0]++;
                assertThat(onAnotherThread(() -> force(++counts[1]))).isTrue();
            }
        });
        while (counts[0] < 6) { // zeros and their force, three times
            assertThat(onAnotherThread(() -> force(++counts[1]))).isTrue();
            fixture.agent.doWork();
        }
        files.hook((operation, path) -> {});
        assertThat(counts[1]).isGreaterThan(1_000);
        checkForced(counts[1]);
    }

    private boolean force(final long key) {
        fixture.log.putLong(1, key, key);
        return fixture.agent.forceHere() && fixture.agent.durablePosition() == fixture.log.position();
    }

    private void checkForced(final long lastKey) {
        fixture.kill();
        ChangeRing.delete(fixture.ringPath);
        fixture.open();
        assertThat(fixture.replayedLongs())
                .isEqualTo(LongStream.rangeClosed(0, lastKey).boxed().toList());
    }

    /** It sleeps for longer than a busy writer needs to use up the space. */
    @Test
    void shouldWakeTheAgentOnceWhenSpaceGetsShort() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        final AtomicInteger wakeCount = countWakes();
        int key = 0;
        for (int wakes = 1; wakes <= 3; wakes++) {
            while (wakeCount.get() < wakes) {
                assertThat(fixture.agent.doWork()).isZero();
                assertThat(force(key++)).isTrue();
            }
            for (int i = 0; i < 10; i++) {
                assertThat(force(key++)).isTrue();
            }
            assertThat(wakeCount).hasValue(wakes);
            assertThat(fixture.agent.doWork()).isEqualTo(1);
        }
    }

    /** Space ahead is a wish: no reason to stop a store that can write. */
    @Test
    void shouldLeaveSpaceAheadOutWhereThereIsNoMemoryToWriteIt() {
        final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
        openUnattended(files);
        int key = 0;
        while (!fixture.writer.isSpaceShort()) {
            assertThat(force(key++)).isTrue();
        }
        final int[] refusedCount = new int[1];
        files.hook((operation, path) -> {
            if (operation == FileOperation.PREALLOCATE && refusedCount[0]++ == 0) {
                throw new OutOfMemoryError("Cannot reserve 65536 bytes of direct buffer memory");
            }
        });
        assertThat(fixture.agent.doWork()).isZero();
        assertThat(refusedCount[0]).isEqualTo(1);
        assertThat(fixture.failStop.isTripped()).isFalse();
        assertThat(fixture.writer.isSpaceShort()).as("is tried again").isFalse();
        while (force(key)) { // what was prepared before is still there
            key++;
        }
        refusedCount[0] = 0;
        fixture.force();
        assertThat(refusedCount[0])
                .as("first with more, then with what it needs")
                .isEqualTo(2);
        assertThat(fixture.agent.durablePosition()).isEqualTo(fixture.log.position());
        checkForced(key);
    }

    /** It would be written twice. */
    @Test
    void shouldWriteNoZerosAheadOfWhatIsMuch() throws IOException {
        openUnattended(LogSettings.defaults(Durability.GROUP));
        fixture.ring.close();
        ChangeRing.delete(fixture.ringPath);
        fixture.ringCapacity = 1 << 20;
        fixture.start();
        for (int i = 0; i < 20_000; i++) {
            fixture.log.putLong(1, i, i);
        }
        fixture.force();
        assertThat(fixture.agent.doWork()).isZero();
        final Path segment = fixture.segments().get(0);
        assertThat(Files.size(segment)).isBetween(640_000L, 641_000L);

        fixture.log.putLong(1, 1, 1);
        fixture.force();
        assertThat(Files.size(segment)).isGreaterThan(700_000);
    }

    @Test
    void shouldLeaveToTheAgentWhatNeedsSpaceOrIsMuch() {
        openUnattended(LogSettings.defaults(Durability.SYNC));
        int refusedCount = 0;
        for (int i = 0; i < 3_000; i++) {
            fixture.log.putLong(1, i, i);
            if (!fixture.agent.forceHere()) {
                fixture.force();
                refusedCount++;
            }
            assertThat(fixture.agent.durablePosition()).isEqualTo(32L * (i + 1));
        }
        assertThat(refusedCount).isBetween(1, 4);

        fixture.log.beginGroup();
        for (int i = 0; i < 9_000; i++) {
            fixture.log.putLong(1, i, i);
        }
        fixture.log.commitGroup();
        assertThat(fixture.agent.forceHere()).isFalse();
        fixture.force();
        assertThat(fixture.agent.durablePosition()).isEqualTo(fixture.log.position());
    }

    @Test
    void shouldForceHereWhatFitsOnceItIsCompressed() {
        openUnattended(LogSettings.defaults(Durability.SYNC).withCompressed(true));
        final byte[] dense = new byte[40_000]; // with one of them there is no space for either as it is
        new Random(1).nextBytes(dense);
        final byte[] sparse = new byte[40_000];
        fixture.put(0, dense);
        assertThat(fixture.agent.forceHere()).isTrue();
        fixture.put(1, sparse);
        assertThat(fixture.agent.forceHere()).isTrue();
        assertThat(fixture.agent.durablePosition()).isEqualTo(fixture.log.position());
        final long forced = fixture.log.position();

        fixture.put(2, dense);
        assertThat(fixture.agent.forceHere()).isFalse();
        assertThat(fixture.agent.writtenPosition()).isEqualTo(forced);
        fixture.force();
        assertThat(fixture.agent.durablePosition()).isEqualTo(fixture.log.position());
        checkForced(2);
        assertThat(fixture.replayed.stream().map(Change::value)).containsExactly(dense, sparse, dense);
    }

    @Test
    void shouldNotForceOnTheWritersThreadWhereNoSpaceIsPrepared() {
        openUnattended(LogSettings.defaults(Durability.PROCESS));
        fixture.log.putLong(1, 1, 1);
        assertThat(fixture.agent.forceHere()).isFalse();
        assertThat(fixture.agent.writtenPosition()).isZero();
    }

    /** A force of a block of its own says nothing about what was written before. */
    @Test
    void shouldNotTakeForForcedWhatTheAgentHasWrittenOnly() {
        openUnattended(LogSettings.defaults(Durability.PROCESS)
                .withPreallocationLength(1 << 16)
                .withBatch(0, 0));
        fixture.log.putLong(1, 1, 1);
        fixture.agent.doWork();
        assertThat(fixture.agent.writtenPosition()).isEqualTo(32);
        assertThat(fixture.agent.forceHere()).isFalse();
        fixture.log.putLong(1, 2, 2);
        assertThat(fixture.agent.forceHere()).isFalse();
        assertThat(fixture.agent.durablePosition()).isZero();
        fixture.force();
        fixture.log.putLong(1, 3, 3);
        assertThat(fixture.agent.forceHere()).isTrue();
        assertThat(fixture.agent.durablePosition()).isEqualTo(96);
    }

    /** Both at once, each as the lock lets it; nothing is lost, doubled or out of order. */
    @Test
    void shouldShareTheDutyWithTheAgentsThread() {
        open(LogSettings.defaults(Durability.SYNC).withSegmentLength(1 << 17));
        for (int i = 0; i < 3_000; i++) {
            fixture.log.putLong(1, i, i);
            if (i % 7 == 0) {
                fixture.agent.durableFuture(fixture.log.position());
            }
            fixture.agent.awaitForced(fixture.log.position());
            assertThat(fixture.agent.durablePosition()).isEqualTo(fixture.log.position());
        }
        stop();
        fixture.replay().close();
        assertThat(fixture.report.isSealed()).isTrue();
        assertThat(fixture.replayedLongs())
                .isEqualTo(LongStream.range(0, 3_000).boxed().toList());
    }

    /** Without a force of its own the waiter would wait for ever: nobody asks again for what is durable. */
    @Test
    void shouldServeWhoWaitsForWhatFullSegmentsHaveMadeDurable() {
        fixture = new LogFixture(root);
        fixture.settings = LogSettings.defaults(Durability.PROCESS)
                .withSegmentLength(1 << 16)
                .withBatch(32, 0);
        fixture.open();
        for (int i = 0; i < 16 * 3000; i++) {
            fixture.log.putLong(1, i, i);
            fixture.agent.doWork();
        }
        assertThat(fixture.writer.durablePosition()).isGreaterThan(32); // segments were forced to bound their number

        final CompletableFuture<Long> future = fixture.agent.durableFuture(32);
        fixture.agent.doWork();

        assertThat(future).isCompleted();
        assertThat(fixture.agent.durablePosition()).isGreaterThanOrEqualTo(32);
    }

    /** A checkpoint waits for a force of the rest only. */
    @Test
    void shouldForceMuchAlthoughNobodyWaits() {
        fixture = new LogFixture(root);
        fixture.settings =
                LogSettings.defaults(Durability.PROCESS).withBatch(0, 0).withForceLength(3200);
        fixture.open();
        for (int i = 1; i <= 350; i++) {
            fixture.log.putLong(1, i, i);
            fixture.agent.doWork();
            assertThat(fixture.agent.writtenPosition()).isEqualTo(32L * i);
            assertThat(fixture.agent.writtenPosition() - fixture.agent.durablePosition())
                    .isLessThanOrEqualTo(3200);
        }
        assertThat(fixture.agent.forceCount()).isEqualTo(3);
        assertThat(LogSettings.defaults(Durability.SYNC).forceLength()).isZero();
        assertThatThrownBy(() -> fixture.settings.withForceLength(-1)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldRestWhenSomebodyWaitsForWhatIsNotWritten() {
        fixture = new LogFixture(root).open();
        fixture.log.putLong(1, 1, 1);
        fixture.agent.durableFuture(1 << 20);
        assertThat(fixture.agent.doWork()).isEqualTo(1);
        assertThat(fixture.agent.durablePosition()).isEqualTo(32);
        assertThat(fixture.agent.doWork()).isZero();
        assertThat(fixture.agent.doWork()).isZero();
    }

    @Test
    void shouldRefuseARingOfAnotherLog() {
        fixture = new LogFixture(root);
        fixture.open();
        fixture.log.putLong(1, 1, 1);
        fixture.agent.doWork();
        try (LogRecovery recovery = fixture.replay();
                LogWriter writer = recovery.startWriting(9)) {
            assertThatThrownBy(() -> new LogAgent(
                            fixture.ring,
                            writer,
                            fixture.settings,
                            new FailStop(),
                            ConsumerSignal.NONE,
                            System::nanoTime))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        final LogSettings defaults = LogSettings.defaults(Durability.PROCESS);
        assertThatThrownBy(() -> defaults.withSegmentLength(1000)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> defaults.withPreallocationLength(-1)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> defaults.withBatch(-1, 0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> defaults.withBatch(0, -1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("lingerNs=-1");
    }

    /** Up to Java 19 a thread can be stopped between any two instructions. */
    @Test
    @Timeout(60)
    void shouldFailWhenAThreadDiesWithTheDuty() throws InterruptedException {
        for (final boolean isNoticedBefore : new boolean[] {false, true}) {
            openUnattended(LogSettings.defaults(Durability.SYNC));
            assertThat(force(1)).isTrue();
            final long durable = fixture.log.position();
            final Thread stopped = new Thread(fixture.agent.duty::lock);
            stopped.start();
            stopped.join();
            fixture.log.putLong(1, 2, 2);
            assertThat(fixture.agent.forceHere()).isFalse();
            if (isNoticedBefore) {
                assertThat(fixture.agent.doWork()).isZero();
                final long position = fixture.log.position();
                assertThatThrownBy(() -> fixture.agent.awaitForced(position)).isInstanceOf(StoreFailedException.class);
            }
            fixture.agent.onClose();
            assertThat(fixture.failStop.cause())
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("stopped");
            assertThat(fixture.agent.durablePosition()).isEqualTo(durable);
            fixture.ring.close();
            fixture.writer = null;
        }
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).containsExactly(1L, 2L, 1L, 2L); // the rest is in the ring
    }
}

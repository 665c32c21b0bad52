/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.log.LogHold;
import io.quire.store.Durability;
import io.quire.store.LongBytesState;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import io.quire.store.TimeToLive;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.LogTruncatedException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ChangeSubscriptionTest {
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final Logger LOG = Logger.getLogger("io.quire");

    @TempDir
    Path temp;

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .checkpointIntervalNs(0);
    }

    /** Writes down what it is told, one line each. */
    private static class Recorder implements ChangeListener {
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        volatile long groupEnd = -1;
        volatile boolean ended;
        volatile Throwable cause;

        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            lines.add(state.name() + " " + key.getLong(0, ByteOrder.LITTLE_ENDIAN)
                    + (value == null ? " removed" : "=" + value.getLong(0, ByteOrder.LITTLE_ENDIAN)) + " @" + position);
        }

        @Override
        public void onClear(final long position, final StateDescriptor state) {
            lines.add(state.name() + " cleared @" + position);
        }

        @Override
        public void onCreate(final long position, final StateDescriptor state) {
            lines.add(state.name() + " created @" + position);
        }

        @Override
        public void onAlter(final long position, final StateDescriptor state) {
            lines.add(state.name() + " altered to " + state.valueCodec().schema() + " @" + position);
        }

        @Override
        public void onDrop(final long position, final StateDescriptor state) {
            lines.add(state.name() + " dropped @" + position);
        }

        @Override
        public void onGroupEnd(final long position) {
            assertThat(position).isGreaterThan(groupEnd);
            groupEnd = position;
        }

        @Override
        public void onEnd(final Throwable reason) {
            cause = reason;
            ended = true;
        }
    }

    private static void await(final BooleanSupplier condition) {
        final long deadline = System.nanoTime() + TIMEOUT_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldHandOverTimestampsBehindValuesAndTheRemovalOfWhatHasExpired() {
        final AtomicLong clock = new AtomicLong(1_000);
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        final ChangeListener listener = (position, state, key, value) -> {
            final int end = value == null ? 0 : value.capacity() - Long.BYTES;
            lines.add(state.name() + " " + state.expiry().ttlMs() + " " + key.getLong(0, ByteOrder.LITTLE_ENDIAN)
                    + (value == null
                            ? " removed"
                            : " length=" + end + " @" + value.getLong(end, ByteOrder.LITTLE_ENDIAN)));
        };
        try (DurableStateStore store =
                        DurableStateStore.open(context().expiryClock(clock::get).expiryBudgetNs(0));
                ChangeSubscription subscription = store.subscribe(0, listener)) {
            final TimeToLive ttl = TimeToLive.ofMillis(10).updatedBy(TimeToLive.UpdateType.ON_READ_AND_WRITE);
            final LongLongState longs = store.longLongState("longs", ttl);
            final LongSetState set = store.longSetState("set", ttl);
            final LongBytesState bytes = store.longBytesState("bytes", ttl);
            longs.put(1, 10);
            set.add(2);
            bytes.put(3, new UnsafeBuffer(new byte[5]), 0, 5);
            clock.set(1_009);
            longs.get(1, -1);
            clock.set(1_010);
            assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(2);
            await(() -> subscription.position() == store.appliedPosition());
        }
        assertThat(lines)
                .containsExactly(
                        "longs 10 1 length=8 @1000",
                        "set 10 2 length=0 @1000",
                        "bytes 10 3 length=5 @1000",
                        "longs 10 1 length=8 @1009",
                        "set 10 2 removed",
                        "bytes 10 3 removed");
    }

    /** By live subscribers, by later ones, and from outside: nothing but the position tells values of bytes apart. */
    @Test
    void shouldTellValuesOfBytesWithATimestampFromThoseOfBefore() {
        final AtomicLong clock = new AtomicLong(1_000);
        final List<String> live = Collections.synchronizedList(new ArrayList<>());
        final List<String> later = Collections.synchronizedList(new ArrayList<>());
        final List<String> outside = new ArrayList<>();
        final UnsafeBuffer value = new UnsafeBuffer(new byte[20]);
        final DurableStoreContext context = context().expiryClock(clock::get).expiryBudgetNs(0);
        try (DurableStateStore store = DurableStateStore.open(context);
                ChangeSubscription subscription = store.subscribe(0, new Described(live))) {
            store.longBytesState("bytes").put(1, value, 0, 8);
            store.longBytesState("bytes").put(2, value, 0, 20);
            final LongBytesState bytes = store.longBytesState("bytes", TimeToLive.ofMillis(10));
            bytes.put(3, value, 0, 8);
            await(() -> subscription.position() == store.appliedPosition());
            store.checkpoint().join();
            final long end = store.appliedPosition();
            try (ChangeSubscription again = store.subscribe(0, new Described(later))) {
                await(() -> again.position() == end);
            }
        }
        try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, Path.of("/dev/shm"), new Described(outside))) {
            while (log.poll()) {
                // until there is nothing more
            }
        }
        assertThat(live)
                .containsExactly(
                        "created -", "put - length=8", "put - length=20", "altered 1000", "put 1000 length=16");
        assertThat(later).isEqualTo(live);
        assertThat(outside).isEqualTo(live);
    }

    /** The states as they are handed over: since when they have timestamps. */
    private record Described(List<String> lines) implements ChangeListener {
        private static String since(final StateDescriptor state) {
            return state.expiry().isNone() ? "-" : Long.toString(state.expiry().sinceMs());
        }

        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            lines.add("put " + since(state) + " length=" + value.capacity());
        }

        @Override
        public void onCreate(final long position, final StateDescriptor state) {
            lines.add("created " + since(state));
        }

        @Override
        public void onAlter(final long position, final StateDescriptor state) {
            lines.add("altered " + since(state));
        }
    }

    @Test
    void shouldHandOverEveryKindOfChangeInOrderAndBatchesWhole() {
        final Recorder recorder = new Recorder();
        final List<Long> positions = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(context());
                ChangeSubscription subscription = store.subscribe(0, recorder)) {
            final LongLongState state = store.longLongState("s");
            positions.add(store.appliedPosition());
            state.put(1, 10);
            positions.add(store.appliedPosition());
            store.beginBatch();
            state.put(2, 20);
            state.remove(1);
            store.commitBatch();
            positions.add(store.appliedPosition());
            store.beginBatch();
            state.put(3, 30);
            store.rollbackBatch();
            state.clear();
            positions.add(store.appliedPosition());
            await(() -> subscription.position() == store.appliedPosition());
            assertThat(subscription.changeCount()).isEqualTo(5);
            assertThat(subscription.isRunning()).isTrue();
            assertThat(store.status().log().subscriptionCount()).isEqualTo(1);
        }
        assertThat(recorder.lines)
                .containsExactly(
                        "s created @" + positions.get(0),
                        "s 1=10 @" + positions.get(1),
                        "s 2=20 @" + positions.get(2),
                        "s 1 removed @" + positions.get(2),
                        "s cleared @" + positions.get(3));
        assertThat(recorder.groupEnd).isEqualTo(positions.get(3));
        assertThat(recorder.ended).isTrue();
        assertThat(recorder.cause).isNull();
    }

    record Visits(int count) {}

    record LongVisits(long count) {}

    /** Live and read again later, when only the log knows what the states have been meanwhile. */
    @Test
    void shouldTellWhatBecomesOfStates() {
        final Recorder live = new Recorder();
        final Recorder later = new Recorder();
        final List<Long> positions = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(context());
                ChangeSubscription subscription = store.subscribe(0, live)) {
            store.valueState("v", Codecs.LONG, Codecs.record(Visits.class));
            positions.add(store.appliedPosition());
            store.valueState("v", Codecs.LONG, Codecs.record(LongVisits.class));
            positions.add(store.appliedPosition());
            assertThat(store.dropState("v")).isTrue();
            positions.add(store.appliedPosition());
            store.longLongState("v").put(1, 10);
            positions.add(store.appliedPosition());
            await(() -> subscription.position() == store.appliedPosition());
            try (ChangeSubscription again = store.subscribe(0, later)) {
                await(() -> again.position() == store.appliedPosition());
            }
            // From where the log does not say any more what the state is that is dropped later.
            final Recorder from = new Recorder();
            try (ChangeSubscription again = store.subscribe(positions.get(0), from)) {
                await(() -> again.position() == store.appliedPosition());
            }
            assertThat(from.lines).isEqualTo(live.lines.subList(1, 5));
        }
        assertThat(live.lines)
                .startsWith(
                        "v created @" + positions.get(0),
                        "v altered to " + Codecs.record(LongVisits.class).schema() + " @" + positions.get(1),
                        "v dropped @" + positions.get(2))
                .endsWith("v 1=10 @" + positions.get(3))
                .hasSize(5);
        assertThat(later.lines).isEqualTo(live.lines);
        assertThat(live.cause).isNull();
    }

    /** No catalog knows the states any more: not the store's, and none of a checkpoint that is kept. */
    @Test
    void shouldBeginBehindTheCreationOfStatesThatWereDroppedBeforeTheStoreWasOpened() {
        final Recorder all = new Recorder();
        final List<Long> positions = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(context().retainedLogLength(1L << 40));
                ChangeSubscription subscription = store.subscribe(0, all)) {
            final LongLongState first = store.longLongState("first");
            final LongLongState second = store.longLongState("second");
            store.valueState("third", Codecs.LONG, Codecs.record(Visits.class));
            positions.add(store.appliedPosition());
            for (long i = 0; i < 5_000; i++) { // several segments
                first.put(i, i);
                second.put(i, -i);
            }
            positions.add(store.appliedPosition());
            store.valueState("third", Codecs.LONG, Codecs.record(LongVisits.class));
            assertThat(store.dropState("first")).isTrue();
            positions.add(store.appliedPosition());
            second.put(0, 0);
            store.longLongState("first").put(1, 1);
            assertThat(store.dropState("first")).isTrue();
            for (long i = 1; i < 5_000; i++) { // what dropped one is found far from what dropped the other
                second.put(i, i);
            }
            assertThat(store.dropState("third")).isTrue();
            assertThat(store.dropState("second")).isTrue();
            await(() -> subscription.position() == store.appliedPosition());
            positions.add(store.appliedPosition());
        }
        try (DurableStateStore store = DurableStateStore.open(context().retainedLogLength(1L << 40))) {
            for (int i = 0; i < 3; i++) { // whatever a checkpoint that is kept could have known is gone
                store.longLongState("fourth").put(i, i);
                store.checkpoint().join();
            }
            assertThat(store.retainedPosition()).isGreaterThan(positions.get(3));
            for (final long position : positions) {
                final List<String> expected = all.lines.stream()
                        .filter(line -> Long.parseLong(line.substring(line.indexOf('@') + 1)) > position)
                        .toList();
                final Recorder logged = new Recorder() {
                    @Override
                    public void onChange(
                            final long at,
                            final StateDescriptor state,
                            final DirectBuffer key,
                            final DirectBuffer value) {
                        super.onChange(at, state, key, value);
                        Thread.currentThread().interrupt(); // as one does who has caught an InterruptedException
                    }
                };
                final Recorder durable = new Recorder();
                final Recorder outside = new Recorder();
                try (ChangeSubscription one = store.subscribe(position, logged);
                        ChangeSubscription other = store.subscribeDurable(position, durable);
                        StoreLog log = StoreLog.open(store.directory(), position, temp, outside)) {
                    await(() -> logged.ended || one.position() == store.appliedPosition());
                    await(() -> durable.ended || other.position() == store.durablePosition());
                    while (log.poll()) {
                        assertThat(log.position()).isGreaterThanOrEqualTo(position);
                    }
                }
                assertThat(logged.cause).isNull();
                assertThat(durable.cause).isNull();
                for (final Recorder recorder : List.of(logged, durable, outside)) {
                    assertThat(recorder.lines.subList(0, expected.size())).isEqualTo(expected);
                    assertThat(recorder.lines.get(expected.size())).startsWith("fourth created @");
                }
            }
        }
        assertThat(all.lines).hasSize(3 + 10_000 + 2 + 3 + 4_999 + 3);
    }

    @Test
    void shouldLoseAndRepeatNothingWhenResumedAfterEveryEnd() {
        final List<Long> seen = new ArrayList<>();
        long position = 0;
        long next = 0;
        final LongLongStateKeys keys = new LongLongStateKeys(seen);
        for (int round = 0; round < 4; round++) {
            try (DurableStateStore store = DurableStateStore.open(context().retainedLogLength(1L << 40))) {
                final LongLongState state = store.longLongState("s");
                final long end = next + 5_000;
                try (ChangeSubscription subscription = store.subscribe(position, keys)) {
                    while (next < end) {
                        state.put(next++, 0);
                    }
                    if (round % 2 == 0) {
                        await(() -> subscription.position() == store.appliedPosition());
                    }
                    subscription.close(); // in the other rounds wherever it is
                    position = subscription.position();
                }
                store.checkpoint().join();
            }
        }
        try (DurableStateStore store = DurableStateStore.open(context());
                ChangeSubscription subscription = store.subscribe(position, keys)) {
            await(() -> subscription.position() == store.appliedPosition());
        }
        assertThat(seen).hasSize((int) next);
        for (int i = 0; i < next; i++) {
            assertThat(seen.get(i)).isEqualTo(i);
        }
    }

    /** Keys of groups that were completed: what a consumer has that keeps position and result together. */
    private record LongLongStateKeys(List<Long> seen) implements ChangeListener {
        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            seen.add(key.getLong(0, ByteOrder.LITTLE_ENDIAN));
        }
    }

    @Test
    void shouldNeverMakeTheWriterWaitForAListenerThatDoesNotReturn() throws InterruptedException {
        final CountDownLatch blocked = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final List<Long> seen = new ArrayList<>();
        final ChangeListener slow = (position, state, key, value) -> {
            blocked.countDown();
            awaitUninterruptibly(release);
            seen.add(key.getLong(0, ByteOrder.LITTLE_ENDIAN));
        };
        try (DurableStateStore store = DurableStateStore.open(context());
                LogHold hold = store.holdLog(0)) {
            final LongLongState state = store.longLongState("s");
            final ChangeSubscription subscription = store.subscribe(0, slow);
            state.put(0, 0);
            assertThat(blocked.await(60, TimeUnit.SECONDS)).isTrue();
            for (long i = 1; i < 20_000; i++) { // ten times the ring, several segments
                state.put(i, i);
            }
            store.checkpoint().join(); // retention passes by what is held
            assertThat(seen).isEmpty();
            assertThat(store.status().log().subscribedPosition()).isLessThan(store.appliedPosition() - 600_000);
            release.countDown();
            await(() -> subscription.position() == store.appliedPosition());
            subscription.close();
            assertThat(hold.position()).isZero();
        }
        assertThat(seen).hasSize(20_000);
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i)).isEqualTo(i);
        }
    }

    private static void awaitUninterruptibly(final CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldSayThatWhatItNeedsWasDeleted() throws InterruptedException {
        final CountDownLatch blocked = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final Recorder slow = new Recorder() {
            @Override
            public void onChange(
                    final long position,
                    final StateDescriptor state,
                    final DirectBuffer key,
                    final DirectBuffer value) {
                blocked.countDown();
                awaitUninterruptibly(release);
            }
        };
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState state = store.longLongState("s");
            final ChangeSubscription subscription = store.subscribe(0, slow);
            state.put(0, 0);
            assertThat(blocked.await(60, TimeUnit.SECONDS)).isTrue();
            for (long i = 1; i < 20_000; i++) {
                state.put(i, i);
            }
            store.checkpoint().join();
            state.put(-1, -1);
            store.checkpoint().join();
            await(() -> oldestSegment(store) > 0);
            release.countDown();
            await(() -> slow.ended);
            assertThat(slow.cause)
                    .isInstanceOf(LogTruncatedException.class)
                    .hasMessageContaining("position=")
                    .hasMessageContaining("oldest=");
            assertThat(subscription.failure()).isSameAs(slow.cause);
            assertThat(subscription.isRunning()).isFalse();
            assertThatThrownBy(() -> store.subscribe(32, slow)).isInstanceOf(LogTruncatedException.class);
            state.put(1, 1); // the store is as it was
            store.subscribe(store.retainedPosition(), new Recorder()).close();
        }
    }

    private static long oldestSegment(final DurableStateStore store) {
        return StoreInspection.of(store.directory()).logSegments().stream()
                .mapToLong(StoreInspection.LogSegmentFile::startPosition)
                .min()
                .orElse(0);
    }

    @Test
    void shouldRefusePositionsThatAreNone() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState state = store.longLongState("s");
            state.put(1, 1);
            assertThatThrownBy(() -> store.subscribe(-1, new Recorder())).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> store.subscribe(store.appliedPosition() + 8, new Recorder()))
                    .isInstanceOf(ConfigurationException.class);
            final Recorder lost = new Recorder();
            final ChangeSubscription subscription = store.subscribe(store.appliedPosition() - 16, lost);
            await(() -> lost.ended);
            assertThat(lost.cause).isInstanceOf(ConfigurationException.class);
            assertThat(lost.lines).isEmpty();
            subscription.close();
        }
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            assertThatThrownBy(() -> store.subscribe(0, new Recorder())).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> store.holdLog(0)).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> store.durableFuture(0)).isInstanceOf(ConfigurationException.class);
        }
    }

    @Test
    void shouldEndAloneWhenItsListenerFails() {
        final Recorder failing = new Recorder() {
            @Override
            public void onChange(
                    final long position,
                    final StateDescriptor state,
                    final DirectBuffer key,
                    final DirectBuffer value) {
                if (key.getLong(0, ByteOrder.LITTLE_ENDIAN) == 3) {
                    throw new IllegalArgumentException("planted");
                }
                super.onChange(position, state, key, value);
            }
        };
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState state = store.longLongState("s");
            final long start = store.appliedPosition();
            final ChangeSubscription subscription = store.subscribe(start, failing);
            final Recorder healthy = new Recorder();
            final ChangeSubscription other = store.subscribe(start, healthy);
            for (long i = 0; i < 10; i++) {
                state.put(i, i);
            }
            await(() -> failing.ended && other.position() == store.appliedPosition());
            assertThat(failing.cause).hasMessage("planted");
            assertThat(failing.lines).hasSize(3);
            assertThat(subscription.position()).isEqualTo(start + 3 * 32);
            assertThat(healthy.lines).hasSize(10);
        }
    }

    @Test
    void shouldHandOverWhatSurvivesPowerLossOnly() {
        final Recorder logged = new Recorder();
        final Recorder durable = new Recorder();
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final LongLongState state = store.longLongState("s");
            store.sync();
            final long start = store.appliedPosition();
            final ChangeSubscription loggedSubscription = store.subscribe(start, logged);
            final ChangeSubscription durableSubscription = store.subscribeDurable(start, durable);
            state.put(1, 1);
            await(() -> loggedSubscription.position() == store.appliedPosition());
            assertThat(durable.lines).isEmpty();
            assertThat(store.durablePosition()).isEqualTo(start);
            state.put(2, 2);
            store.sync();
            assertThat(store.durablePosition()).isEqualTo(store.appliedPosition());
            await(() -> durableSubscription.position() == store.appliedPosition());
            assertThat(durable.lines).hasSize(2);
        }
        assertThat(durable.ended && durable.cause == null).isTrue();
    }

    @Test
    void shouldReportAReadThatFailsAndLeaveTheStoreAlone() throws java.io.IOException {
        final FaultStoreFiles files = new FaultStoreFiles();
        files.createDirectories(temp.resolve("store"));
        Files.createDirectories(temp.resolve("store"));
        try (DurableStateStore store = DurableStateStore.open(context().storeFiles(files))) {
            final LongLongState state = store.longLongState("s");
            for (long i = 0; i < 10_000; i++) {
                state.put(i, i);
            }
            store.sync();
            int failed = 0;
            boolean reached = true;
            for (int call = 0; reached; call++) {
                files.failAt(call, FileFault.IO_ERROR);
                final Recorder recorder = new Recorder();
                try (ChangeSubscription subscription = store.subscribe(0, recorder)) {
                    await(() -> recorder.ended || subscription.position() == store.appliedPosition());
                    reached = recorder.ended;
                    if (reached) {
                        assertThat(recorder.cause).isInstanceOf(StoreIoException.class);
                        failed++;
                    } else {
                        assertThat(recorder.lines).hasSize(10_001);
                    }
                } catch (final StoreIoException e) {
                    assertThat(e.getMessage()).isNotBlank(); // while it was opened
                    failed++;
                }
                files.heal();
                assertThat(store.stateStore().failure()).isNull();
            }
            assertThat(failed).isGreaterThan(10);
            state.put(1, 1);
            store.sync();
        }
    }

    @Test
    void shouldRefuseSubscriptionsOnceClosed() {
        final DurableStateStore store = DurableStateStore.open(context());
        store.longLongState("s").put(1, 1);
        final Recorder recorder = new Recorder();
        store.subscribe(0, recorder);
        store.close();
        assertThat(recorder.ended).isTrue();
        assertThatThrownBy(() -> store.subscribe(0, new Recorder())).isInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldNotCountASubscriptionThatGotNoThread() {
        final DurableStoreContext starved = context().threadStarter(thread -> {
            if (thread.getName().equals("quire-subscriber")) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            thread.start();
        });
        try (DurableStateStore store = DurableStateStore.open(starved)) {
            store.longLongState("s").put(1, 1);
            assertThatThrownBy(() -> store.subscribe(0, new Recorder())).isInstanceOf(OutOfMemoryError.class);
            assertThat(store.status().log().subscriptionCount()).isZero();
            assertThat(store.status().log().subscribedPosition()).isEqualTo(store.appliedPosition());
        }
    }

    /** Opens the store as it says, puts a key, and takes a checkpoint; returns where the log is then. */
    private long putWith(final Durability durability, final long key) {
        try (DurableStateStore store =
                DurableStateStore.open(context().retainedCheckpoints(9).durability(durability))) {
            store.longLongState("s").put(key, key);
            store.checkpoint().join();
            return store.appliedPosition();
        }
    }

    private static Recorder awaitEnd(final DurableStateStore store, final long from) {
        final Recorder recorder = new Recorder();
        try (ChangeSubscription subscription = store.subscribe(from, recorder)) {
            await(() -> recorder.ended);
            assertThat(subscription.position()).isLessThan(store.appliedPosition());
        }
        return recorder;
    }

    @Test
    void shouldSayThatChangesWereNotLogged() {
        final long before = putWith(Durability.PROCESS, 1);
        assertThat(putWith(Durability.NONE, 2)).isEqualTo(before);
        for (int opening = 0; opening < 2; opening++) { // it is missing for ever
            try (DurableStateStore store =
                    DurableStateStore.open(context().retainedCheckpoints(9).durability(Durability.GROUP))) {
                final long behind = store.appliedPosition();
                assertThat(behind).isGreaterThan(before);
                store.longLongState("s").put(3, opening);
                for (final long from : new long[] {0, before}) {
                    final Recorder told = awaitEnd(store, from);
                    assertThat(told.lines).hasSize(from == 0 ? 2 : 0);
                    assertThat(told.cause)
                            .isInstanceOf(LogTruncatedException.class)
                            .hasMessageContaining("NONE");
                }
                assertThat(store.longLongState("s").get(2, -1)).isEqualTo(2);
                final Recorder later = new Recorder();
                try (ChangeSubscription subscription = store.subscribe(behind, later)) {
                    await(() -> subscription.position() == store.appliedPosition());
                }
                assertThat(later.lines).hasSize(1);
                assertThat(later.cause).isNull();
            }
        }
    }

    @Test
    void shouldGoOnBehindChangesThatWereNotLoggedWhenItsListenerDoes() {
        putWith(Durability.NONE, 1); // from the very beginning
        final Recorder recorder = new Recorder() {
            @Override
            public void onUnlogged(final long position) {
                lines.add("unlogged before " + position);
            }
        };
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final long behind = store.appliedPosition();
            store.longLongState("s").put(2, 20);
            try (ChangeSubscription subscription = store.subscribe(0, recorder)) {
                await(() -> subscription.position() == store.appliedPosition());
            }
            assertThat(recorder.lines)
                    .containsExactly("unlogged before " + behind, "s 2=20 @" + store.appliedPosition());
        }
    }

    /** What it has changed went with it. */
    @Test
    void shouldMissNothingOfAnOwnerWithoutALogThatTookNoCheckpoint() {
        for (long key = 1; key < 4; key++) {
            try (DurableStateStore store =
                    DurableStateStore.open(context().durability(Durability.NONE).checkpointOnClose(false))) {
                store.longLongState("s").put(100, 100);
            }
            putWith(Durability.PROCESS, key);
            DurableStateStore.open(context().durability(Durability.NONE)).close(); // has nothing to save
        }
        final Recorder recorder = new Recorder();
        try (DurableStateStore store = DurableStateStore.open(context())) {
            try (ChangeSubscription subscription = store.subscribe(0, recorder)) {
                await(() -> recorder.ended || subscription.position() == store.appliedPosition());
            }
            assertThat(store.longLongState("s").containsKey(100)).isFalse();
        }
        assertThat(recorder.cause).isNull();
        assertThat(recorder.lines).hasSize(4);
    }

    /** A process that dies while it creates a store may leave a checkpoint that says nothing about a log. */
    @Test
    void shouldMissNothingWhereTheCreationOfAStoreWasBroken() throws IOException {
        int brokenCount = 0;
        boolean broken = true;
        for (int call = 0; broken; call++) {
            final FaultStoreFiles files = new FaultStoreFiles();
            final Path directory =
                    Files.createDirectory(temp.resolve("broken" + call)).toRealPath();
            files.createDirectories(directory);
            final DurableStoreContext context = context().directory(directory).storeFiles(files);
            files.failAt(call, FileFault.IO_ERROR);
            try {
                DurableStateStore.open(context).close();
                broken = false;
            } catch (final RuntimeException e) {
                brokenCount++;
            }
            files.heal();
            final Recorder recorder = new Recorder();
            try (DurableStateStore store = DurableStateStore.open(context)) {
                store.longLongState("s").put(1, 1);
                try (ChangeSubscription subscription = store.subscribe(0, recorder)) {
                    await(() -> recorder.ended || subscription.position() == store.appliedPosition());
                }
            }
            assertThat(recorder.cause).isNull();
            assertThat(recorder.lines).hasSize(2);
        }
        assertThat(brokenCount).isGreaterThan(10);
    }

    /** What a state was before it had a time to live is made once, not for each change. */
    @Test
    void shouldDescribeAStateByTheSameObjectForAllOfItsChanges() {
        final List<StateDescriptor> states = Collections.synchronizedList(new ArrayList<>());
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.longLongState("s").put(1, 1);
            final long from = store.appliedPosition();
            for (long key = 0; key < 10; key++) {
                store.longLongState("s").put(key, key);
            }
            final LongLongState timed = store.longLongState("s", TimeToLive.ofMillis(1_000_000));
            timed.put(1, 1);
            final ChangeListener listener = (position, state, key, value) -> states.add(state);
            try (ChangeSubscription subscription = store.subscribe(from, listener)) {
                await(() -> subscription.position() == store.appliedPosition());
            }
        }
        assertThat(states).hasSize(11);
        assertThat(states.subList(0, 10)).allSatisfy(state -> assertThat(state).isSameAs(states.get(0)));
        assertThat(states.get(0).expiry().isNone()).isTrue();
        assertThat(states.get(10).expiry().isNone()).isFalse();
    }
}

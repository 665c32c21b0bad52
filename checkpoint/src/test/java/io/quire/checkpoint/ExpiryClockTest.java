/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.ExpiryClock;
import io.quire.store.LongLongState;
import io.quire.store.StoreReader;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StoreClosedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What has expired stays so when the clock goes back while the store is closed, and there is a way out of a jump. */
class ExpiryClockTest {
    private static final long START_MS = 1_000_000;
    private static final long TTL_MS = 10_000;

    @TempDir
    Path temp;

    private final AtomicLong clock = new AtomicLong(START_MS);
    private Durability durability = Durability.PROCESS;
    private boolean checkpointOnClose = true;
    private boolean expiring = true;

    private DurableStateStore open() {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .windowShift(20)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(checkpointOnClose)
                .durability(durability)
                .expiryBudgetNs(0) // nothing is removed, so all of it could come back
                .expiryClock(clock::get));
    }

    private ValueState<Long, Long> values(final DurableStateStore store) {
        final TimeToLive timeToLive = expiring ? TimeToLive.ofMillis(TTL_MS) : TimeToLive.OFF;
        return store.state(
                TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG).withTimeToLive(timeToLive));
    }

    private static LongLongState longs(final DurableStateStore store) {
        return store.longLongState("longs", TimeToLive.ofMillis(TTL_MS));
    }

    @ParameterizedTest
    @CsvSource({
        "PROCESS, true, true",
        "PROCESS, true, false",
        "PROCESS, false, true",
        "PROCESS, false, false",
        "SYNC, false, false",
        "NONE, true, true",
        "NONE, true, false"
    })
    void shouldNotReturnWhatHasExpiredWhenTheClockGoesBackWhileTheStoreIsClosed(
            final Durability level, final boolean checkpointed, final boolean looked) {
        durability = level;
        checkpointOnClose = checkpointed;
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
            longs(store).put(1, 1);
            clock.addAndGet(TTL_MS);
            if (looked) {
                assertThat(values(store).get(1L)).isNull();
            }
        }
        for (int opening = 0; opening < 3; opening++) {
            clock.set(START_MS + opening);
            try (DurableStateStore store = open()) {
                assertThat(store.expiryClock().lagMs()).isEqualTo(TTL_MS - opening);
                assertThat(values(store).get(1L)).isNull();
                assertThat(longs(store).get(1, -1)).isEqualTo(-1);
                try (StoreReader reader = store.reader()) {
                    assertThat(reader.longLongState("longs").get(1, -1)).isEqualTo(-1);
                }
                assertThat(longs(store).size()).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldRecordWhatReadersWereToldWithEachCheckpoint() throws InterruptedException {
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
        }
        final DurableStateStore store = open();
        values(store).get(1L);
        clock.addAndGet(TTL_MS);
        try (StoreReader reader = store.reader()) {
            assertThat(reader.valueState("values", Codecs.LONG, Codecs.LONG).get(1L))
                    .isNull();
        }
        assertThat(store.checkpoint().join().bytesWritten()).isPositive();
        assertThat(store.checkpoint().join().bytesWritten()).isZero(); // nobody was told anything since
        final Thread other = new Thread(store::close); // which is not the writer, and records nothing
        other.start();
        other.join();
        clock.set(START_MS);
        try (DurableStateStore again = open()) {
            assertThat(values(again).get(1L)).isNull();
            assertThat(values(again).size()).isEqualTo(1);
        }
    }

    @Test
    void shouldRecordOnceASecondOfWritesAndWhenPolled() throws InterruptedException {
        checkpointOnClose = false;
        final long[] recordedAt = new long[6];
        for (int run = 0; run < recordedAt.length; run++) {
            final long startMs = START_MS + run * 100_000L;
            clock.set(startMs);
            final DurableStateStore store = open();
            final ValueState<Long, Long> values = values(store);
            values.put(1L, 1L); // recorded
            clock.addAndGet(999);
            values.put(2L, 1L); // not yet
            if (run == 1) {
                clock.addAndGet(1);
                values.put(3L, 1L);
            } else if (run == 2) {
                clock.addAndGet(5);
                store.poll();
            } else if (run == 3) {
                clock.addAndGet(7);
                store.cleanExpired(1_000);
            } else if (run == 4) {
                store.beginBatch();
                clock.addAndGet(9);
                values.put(3L, 1L);
                store.commitBatch();
                clock.addAndGet(9);
                values.get(1L);
            } else if (run == 5) {
                clock.addAndGet(11);
                values.get(1L); // reads alone record nothing
            }
            final Thread other = new Thread(store::close); // as when it is killed: nothing is recorded
            other.start();
            other.join();
            clock.set(startMs - 10_000);
            final DurableStateStore again = open();
            recordedAt[run] = again.expiryClock().nowMs() - startMs;
            again.close();
        }
        assertThat(recordedAt).containsExactly(0, 1_000, 1_004, 1_006, 1_008, 0);
    }

    @Test
    void shouldStandStillAfterAJumpAheadUntilTheClockIsBelievedAgain() {
        checkpointOnClose = false;
        final long farMs = START_MS + 1_000_000_000_000L;
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
            clock.set(farMs);
            assertThat(values(store).get(1L)).isNull();
            values(store).put(2L, 2L);
            clock.set(START_MS + 1);
            assertThat(store.expiryClock().lagMs()).isEqualTo(farMs - START_MS - 1);
            assertThat(values(store).get(1L)).isNull();
        }
        try (LoggedWarnings warnings = new LoggedWarnings(StoreOpening.class);
                DurableStateStore store = open()) {
            assertThat(warnings.lines()).singleElement().asString().contains("expiryClock().reset()", "999999999999");
            final ValueState<Long, Long> values = values(store);
            assertThat(values.get(1L)).isNull();
            values.put(3L, 3L);
            clock.set(START_MS + TTL_MS - 1);
            assertThat(values.get(3L)).isEqualTo(3L);
            store.beginBatch();
            assertThatThrownBy(() -> store.expiryClock().reset()).isInstanceOf(ConfigurationException.class);
            store.rollbackBatch();

            store.expiryClock().reset();
            assertThat(store.expiryClock().lagMs()).isZero();
            assertThat(values.get(1L)).isEqualTo(1L); // it has a millisecond to live
            values.put(2L, 2L);
            clock.incrementAndGet();
            assertThat(values.get(1L)).isNull();
        }
        try (LoggedWarnings warnings = new LoggedWarnings(StoreOpening.class);
                DurableStateStore store = open()) {
            assertThat(warnings.lines()).isEmpty();
            assertThat(store.expiryClock().lagMs()).isZero();
            clock.set(START_MS + 2 * TTL_MS - 1); // the second was written again, the third lives for very long
            assertThat(values(store).get(2L)).isNull();
            assertThat(values(store).get(3L)).isEqualTo(3L);
            assertThat(store.cleanExpired(Long.MAX_VALUE)).isEqualTo(2);
        }
    }

    @Test
    void shouldRemoveAgainWhenTheClockIsBelievedAgain() {
        try (DurableStateStore store = open()) {
            store.stateStore().expiryBudgetNs(1_000_000_000);
            values(store).put(1L, 1L);
            clock.addAndGet(1_000_000_000_000L);
            store.poll(); // the next pass is due long after
            clock.set(START_MS);
            store.expiryClock().reset();
            values(store).put(2L, 2L);
            clock.addAndGet(TTL_MS);
            store.poll();
            assertThat(values(store).size()).isZero();
        }
    }

    @Test
    void shouldRemoveNothingUnaskedWhileTheClockIsBehindWhatMayHaveBeenAJump() {
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
        }
        clock.addAndGet(1_000_000_000_000L);
        open().close(); // records that time, and nobody has noticed
        clock.set(START_MS + 1);
        try (DurableStateStore store = open()) {
            store.awaitHydrated(); // before that nothing is removed anyway
            store.stateStore().expiryBudgetNs(1_000_000_000);
            final ValueState<Long, Long> values = values(store);
            for (long i = 0; i < 1_000; i++) {
                values.put(10 + i, i);
                store.poll();
            }
            assertThat(values.get(1L)).isNull();
            store.expiryClock().reset();
            assertThat(values.get(1L)).isEqualTo(1L);
            clock.addAndGet(TTL_MS);
            store.poll();
            assertThat(values.size()).as("removed again").isEqualTo(1_000);
        }
    }

    @Test
    void shouldRecordForTheWriterAloneOutsideOfBatchesWhileTheStoreIsOpen() throws InterruptedException {
        final DurableStateStore store = open();
        values(store).put(1L, 1L);
        final ExpiryClock expiryClock = store.expiryClock();
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread other = new Thread(() -> {
            try {
                clock.addAndGet(1);
                expiryClock.record(true, true);
            } catch (final RuntimeException e) {
                thrown.set(e);
            }
        });
        other.start();
        other.join();
        assertThat(thrown.get()).isInstanceOf(NotWriterException.class);
        store.beginBatch();
        assertThatThrownBy(() -> expiryClock.record(true, true)).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        store.close();
        clock.addAndGet(1);
        assertThatThrownBy(() -> expiryClock.record(true, true)).isInstanceOf(StoreClosedException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MIN_VALUE + 1, -TTL_MS, -1, 0, 1, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void shouldKeepTheTimeOfAnyClock(final long timeMs) {
        clock.set(timeMs);
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
            assertThat(values(store).get(1L)).isEqualTo(1L);
            store.poll();
            longs(store).put(1, 1);
        }
        final List<Long> told = new ArrayList<>();
        for (final long backMs : new long[] {timeMs, Long.MIN_VALUE, Math.min(timeMs, 0)}) {
            clock.set(backMs);
            try (DurableStateStore store = open()) {
                told.add(store.expiryClock().nowMs());
                assertThat(store.expiryClock().lagMs()).isNotNegative();
                assertThat(values(store).get(1L)).isEqualTo(1L);
                assertThat(longs(store).get(1, -1)).isEqualTo(1);
            }
        }
        assertThat(told).containsOnly(timeMs);
        clock.set(Long.MIN_VALUE);
        try (DurableStateStore store = open()) {
            store.expiryClock().reset();
            assertThat(store.expiryClock().nowMs()).isEqualTo(Long.MIN_VALUE);
        }
        try (DurableStateStore store = open()) {
            assertThat(store.expiryClock().nowMs()).isEqualTo(Long.MIN_VALUE);
        }
    }

    @Test
    void shouldRecordNothingWhereNothingExpires() {
        expiring = false;
        try (DurableStateStore store = open()) {
            values(store).put(1L, 1L);
        }
        final long checkpointId;
        try (DurableStateStore store = open()) {
            checkpointId = store.recoveryReport().checkpointId();
            clock.addAndGet(TTL_MS);
            values(store).get(1L);
            store.poll();
        }
        clock.set(START_MS);
        try (DurableStateStore store = open()) {
            assertThat(store.recoveryReport().checkpointId()).isEqualTo(checkpointId);
            assertThat(store.expiryClock().nowMs()).isEqualTo(START_MS);
        }
    }
}

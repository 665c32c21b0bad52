/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.changelog.FailStop;
import io.quire.store.memory.PagedMemory;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The time by which entries expire, recorded where the log has no room. */
class ExpiryTimeRecordTest {
    private static final int RECORD_LENGTH_MAX = 64;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_000);
    private final PagedMemory memory = PagedMemory.anonymous(7);

    private ChangeRing ring(final long startPosition) {
        return ChangeRing.create(
                directory.resolve("ring"), new UUID(1, 2), 3, 1L << 32, ChangeRing.MIN_CAPACITY, startPosition);
    }

    /** Nobody consumes, so who waits would do so for ever. */
    private static ChangeLog log(final ChangeRing ring) {
        return new ChangeLog(ring, new FailStop(), WhoWaits.INSTANCE, ConsumerSignal.NONE, SystemNanoClock.INSTANCE);
    }

    @Test
    void shouldKeepTheTimeInMemoryAloneRatherThanWaitForRoomInTheLog() {
        try (ChangeRing ring = ring(0);
                StateStore store = new StateStore(memory, clock::get, SystemNanoClock.INSTANCE)) {
            final ChangeLog log = log(ring);
            store.attach(log, position -> {}, false, 0, null);
            final LongLongState longs = store.longLongState("longs", TimeToLive.ofMillis(10));
            longs.put(1, 1);
            while (log.hasRoomForExpiryTime()) {
                log.expiryTime(clock.get());
            }
            final long full = log.position();
            clock.set(5_000);
            store.expiryClock().record(true, false);
            assertThat(log.position()).isEqualTo(full);
            assertThat(new ExpiryClock(store, clock::get).lagMs()).isZero();
            clock.set(4_000);
            assertThat(new ExpiryClock(store, clock::get).nowMs()).as("kept").isEqualTo(5_000);
            assertThatThrownBy(() -> store.expiryClock().record(true, true)).hasRootCauseMessage("waits");
        }
    }

    @Test
    void shouldRecordWhatWasKeptInMemoryAloneOnceThereIsRoomAndWhenTheClockIsBelievedAgain() {
        try (ChangeRing ring = ring(0);
                StateStore store = new StateStore(memory, clock::get, SystemNanoClock.INSTANCE)) {
            final ChangeLog log = log(ring);
            store.attach(log, position -> {}, false, 0, null);
            store.longLongState("longs", TimeToLive.ofMillis(10)).put(1, 1);
            for (int round = 0; round < 2; round++) {
                while (log.hasRoomForExpiryTime()) {
                    log.expiryTime(clock.get());
                }
                clock.set(5_000 + round);
                store.expiryClock().record(true, false);
                ring.headRelease(ring.tailAcquire());
                final long empty = log.position();
                if (round == 0) {
                    store.expiryClock().record(false, false);
                } else {
                    clock.set(5_000); // what the log says
                    store.expiryClock().reset();
                    assertThat(new ExpiryClock(store, clock::get).nowMs()).isEqualTo(5_000);
                }
                assertThat(log.position()).isGreaterThan(empty);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 0", "8, 1", "8, 2", "16, 0", "16, 1", "16, 2", "24, 0", "24, 1", "24, 2", "4096, 0"})
    void shouldKnowWhereverTheEndOfTheRingIsWhetherThereIsRoom(final int behind, final int others) {
        try (ChangeRing ring = ring(5L * ChangeRing.MIN_CAPACITY + behind)) {
            final ChangeLog log = log(ring);
            final long start = log.position();
            for (int i = 0; i < others; i++) {
                log.putLong(1, i, i); // longer, so that what is left at the end is any multiple of 8
            }
            while (log.hasRoomForExpiryTime()) {
                log.expiryTime(1);
            }
            assertThat(log.stallCount()).isZero();
            assertThat(log.position() - start).isGreaterThan(ChangeRing.MIN_CAPACITY - RECORD_LENGTH_MAX);
        } finally {
            memory.close();
        }
    }

    private enum WhoWaits implements IdleStrategy {
        INSTANCE;

        @Override
        public void idle(final int workCount) {
            throw new IllegalStateException("waits");
        }

        @Override
        public void idle() {
            throw new IllegalStateException("waits");
        }

        @Override
        public void reset() {}
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quire.store.changelog.SurvivingRing.Status;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The space of a ring that is taken during its first lap, wherever that begins. */
class RingSpaceTest {
    private static final int CAPACITY = 2 * 1024 * 1024;
    private static final int FIRST = 256 * 1024;
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    @Test
    void shouldTakeLittleForAStoreThatWritesLittle() {
        try (RingFixture fixture = new RingFixture(directory, CAPACITY, 0)) {
            assertThat(fixture.ring.capacity()).isEqualTo(CAPACITY);
            for (int i = 0; i < 100; i++) {
                fixture.log.putLong(1, i, i);
                fixture.ring.takeSpaceAhead();
            }
            assertThat(fixture.ring.spaceLength()).isEqualTo(FIRST);
        }
    }

    @Test
    void shouldTakeAllSpaceAtOnceWhenAskedTo() {
        final Path path = directory.resolve("ring");
        try (ChangeRing ring = ChangeRing.allocate(path, CAPACITY)) {
            assertThat(ring.spaceLength()).isZero();
            ring.takeAllSpace();
            assertThat(ring.spaceLength()).isEqualTo(CAPACITY);
            ring.prepare(RingFixture.STORE_ID, RingFixture.BOOT, RingFixture.INCARNATION, 5L * CAPACITY + 40);
            assertThat(ring.spaceLength()).isEqualTo(CAPACITY);
            ring.begin();
            try (SurvivingRing left = SurvivingRing.read(path, RingFixture.STORE_ID, RingFixture.BOOT)) {
                assertThat(left.status()).isEqualTo(Status.VALID);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 8, PAGE - 8, PAGE, CAPACITY - 8, CAPACITY - FIRST / 2, 5L * CAPACITY + 3 * PAGE + 40})
    void shouldKeepEveryRecordOverManyLapsWhoeverTakesTheSpace(final long startPosition) {
        for (final boolean ahead : new boolean[] {false, true}) {
            try (RingFixture fixture = new RingFixture(directory, CAPACITY, startPosition)) {
                long key = 0;
                long drained = 0;
                while (fixture.log.position() < startPosition + 3L * CAPACITY) {
                    for (int i = 0; i < 700; i++) { // some 28 KB, and records of every length
                        write(fixture, key);
                        key++;
                    }
                    if (ahead) {
                        fixture.ring.takeSpaceAhead();
                    }
                    if (key % 4200 == 0) {
                        fixture.drain();
                        drained += check(fixture, drained);
                    }
                }
                fixture.drain();
                drained += check(fixture, drained);
                assertThat(drained).isEqualTo(key);
                assertThat(fixture.ring.spaceLength()).isEqualTo(CAPACITY);
            }
        }
    }

    private static void write(final RingFixture fixture, final long key) {
        final byte[] keyBytes = RecordedChange.longBytes(key);
        final byte[] value = value(key);
        fixture.log.put(
                1, keyBytes, RawMemory.ARRAY_OFFSET, keyBytes.length, value, RawMemory.ARRAY_OFFSET, value.length);
    }

    private static byte[] value(final long key) {
        final byte[] value = new byte[(int) (key % 40)];
        Arrays.fill(value, (byte) key);
        return value;
    }

    /** Compares what was consumed since the last time, and forgets it. */
    private static long check(final RingFixture fixture, final long firstKey) {
        long key = firstKey;
        for (final RecordedChange change : fixture.received) {
            if (!Arrays.equals(change.key(), RecordedChange.longBytes(key))
                    || !Arrays.equals(change.value(), value(key))) {
                throw new AssertionError("record " + key + " differs: " + change);
            }
            key++;
        }
        fixture.received.clear();
        return key - firstKey;
    }

    @Test
    void shouldSurviveAKillBeforeItsSpaceIsComplete() {
        final long start = CAPACITY - 100 * PAGE - 24;
        try (RingFixture fixture = new RingFixture(directory, CAPACITY, start)) {
            for (long key = 0; fixture.log.position() < start + FIRST * 3L; key++) {
                write(fixture, key);
            }
            assertThat(fixture.ring.spaceLength()).isBetween(FIRST * 3, CAPACITY - 1);
            try (SurvivingRing left =
                    SurvivingRing.read(directory.resolve("ring"), RingFixture.STORE_ID, RingFixture.BOOT)) {
                assertThat(left.status()).as(left.reason()).isEqualTo(Status.VALID);
                assertThat(left.head()).isEqualTo(start);
                assertThat(left.tail()).isEqualTo(fixture.log.position());
            }
        }
    }

    /** The consumer goes on, and the producer is told: it is he who needs the space. */
    @Test
    void shouldTellTheProducerOnlyThatThereIsNoSpace() throws IOException {
        final Path full = Path.of("/dev/full");
        assumeThat(full).as("a device without room").exists();
        try (RingSpace space = new RingSpace(full, new RandomAccessFile(full.toString(), "rw"), 0, CAPACITY)) {
            space.takeAhead(0);
            assertThat(space.end()).isZero();
            assertThatThrownBy(() -> space.take(1))
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("no space for the change-log ring: file=/dev/full needed=2101248 free=");
            assertThat(space.end()).isZero();
        }
    }

    @Test
    void shouldAskTheConsumerToTakeSpaceInTime() {
        final AtomicLong wakes = new AtomicLong();
        try (RingFixture fixture = new RingFixture(directory, CAPACITY, 0, wakes::incrementAndGet)) {
            for (long key = 0; fixture.log.position() < FIRST; key++) {
                write(fixture, key);
            }
            final long before = wakes.get();
            for (long key = 0; key < 1000; key++) {
                write(fixture, key);
            }
            assertThat(wakes.get()).isGreaterThan(before);
        }
    }
}

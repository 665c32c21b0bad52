/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.store.Durability;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.LogTruncatedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFollowerTest {
    @TempDir
    Path root;

    private final List<Change> changes = new ArrayList<>();
    private final List<Long> groupEnds = new ArrayList<>();

    private LogFollower follow(final LogFixture fixture, final long position) {
        return new LogFollower(
                fixture.files,
                fixture.directory,
                LogFixture.STORE_ID,
                fixture.bootIdHash,
                position,
                fixture.agent::writtenPosition,
                new Change.Recorder(changes, groupEnds));
    }

    private List<Long> keys() {
        return changes.stream().map(Change::keyAsLong).toList();
    }

    private static List<Long> longs(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @Test
    void shouldSeeCompleteGroupsOnceTheyAreWritten() {
        try (LogFixture fixture = new LogFixture(root).open();
                LogFollower follower = follow(fixture, 0)) {
            assertThat(follower.poll()).isFalse();
            fixture.log.putLong(1, 0, 0);
            assertThat(follower.poll()).isFalse();
            fixture.agent.doWork();
            assertThat(follower.poll()).isTrue();
            assertThat(follower.poll()).isFalse();
            fixture.log.beginGroup();
            fixture.log.putLong(1, 1, 0);
            fixture.log.putLong(1, 2, 0);
            fixture.log.commitGroup();
            fixture.agent.doWork();
            assertThat(follower.poll()).isTrue();
            assertThat(keys()).isEqualTo(longs(0, 3));
            assertThat(groupEnds).containsExactly(32L, 96L);
            assertThat(follower.position()).isEqualTo(96);
            assertThat(follower.recordCount()).isEqualTo(3);
        }
    }

    @Test
    void shouldResumeWhereAGroupHasEnded() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            for (int i = 0; i < 100; i++) {
                fixture.log.putLong(1, i, 0);
            }
            fixture.agent.doWork();
            try (LogFollower follower = follow(fixture, 32 * 40)) {
                while (follower.poll()) {
                    assertThat(follower.position()).isPositive();
                }
            }
            assertThat(keys()).isEqualTo(longs(40, 100));
        }
    }

    @Test
    void shouldFollowAcrossSegmentsAndRestarts() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            long next = 0;
            for (int round = 0; round < 4; round++) {
                try (LogFollower follower =
                        follow(fixture, groupEnds.isEmpty() ? 0 : groupEnds.get(groupEnds.size() - 1))) {
                    for (int i = 0; i < 12_000; i++) {
                        fixture.log.putLong(1, next++, 0);
                        if (i % 500 == 0) {
                            follower.poll();
                        }
                    }
                    fixture.agent.doWork();
                    while (follower.poll()) {
                        assertThat(follower.position()).isPositive();
                    }
                }
                assertThat(changes).hasSize((int) next);
                if (round % 2 == 0) {
                    fixture.shutDown();
                } else {
                    fixture.kill();
                }
                fixture.open();
            }
            assertThat(keys()).isEqualTo(longs(0, next));
            assertThat(fixture.segments()).hasSizeGreaterThan(4);
        }
    }

    @Test
    void shouldSayWhatIsMissingWhenRetentionWasFaster() {
        try (LogFixture fixture = new LogFixture(root).open();
                LogFollower follower = follow(fixture, 0)) {
            for (int i = 0; i < 40_000; i++) {
                fixture.log.putLong(1, i, 0);
            }
            fixture.agent.doWork();
            new LogRetention(fixture.files, fixture.directory, LogFixture.STORE_ID)
                    .deleteBefore(fixture.log.position());
            assertThat(fixture.segments()).hasSize(1);
            assertThatThrownBy(() -> {
                        while (follower.poll()) {
                            assertThat(follower.position()).isPositive();
                        }
                    })
                    .isInstanceOf(LogTruncatedException.class)
                    .hasMessageContaining("position=" + follower.readPosition());
            assertThatThrownBy(() -> follow(fixture, 0))
                    .isInstanceOf(LogTruncatedException.class)
                    .hasMessageContaining("position=0");
        }
    }

    @Test
    void shouldRefuseToBeginInsideARecordOrAGroup() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            fixture.log.putLong(1, 0, 0); // ends at 32
            fixture.log.beginGroup();
            fixture.log.putLong(1, 1, 0); // at 64 the group is open
            fixture.log.putLong(1, 2, 0);
            fixture.log.commitGroup();
            fixture.log.putLong(1, 3, 0);
            fixture.agent.doWork();
            for (final long position : new long[] {8, 40, 64}) {
                try (LogFollower follower = follow(fixture, position)) {
                    assertThatThrownBy(follower::poll)
                            .isInstanceOf(ConfigurationException.class)
                            .hasMessageContaining("position=" + position);
                }
            }
            assertThat(changes).isEmpty();
            try (LogFollower follower = follow(fixture, 96)) {
                assertThat(follower.poll()).isTrue();
                assertThat(keys()).isEqualTo(longs(3, 4));
            }
        }
    }

    @Test
    void shouldReadAndVerifyWhileAnotherThreadWritesRollsAndDeletes() throws InterruptedException {
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.settings = LogSettings.defaults(Durability.PROCESS)
                    .withSegmentLength(64 * 1024)
                    .withPreallocationLength(16 * 1024)
                    .withBatch(0, 0);
            fixture.open();
            final LogRetention retention = new LogRetention(fixture.files, fixture.directory, LogFixture.STORE_ID);
            final Thread writer = new Thread(() -> write(fixture, retention, failure));
            writer.start();
            int roundCount = 0;
            try {
                while (writer.isAlive()) {
                    readPrefix(fixture, retention);
                    verifyAll(fixture);
                    roundCount++;
                }
            } finally {
                fixture.failStop.trip(new IllegalStateException("the test has failed")); // before the ring is unmapped
                writer.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(roundCount).isGreaterThan(2);
        }
    }

    private static void verifyAll(final LogFixture fixture) {
        assertThat(new LogVerifier(new DiskStoreFiles(), fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash)
                        .verify()
                        .problems())
                .isEmpty();
    }

    private static void write(
            final LogFixture fixture, final LogRetention retention, final AtomicReference<Throwable> failure) {
        try {
            final long deadline = System.nanoTime() + 1_500_000_000L;
            for (long i = 0; System.nanoTime() < deadline; i++) {
                fixture.log.putLong(1, i, i);
                if (i % 50 == 0) {
                    fixture.agent.doWork();
                }
                if (i % 40_000 == 39_999) {
                    retention.deleteBefore(fixture.log.position() - 1_000_000);
                }
            }
        } catch (final Throwable e) {
            failure.set(e);
        }
    }

    /** Without knowing how far the writer is: the end is where no block is yet. */
    private static void readPrefix(final LogFixture fixture, final LogRetention retention) {
        try (LogHold hold = retention.hold(0)) { // however long the scheduler keeps this thread waiting
            hold.moveTo(aligned(Math.max(0, fixture.agent.writtenPosition() - 400_000)));
            readPrefix(fixture, hold.position());
        }
    }

    private static void readPrefix(final LogFixture fixture, final long from) {
        final List<Change> found = new ArrayList<>();
        try (LogReader reader = new LogReader(
                        new DiskStoreFiles(), fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash, from);
                io.quire.store.changelog.ChangeGroupAssembler assembler =
                        new io.quire.store.changelog.ChangeGroupAssembler(
                                new Change.Recorder(found, new ArrayList<>()))) {
            while (reader.next()) {
                assembler.accept(reader.startPosition(), reader.pointer(), reader.length());
            }
        }
        for (int i = 1; i < found.size(); i++) {
            assertThat(found.get(i).keyAsLong()).isEqualTo(found.get(0).keyAsLong() + i);
        }
    }

    /** 64 KiB is a multiple of 32, so there are no pads and every multiple of 32 begins a record. */
    private static long aligned(final long position) {
        return position / 32 * 32;
    }
}

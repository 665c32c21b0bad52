/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.SurvivingRing;
import io.quire.store.errors.CorruptStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRecoveryTest {
    @TempDir
    Path root;

    private static List<Long> longs(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private static void putAll(final LogFixture fixture, final long from, final long to) {
        for (long i = from; i < to; i++) {
            fixture.log.putLong(1, i, -i);
        }
    }

    @Test
    void shouldBeginAnEmptyLog() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            assertThat(fixture.report.recordCount()).isZero();
            assertThat(fixture.report.ring()).isEqualTo("none");
            assertThat(fixture.log.position()).isZero();
            assertThat(fixture.segments()).hasSize(1);
        }
    }

    @Test
    void shouldReplayWhatWasOnlyInTheRing() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 10));
            assertThat(fixture.report.ringLength()).isEqualTo(320);
        }
    }

    @Test
    void shouldReplayWhatWasOnlyInTheSegmentsAndInBoth() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            assertThat(fixture.agent.writtenPosition()).isEqualTo(fixture.log.position());
            putAll(fixture, 10, 15);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 15));
            assertThat(fixture.report.ringLength()).isEqualTo(160);
        }
    }

    @Test
    void shouldReplayAcrossManyKillsAndSegments() throws IOException {
        try (LogFixture fixture = new LogFixture(root).open()) {
            long next = 0;
            for (int round = 0; round < 8; round++) {
                putAll(fixture, next, next + 19_999);
                fixture.force();
                putAll(fixture, next + 19_999, next + 20_000);
                fixture.agent.doWork();
                next += 20_000;
                fixture.kill();
                fixture.open();
                assertThat(fixture.replayedLongs()).isEqualTo(longs(0, next));
            }
            assertThat(fixture.segments()).hasSizeGreaterThan(15);
            for (final Path segment : fixture.segments()) {
                assertThat(Files.size(segment)).isLessThanOrEqualTo(256 * 1024);
            }
        }
    }

    @Test
    void shouldReplayFromACheckpointInsideABlock() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 100);
            fixture.checkpointPosition = fixture.log.position();
            putAll(fixture, 100, 200);
            fixture.agent.doWork();
            putAll(fixture, 200, 300);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(100, 300));
        }
    }

    @Test
    void shouldReplayNothingAfterAnOrderlyShutdown() {
        for (final Durability durability : List.of(Durability.PROCESS, Durability.GROUP, Durability.SYNC)) {
            try (LogFixture fixture = new LogFixture(root.resolve(durability.name()))) {
                createDirectory(root.resolve(durability.name()));
                fixture.settings = LogSettings.defaults(durability);
                fixture.open();
                putAll(fixture, 0, 1000);
                fixture.shutDown();
                fixture.open();
                assertThat(fixture.report.isSealed()).isTrue();
                assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 1000));
                fixture.checkpointPosition = fixture.log.position();
                fixture.shutDown();
                fixture.open();
                assertThat(fixture.report.recordCount()).isZero();
            }
        }
    }

    private static void createDirectory(final Path path) {
        try {
            Files.createDirectories(path);
        } catch (final IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldNeutraliseAnIncompleteGroupForever() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 5);
            fixture.log.beginGroup();
            putAll(fixture, 1000, 5000); // longer than the ring: partly published
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 5));
            assertThat(fixture.report.droppedLength()).isPositive();
            putAll(fixture, 5, 10);
            fixture.log.beginGroup();
            putAll(fixture, 10, 12);
            fixture.log.commitGroup();
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 12));
            assertThat(fixture.report.abortedGroupCount()).isEqualTo(1);
            assertThat(fixture.report.droppedLength()).isZero();
        }
    }

    @Test
    void shouldRepeatRecoveryThatWasKilledBeforeTheRingWasReplaced() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 20);
            fixture.log.beginGroup();
            putAll(fixture, 1000, 4000);
            fixture.kill();
            for (int i = 0; i < 3; i++) {
                try (LogRecovery recovery = fixture.replay()) {
                    recovery.startWriting(i).close(); // and dies
                }
                assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 20));
            }
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 20));
            assertThat(fixture.report.ring()).contains("ignored").contains("of incarnation 1");
        }
    }

    @Test
    void shouldIgnoreTheRingOfAnotherBootAndBelieveWhatWasForced() {
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.settings = LogSettings.defaults(Durability.GROUP).withBatch(0, 0);
            fixture.open();
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            assertThat(fixture.agent.durablePosition()).isEqualTo(320);
            putAll(fixture, 10, 20);
            fixture.kill();
            fixture.bootIdHash++;
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 10));
            assertThat(fixture.report.ring()).contains("restarted");
        }
    }

    @Test
    void shouldRefuseARingWhoseSegmentIsMissing() throws IOException {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.checkpointAndReopen();
            putAll(fixture, 10, 20);
            fixture.kill();
            Files.delete(fixture.segments().get(1));
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("segments are missing")
                    .hasMessageContaining(fixture.ringPath.toString());
        }
    }

    @Test
    void shouldRefuseARingThatDoesNotReachBackToTheLog() throws IOException {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            final Path segment = fixture.segments().get(0);
            final Path copy = root.resolve("copy");
            Files.copy(segment, copy);
            putAll(fixture, 10, 20);
            fixture.agent.doWork();
            fixture.kill();
            Files.move(copy, segment, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("expected=records from position 320");
        }
    }

    @Test
    void shouldIgnoreAnOldRingThatTurnsUpAgain() throws IOException {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.kill();
            final Path copy = root.resolve("old-ring");
            Files.copy(fixture.ringPath, copy);
            ChangeRing.delete(fixture.ringPath);
            fixture.open();
            assertThat(fixture.replayedLongs()).isEmpty();
            putAll(fixture, 100, 105);
            fixture.agent.doWork();
            fixture.kill();
            Files.move(copy, fixture.ringPath, StandardCopyOption.REPLACE_EXISTING);
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(100, 105));
        }
    }

    @Test
    void shouldRewriteWhatMayNeverHaveReachedTheDisk() {
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.settings = LogSettings.defaults(Durability.GROUP).withBatch(0, 0);
            fixture.open();
            final List<Long> expected = new ArrayList<>();
            for (long i = 0; i < 50; i++) {
                putAll(fixture, i, i + 1);
                expected.add(i);
                fixture.agent.doWork();
            }
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(expected);
            // The last block was forced, but no later one says so: it is written and forced once more.
            final List<Path> segments = fixture.segments();
            assertThat(segments).hasSize(2);
            assertThat(LogSegmentDescriptor.startPosition(
                            segments.get(1).getFileName().toString()))
                    .isEqualTo(49 * 32);
            putAll(fixture, 50, 60);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 60));
        }
    }

    @Test
    void shouldAskForAForceInProcessDurability() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            assertThat(fixture.agent.durablePosition()).isZero();
            final var future = fixture.agent.durableFuture(fixture.log.position());
            assertThat(future).isNotDone();
            fixture.agent.doWork();
            assertThat(future).isCompletedWithValue(320L);
            assertThat(fixture.agent.awaitDurable(320, 0)).isTrue();
            assertThat(fixture.agent.awaitDurable(321, 1)).isFalse();
        }
    }

    @Test
    void shouldCopyAndForceWhatAnEarlierWriterHasNotForced() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 30_000);
            assertThat(fixture.agent.durablePosition()).isZero();
            fixture.kill();
            assertThat(fixture.segments()).hasSizeGreaterThan(2);
            fixture.open();
            assertThat(fixture.segments()).hasSize(1);
            assertThat(fixture.agent.durablePosition()).isEqualTo(30_000 * 32);
            putAll(fixture, 30_000, 30_001);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 30_001));
        }
    }

    /** Its owner lives, and what was read of the ring may have been overwritten while it was read. */
    @Test
    void shouldNotBelieveARingThatIsWrittenToWhileItIsRead() throws IOException {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            putAll(fixture, 10, 20);
            final byte[] ring = Files.readAllBytes(fixture.ringPath);
            try (LogRecovery recovery = recovery(fixture)) {
                final LogReplayReport report = replay(recovery.expectRing(false), fixture);
                assertThat(report.endPosition()).isEqualTo(320);
                assertThat(report.ring()).contains("somebody writes to it");
                assertThat(recovery.livingRing()).isEqualTo(fixture.ringPath);
            }
            Files.write(fixture.ringPath, ring);
            try (LogRecovery recovery = recovery(fixture)) {
                assertThatThrownBy(() -> replay(recovery.expectRing(true), fixture))
                        .isInstanceOf(CorruptStoreException.class)
                        .hasMessageContaining("ring is missing")
                        .hasMessageContaining(fixture.ringPath + " was not read, somebody writes to it");
            }
            Files.write(fixture.ringPath, ring);
            assertThat(fixture.replayed).isEmpty();
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(0, 20));
        }
    }

    /** One whose ring is drained by its owner after it was read. */
    private static LogRecovery recovery(final LogFixture fixture) {
        return new LogRecovery(
                        fixture.files, fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash, fixture.settings)
                .readRings(path -> {
                    final SurvivingRing found = SurvivingRing.read(path, LogFixture.STORE_ID, fixture.bootIdHash);
                    if (found.status() == SurvivingRing.Status.VALID) {
                        fixture.ring.headRelease(found.tail());
                    }
                    return found;
                });
    }

    private static LogReplayReport replay(final LogRecovery recovery, final LogFixture fixture) {
        return recovery.replay(
                0,
                false,
                false,
                List.of(fixture.ringPath),
                new Change.Recorder(new ArrayList<>(), new ArrayList<>()),
                LogProgress.NONE);
    }

    @Test
    void shouldReplayCompressedBlocks() {
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.settings = fixture.settings.withCompressed(true);
            fixture.open();
            final byte[] value = new byte[500];
            final List<Change> expected = new ArrayList<>();
            for (int i = 0; i < 5000; i++) {
                value[i % 500]++;
                fixture.put(i, value);
                expected.add(new Change((byte) 1, 1, Change.longBytes(i), value.clone()));
            }
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayed).isEqualTo(expected);
            assertThat(fixture.segments()).hasSizeLessThan(4);
        }
    }

    @Test
    void shouldKeepValuesLongerThanRingAndSegment() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            final byte[] value = new byte[3_000_000];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) (i * 31);
            }
            fixture.put(1, value);
            fixture.put(2, new byte[100]);
            fixture.kill();
            fixture.open();
            assertThat(fixture.replayed)
                    .containsExactly(
                            new Change((byte) 1, 1, Change.longBytes(1), value),
                            new Change((byte) 1, 1, Change.longBytes(2), new byte[100]));
        }
    }

    @Test
    void shouldRefuseALogThatEndsBeforeTheCheckpointUnlessTold() {
        try (LogFixture fixture = new LogFixture(root).open()) {
            putAll(fixture, 0, 10);
            fixture.agent.doWork();
            fixture.kill();
            ChangeRing.delete(fixture.ringPath);
            fixture.checkpointPosition = 640;
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("up to position 640 found=end at position 320");
            fixture.isLossAccepted = true;
            fixture.open();
            assertThat(fixture.replayedLongs()).isEmpty();
            putAll(fixture, 20, 25);
            fixture.kill();
            fixture.isLossAccepted = false;
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(longs(20, 25));
            fixture.kill();
            fixture.checkpointPosition = 0;
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("hole");
        }
    }

    @Test
    void shouldRefuseAMissingLog() throws IOException {
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.checkpointPosition = 32;
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("log is missing");
            fixture.checkpointPosition = 0;
            fixture.open();
            putAll(fixture, 0, 30_000);
            fixture.kill();
            Files.delete(fixture.segments().get(1));
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("hole in the log");
            Files.delete(fixture.segments().get(0));
            assertThatThrownBy(fixture::open)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("log segments are missing");
        }
    }
}

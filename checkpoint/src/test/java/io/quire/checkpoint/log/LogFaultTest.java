/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fails every single call of a scripted life of a log, in every way, and looks at what is there afterwards. */
class LogFaultTest {
    @TempDir
    Path root;

    private record Outcome(int callCount, boolean isComplete) {}

    private static final int RECORDS = 2500; // two segments and a bit

    private static final List<SimulatedFiles.Fault> FAULTS =
            List.of(SimulatedFiles.Fault.IO_ERROR, SimulatedFiles.Fault.DISK_FULL, SimulatedFiles.Fault.SHORT_WRITE);

    private long seed = Long.getLong("seed", System.nanoTime());

    private LogSettings settings(final Durability durability) {
        return LogSettings.defaults(durability)
                .withSegmentLength(LogSettings.MIN_SEGMENT_LENGTH)
                .withPreallocationLength(8192)
                .withBatch(0, 0);
    }

    /** First half, kill, recovery, second half, shutdown. Returns false when a call has failed. */
    private boolean live(final LogFixture fixture, final long[] reached) {
        try {
            fixture.open();
            write(fixture, 0, RECORDS / 2, reached);
            fixture.kill();
            fixture.open();
            write(fixture, RECORDS / 2, RECORDS, reached);
            fixture.shutDown();
            return !(fixture.failStop.cause() instanceof StoreFullException)
                    && fixture.agent.durablePosition() == reached[1];
        } catch (final StateStoreException e) {
            assertThat(e.getMessage()).contains("simulated");
            return false;
        }
    }

    private void write(final LogFixture fixture, final long from, final long to, final long[] reached) {
        for (long i = from; i < to; i++) {
            fixture.log.putLong(1, i, i);
            reached[0] = i + 1;
            reached[1] = fixture.log.position();
            final boolean isDone =
                    fixture.settings.durability() == Durability.SYNC && i % 50 == 49 && fixture.agent.forceHere();
            if (i % 100 == 99 && !isDone) {
                fixture.agent.durableFuture(fixture.log.position());
                fixture.agent.doWork();
            }
        }
        fixture.failStop.check();
    }

    private Outcome liveWithFault(
            final Path directory,
            final Durability durability,
            final int failingCall,
            final SimulatedFiles.Fault fault,
            final boolean isPersistent)
            throws Exception {
        Files.createDirectories(directory);
        final SimulatedFiles files = new SimulatedFiles(seed + failingCall);
        final long[] reached = new long[2];
        final String what = durability + " call " + failingCall + " " + fault + (isPersistent ? " for good" : " once")
                + " seed=" + seed;
        try (LogFixture fixture = new LogFixture(directory)) {
            fixture.files = files;
            fixture.settings = settings(durability);
            files.failCall(failingCall, fault, isPersistent);
            final boolean isComplete = live(fixture, reached);
            fixture.kill();
            assertThat(files.openCount()).as("open files, %s", what).isZero();
            final int callCount = files.callCount();
            files.failNothing();
            fixture.open();
            assertThat(fixture.replayedLongs())
                    .as(what)
                    .isEqualTo(LongStream.range(0, reached[0]).boxed().toList());
            fixture.log.putLong(1, reached[0], 0);
            fixture.shutDown();
            fixture.open();
            assertThat(fixture.replayedLongs()).as(what).hasSize((int) reached[0] + 1);
            fixture.kill();
            assertThat(files.names()).as(what).noneMatch(name -> name.endsWith(".tmp"));
            assertThat(files.openCount()).as("open files, %s", what).isZero();
            ChangeRing.delete(fixture.ringPath);
            return new Outcome(callCount, isComplete);
        }
    }

    /** Lets each call fail in every way, once and for good; what is torn follows from the seed. */
    private void failEveryCall(final Durability durability) throws Exception {
        final Outcome without = liveWithFault(
                root.resolve("none" + seed), durability, Integer.MAX_VALUE / 2, SimulatedFiles.Fault.IO_ERROR, false);
        assertThat(without.isComplete()).isTrue();
        assertThat(without.callCount()).isGreaterThan(50);
        for (int call = 0; call < without.callCount(); call++) {
            for (final SimulatedFiles.Fault fault : FAULTS) {
                for (final boolean isPersistent : new boolean[] {false, true}) {
                    final Path directory = root.resolve("n" + call + fault + isPersistent + seed);
                    liveWithFault(directory, durability, call, fault, isPersistent);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldSurviveTheFailureOfEveryCall(final Durability durability) throws Exception {
        failEveryCall(durability);
    }

    @ParameterizedTest
    @Tag("slow")
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP", "SYNC"})
    void shouldSurviveTheFailureOfEveryCallWhateverIsTorn(final Durability durability) throws Exception {
        for (int i = 0; i < 50; i++) {
            failEveryCall(durability);
            seed++;
        }
    }

    @Test
    void shouldTellEverybodyWhenAForceOfTheWritersOwnFails() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(Durability.SYNC);
            fixture.open();
            fixture.log.putLong(1, 1, 1);
            final var future = fixture.agent.durableFuture(fixture.log.position());
            files.failCall(1, SimulatedFiles.Fault.IO_ERROR, false);
            assertThatThrownBy(() -> fixture.agent.awaitForced(32))
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("simulated: cannot write and force");
            final long forceCount = files.forceCount();
            assertThat(future).isNotDone();
            assertThat(fixture.agent.doWork()).isZero();
            assertThat(future).isCompletedExceptionally();
            assertThatThrownBy(() -> fixture.agent.awaitForced(32)).isInstanceOf(StoreFailedException.class);
            assertThat(fixture.agent.durablePosition()).isZero();
            fixture.agent.onClose();
            assertThat(files.forceCount()).isEqualTo(forceCount);
        }
    }

    /** Opens, and writes until the agent's next duty cycle prepares space. */
    private LogFixture openShortOfSpace(final SimulatedFiles files) {
        final LogFixture fixture = new LogFixture(root);
        fixture.files = files;
        fixture.settings = settings(Durability.SYNC);
        fixture.open();
        while (!fixture.writer.isSpaceShort()) {
            fixture.log.putLong(1, 1, 1);
            assertThat(fixture.agent.forceHere()).isTrue();
        }
        return fixture;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldStopWhenSpaceAheadCannotBeWrittenOrForced(final int failingCall) {
        final SimulatedFiles files = new SimulatedFiles(failingCall);
        try (LogFixture fixture = openShortOfSpace(files)) {
            final long before = fixture.log.position();
            files.failCall(failingCall, SimulatedFiles.Fault.IO_ERROR, false);
            final var future = fixture.agent.durableFuture(before + 64);
            assertThat(fixture.agent.doWork()).isZero();
            assertThat(fixture.failStop.cause())
                    .hasMessageContaining(
                            failingCall == 0 ? "simulated: cannot preallocate" : "simulated: cannot force");
            assertThat(future).isCompletedExceptionally();
            assertThat(fixture.agent.forceHere()).isFalse();
            assertThatThrownBy(() -> fixture.agent.awaitForced(before + 32)).isInstanceOf(StoreFailedException.class);
            final int callCount = files.callCount();
            assertThat(fixture.agent.doWork()).isZero();
            assertThat(fixture.writer.appendForced(fixture.ring.pointerOf(0), 32))
                    .isFalse();
            assertThatThrownBy(fixture.writer::seal).isInstanceOf(StoreFailedException.class);
            fixture.agent.onClose();
            assertThat(files.callCount()).as("calls afterwards").isEqualTo(callCount);
            assertThat(fixture.agent.durablePosition()).isEqualTo(before);
        }
    }

    /** It is asked once for each segment: a block is put together for nothing each time. */
    @Test
    void shouldLeaveForcedWritesToTheAgentWhereTheSystemHasNone() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(Durability.SYNC);
            fixture.open();
            files.refuseForcedWrites();
            for (long i = 0; i < 1500; i++) {
                fixture.log.putLong(1, i, i);
                assertThat(fixture.agent.forceHere()).isFalse();
                fixture.force();
                assertThat(fixture.agent.durablePosition()).isEqualTo(32 * (i + 1));
            }
            assertThat(fixture.segments()).hasSize(2);
            assertThat(files.refusedForcedWriteCount()).isEqualTo(2);
            fixture.kill();
            files.losePower();
            fixture.bootIdHash++;
            fixture.open();
            assertThat(fixture.replayedLongs())
                    .isEqualTo(LongStream.range(0, 1500).boxed().toList());
        }
    }

    @Test
    void shouldLeaveSpaceAheadOutWhereTheDiskIsFull() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = openShortOfSpace(files)) {
            files.failCall(0, SimulatedFiles.Fault.DISK_FULL, false);
            assertThat(fixture.agent.doWork()).isZero();
            assertThat(files.hasFailed()).isTrue();
            assertThat(fixture.failStop.isTripped()).isFalse();
            assertThat(fixture.writer.isSpaceShort()).as("is tried again").isFalse();
            long count = fixture.log.position() / 32;
            while (fixture.agent.forceHere()) { // what was prepared before is still there
                fixture.log.putLong(1, 1, 1);
                count++;
            }
            fixture.force();
            assertThat(fixture.agent.durablePosition()).isEqualTo(32 * count);
            fixture.kill();
            files.losePower();
            fixture.bootIdHash++;
            fixture.open();
            assertThat(fixture.replayed).hasSize((int) count);
        }
    }

    @Test
    void shouldStopForGoodWithTheFirstCauseAndForceNothingTwice() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(Durability.GROUP);
            fixture.open();
            fixture.log.putLong(1, 1, 1);
            files.failCall(1, SimulatedFiles.Fault.IO_ERROR, false); // the write goes well, the force fails
            final var future = fixture.agent.durableFuture(fixture.log.position());
            final long forceCount = files.forceCount();
            assertThat(fixture.agent.doWork()).isZero();
            assertThat(future).isCompletedExceptionally();
            for (int i = 0; i < 3; i++) {
                assertThat(fixture.agent.doWork()).isZero();
                assertThatThrownBy(() -> fixture.log.putLong(1, 2, 2))
                        .isInstanceOf(StoreFailedException.class)
                        .hasMessageContaining("simulated: cannot force");
                assertThatThrownBy(() -> fixture.agent.awaitDurable(32, 1_000_000_000L))
                        .isInstanceOf(StoreFailedException.class);
                assertThat(fixture.agent.durableFuture(32)).isCompletedExceptionally();
            }
            fixture.agent.onClose();
            assertThat(fixture.failStop.cause().getSuppressed())
                    .as("later failures")
                    .isEmpty();
            assertThat(files.forceCount()).isEqualTo(forceCount);
            assertThat(fixture.agent.durablePosition()).isZero();
        }
    }

    @Test
    void shouldRefuseEverythingAfterAFailedForceInTheWriterItself() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(Durability.GROUP);
            fixture.open();
            fixture.log.putLong(1, 1, 1);
            final long record = fixture.ring.pointerOf(0);
            assertThat(fixture.writer.append(record, 32)).isEqualTo(32);
            files.failCall(0, SimulatedFiles.Fault.IO_ERROR, false);
            assertThatThrownBy(fixture.writer::force).hasMessageContaining("simulated: cannot force");
            final int callCount = files.callCount();
            assertThatThrownBy(fixture.writer::force).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(fixture.writer::seal).isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> fixture.writer.append(record, 32)).isInstanceOf(StoreFailedException.class);
            assertThat(files.callCount()).isEqualTo(callCount);
            assertThat(fixture.writer.durablePosition()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldNotLoseNewRecordsBehindOnesThatAFailedForceDropped(final Durability durability) {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(durability);
            fixture.open();
            final List<Long> expected = new ArrayList<>();
            for (long i = 0; i < 50; i++) {
                fixture.log.putLong(1, i, i);
                expected.add(i);
            }
            files.failCall(1, SimulatedFiles.Fault.IO_ERROR, false);
            final var failed = fixture.agent.durableFuture(fixture.log.position());
            fixture.agent.doWork();
            assertThat(failed).isCompletedExceptionally();
            fixture.kill();
            files.failNothing();
            fixture.open(); // reads from the cache what the disk never got
            assertThat(fixture.replayedLongs()).isEqualTo(expected);
            fixture.log.putLong(1, 50, 50);
            expected.add(50L);
            final var durable = fixture.agent.durableFuture(fixture.log.position());
            fixture.agent.doWork();
            assertThat(durable).isCompletedWithValue(fixture.log.position());
            fixture.kill();
            files.losePower();
            fixture.bootIdHash++;
            fixture.open();
            assertThat(fixture.replayedLongs()).isEqualTo(expected);
        }
    }

    @Test
    void shouldSayHowFullTheDiskIsAndLeaveTheOldLogAlone() {
        final SimulatedFiles files = new SimulatedFiles(1);
        try (LogFixture fixture = new LogFixture(root)) {
            fixture.files = files;
            fixture.settings = settings(Durability.PROCESS);
            fixture.open();
            fixture.log.putLong(1, 1, 1);
            fixture.kill();
            final List<String> before = files.names();
            files.failCall(0, SimulatedFiles.Fault.DISK_FULL, true);
            // Every call that needs space fails, the others are let through by trying again and again.
            for (int call = 0; call < 40; call++) {
                files.failCall(call, SimulatedFiles.Fault.DISK_FULL, false);
                try {
                    fixture.replay().close();
                } catch (final StateStoreException e) {
                    assertThat(e).isInstanceOf(StoreFullException.class);
                }
                files.failNothing();
                assertThat(files.names()).isEqualTo(before);
            }
        }
    }

    /** What a process leaves: several segments, none of them forced, and an open group partly in the ring. */
    private LogFixture leaveThreeSegments(final SimulatedFiles files) {
        final LogFixture fixture = new LogFixture(root);
        fixture.files = files;
        fixture.settings = settings(Durability.PROCESS);
        fixture.open();
        for (long i = 0; i < 2 * RECORDS; i++) {
            fixture.log.putLong(1, i, i);
            if (i % 50 == 0) {
                fixture.agent.doWork();
            }
        }
        fixture.log.beginGroup();
        for (long i = 0; i < RECORDS; i++) {
            fixture.log.putLong(1, -1, i);
        }
        fixture.kill();
        assertThat(fixture.segments()).hasSizeGreaterThan(2);
        return fixture;
    }

    /** Kills recovery in its n-th call and repeats it; false when it has fewer calls. */
    private boolean killAndRepeat(final LogFixture fixture, final SimulatedFiles files, final int call) {
        files.failCall(call, SimulatedFiles.Fault.KILL, false);
        boolean isKilled = false;
        try {
            fixture.open();
        } catch (final SimulatedFiles.Killed e) {
            isKilled = true;
        }
        fixture.kill();
        files.failNothing();
        fixture.open();
        final List<Long> found = fixture.replayedLongs();
        assertThat(found).as("killed in call %d", call).doesNotContain(-1L).hasSizeGreaterThan(30);
        assertThat(found).isEqualTo(LongStream.range(0, found.size()).boxed().toList());
        fixture.log.putLong(1, found.size(), 0);
        fixture.kill();
        fixture.open();
        assertThat(fixture.replayed).as("killed in call %d", call).hasSize(found.size() + 1);
        assertThat(new LogVerifier(files, fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash)
                        .verify()
                        .problems())
                .as("killed in call %d", call)
                .isEmpty();
        fixture.kill();
        return isKilled;
    }

    @Test
    void shouldRepeatARecoveryThatRewritesSeveralSegmentsWhereverItIsKilled() {
        int call = 0;
        boolean isKilled = true;
        while (isKilled) {
            final SimulatedFiles files = new SimulatedFiles(call);
            try (LogFixture fixture = leaveThreeSegments(files)) {
                fixture.settings = settings(Durability.GROUP);
                isKilled = killAndRepeat(fixture, files, call++);
            }
            ChangeRing.delete(root.resolve("ring"));
        }
        assertThat(call).isGreaterThan(20);
    }

    @Test
    void shouldRepeatARecoveryThatCutsSeveralSegmentsWhereverItIsKilled() {
        int call = 0;
        boolean isKilled = true;
        while (isKilled) {
            final SimulatedFiles files = new SimulatedFiles(call);
            try (LogFixture fixture = leaveThreeSegments(files)) {
                // After a restart the first segment lacks a block that was never forced; the others are there.
                final Path first = fixture.segments().get(0);
                final byte[] bytes = files.content(first).clone();
                bytes[bytes.length / 2] ^= 1;
                files.setContent(first, bytes);
                fixture.bootIdHash++;
                isKilled = killAndRepeat(fixture, files, call++);
            }
            ChangeRing.delete(root.resolve("ring"));
        }
        assertThat(call).isGreaterThan(15);
    }
}

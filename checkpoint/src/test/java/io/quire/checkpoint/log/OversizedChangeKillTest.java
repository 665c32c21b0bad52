/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ConsumerSignal;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills a writer at every place where a change that is longer than ring and segment, or a batch, is there in part: each
 * time the ring is full, with what is in it written to the segments or not. It must be there whole or not at all.
 */
class OversizedChangeKillTest {
    private static final int RING_LENGTH = 64 * 1024;

    @TempDir
    Path root;

    private enum Work {
        LONG_RECORD,
        LONG_BATCH,
        BATCH_OF_LONG_RECORDS,
        BATCH_THAT_IS_ROLLED_BACK
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("killed", null, false, false);
        }
    }

    /** The consumer, as long as the process lives: it writes when the ring is full. */
    private static final class MortalIdleStrategy implements IdleStrategy {
        private final LogFixture fixture;
        private final boolean isWrittenBefore;
        private int lives;

        MortalIdleStrategy(final LogFixture fixture, final int lives, final boolean isWrittenBefore) {
            this.fixture = fixture;
            this.lives = lives;
            this.isWrittenBefore = isWrittenBefore;
        }

        @Override
        public void idle(final int workCount) {
            idle();
        }

        @Override
        public void idle() {
            if (lives-- > 0) {
                fixture.agent.doWork();
                return;
            }
            if (isWrittenBefore) {
                fixture.agent.doWork();
            }
            throw new Killed();
        }

        @Override
        public void reset() {}
    }

    @ParameterizedTest
    @EnumSource(Work.class)
    void shouldBeThereWholeOrNotAtAll(final Work work) {
        int killCount = 0;
        for (final int shift : new int[] {0, 1, 511, 512}) { // of where it begins, in records of 32 bytes
            for (final boolean isWrittenBefore : new boolean[] {false, true}) {
                boolean isKilled = true;
                for (int lives = 0; isKilled; lives++) {
                    isKilled = runAndKill(work, shift, lives, isWrittenBefore);
                    killCount += isKilled ? 1 : 0;
                }
            }
        }
        assertThat(killCount).isGreaterThan(4 * 2 * 4);
    }

    private boolean runAndKill(final Work work, final int shift, final int lives, final boolean isWrittenBefore) {
        final List<Change> expected = new ArrayList<>();
        boolean isKilled = false;
        try (LogFixture fixture =
                new LogFixture(root.resolve(work + "-" + shift + "-" + lives + "-" + isWrittenBefore))) {
            fixture.ringCapacity = RING_LENGTH;
            fixture.settings = fixture.settings.withSegmentLength(LogSettings.MIN_SEGMENT_LENGTH);
            fixture.open();
            final ChangeLog log = new ChangeLog(
                    fixture.ring,
                    fixture.failStop,
                    new MortalIdleStrategy(fixture, lives, isWrittenBefore),
                    ConsumerSignal.NONE,
                    System::nanoTime);
            for (int i = 0; i < shift; i++) {
                expected.add(putLong(log, i));
            }
            final List<Change> written = new ArrayList<>();
            try {
                write(log, work, written);
                if (work != Work.BATCH_THAT_IS_ROLLED_BACK) {
                    expected.addAll(written);
                }
                expected.add(putLong(log, -2));
            } catch (final Killed e) {
                isKilled = true;
            }
            reopen(fixture, expected);
            expected.add(putLong(fixture.log, -3)); // nothing of the rest may be taken for a part of this
            reopen(fixture, expected);
        }
        return isKilled;
    }

    private static void reopen(final LogFixture fixture, final List<Change> expected) {
        fixture.kill();
        fixture.open();
        assertThat(fixture.replayed).isEqualTo(expected);
    }

    private static void write(final ChangeLog log, final Work work, final List<Change> written) {
        if (work == Work.LONG_RECORD) {
            written.add(putBytes(log, 5 * RING_LENGTH));
            return;
        }
        log.beginGroup();
        if (work == Work.BATCH_OF_LONG_RECORDS) {
            for (int i = 0; i < 5; i++) {
                written.add(putBytes(log, RING_LENGTH + i));
                written.add(putLong(log, i));
            }
        } else {
            for (int i = 0; i < 10_000; i++) {
                written.add(putLong(log, i));
            }
        }
        if (work == Work.BATCH_THAT_IS_ROLLED_BACK) {
            log.abortGroup();
        } else {
            log.commitGroup();
        }
    }

    private static Change putLong(final ChangeLog log, final long key) {
        log.putLong(1, key, ~key);
        return Change.putLong(1, key, ~key);
    }

    private static Change putBytes(final ChangeLog log, final int length) {
        final byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        log.putLongBytes(2, length, value, RawMemory.ARRAY_OFFSET, length);
        return new Change((byte) 1, 2, Change.longBytes(length), value);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreIoException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRetentionTest {
    @TempDir
    Path root;

    private final SimulatedFiles files = new SimulatedFiles(1);
    private LogFixture fixture;
    private LogRetention retention;
    private List<Path> all;

    @BeforeEach
    void setUp() {
        fixture = new LogFixture(root);
        fixture.files = files;
        fixture.settings = fixture.settings.withSegmentLength(64 * 1024).withPreallocationLength(0);
        fixture.open();
        for (int i = 0; i < 12_000; i++) {
            fixture.log.putLong(1, i, i);
        }
        fixture.agent.doWork();
        retention = new LogRetention(files, fixture.directory, LogFixture.STORE_ID);
        all = fixture.segments();
        assertThat(all).hasSizeGreaterThan(4);
    }

    @AfterEach
    void tearDown() {
        fixture.close();
    }

    private static long start(final Path segment) {
        return LogSegmentDescriptor.startPosition(segment.getFileName().toString());
    }

    @Test
    void shouldKeepTheSegmentThatHoldsThePosition() {
        assertThat(retention.deleteBefore(start(all.get(2)) + 32)).isEqualTo(2);
        assertThat(fixture.segments()).isEqualTo(all.subList(2, all.size()));
        fixture.checkpointPosition = start(all.get(2)) + 32;
        fixture.replay().close();
        assertThat(fixture.replayedLongs().get(0)).isEqualTo(fixture.checkpointPosition / 32);
    }

    @Test
    void shouldDeleteASegmentOnceThePositionHasLeftIt() {
        assertThat(retention.deleteBefore(start(all.get(1)) - 8)).isZero();
        assertThat(retention.deleteBefore(start(all.get(1)))).isEqualTo(1);
        assertThat(retention.deleteBefore(start(all.get(1)))).isZero();
        fixture.checkpointPosition = start(all.get(1));
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize((int) (12_000 - fixture.checkpointPosition / 32));
    }

    @Test
    void shouldNeverDeleteTheNewestSegment() {
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isEqualTo(all.size() - 1);
        assertThat(fixture.segments()).containsExactly(all.get(all.size() - 1));
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isZero();
    }

    @Test
    void shouldDeleteTheOldestFirstSoThatAFailureLeavesNoGap() {
        final int headerReads = all.size() * 2; // open and read
        files.failCall(1 + headerReads + 2, SimulatedFiles.Fault.IO_ERROR, false);
        assertThatThrownBy(() -> retention.deleteBefore(Long.MAX_VALUE)).isInstanceOf(StoreIoException.class);
        files.failNothing();
        assertThat(fixture.segments()).isEqualTo(all.subList(2, all.size()));
    }

    @Test
    void shouldDeleteADamagedSegmentOnceASoundOneBehindItHoldsThePosition() {
        final byte[] bad = files.content(all.get(1)).clone();
        bad[40] ^= 1;
        files.setContent(all.get(1), bad);
        assertThat(retention.deleteBefore(start(all.get(2)) - 32)).isZero();
        assertThat(retention.deleteBefore(start(all.get(2)))).isEqualTo(2);
        assertThat(fixture.segments()).isEqualTo(all.subList(2, all.size()));
    }

    @Test
    void shouldKeepSegmentsWhenAllBehindThemAreDamaged() {
        for (final Path path : all.subList(1, all.size())) {
            final byte[] bad = files.content(path).clone();
            bad[40] ^= 1;
            files.setContent(path, bad);
        }
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isZero();
    }

    @Test
    void shouldKeepWhatIsHeldUntilTheHoldMovesOrCloses() {
        final LogHold hold = retention.hold(start(all.get(1)));
        final LogHold other = retention.hold(start(all.get(3)) + 32);
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isEqualTo(1);
        hold.moveTo(start(all.get(2)) - 32);
        hold.moveTo(0); // never back
        assertThat(hold.position()).isEqualTo(start(all.get(2)) - 32);
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isZero();
        hold.close();
        hold.close();
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isEqualTo(2);
        other.close();
        assertThat(fixture.segments()).isEqualTo(all.subList(3, all.size()));
        assertThat(retention.deleteBefore(Long.MAX_VALUE)).isEqualTo(all.size() - 4);
    }

    @Test
    void shouldKeepAsMuchAsTheSettingSays() {
        final long length = start(all.get(3)) - start(all.get(1));
        final LogRetention keeping = new LogRetention(files, fixture.directory, LogFixture.STORE_ID, length);
        assertThat(keeping.deleteBefore(start(all.get(3)) - 32)).isZero();
        assertThat(keeping.deleteBefore(start(all.get(3)))).isEqualTo(1);
        assertThat(new LogRetention(files, fixture.directory, LogFixture.STORE_ID, Long.MAX_VALUE)
                        .deleteBefore(start(all.get(all.size() - 1))))
                .isZero();
    }
}

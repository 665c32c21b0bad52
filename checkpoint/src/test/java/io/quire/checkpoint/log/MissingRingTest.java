/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.changelog.ChangeRing;
import io.quire.store.errors.CorruptStoreException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that was not closed in order needs its ring, unless it can be told that the ring was never begun. */
class MissingRingTest {
    private LogFixture fixture;

    @BeforeEach
    void writeSomething(@TempDir final Path root) {
        fixture = new LogFixture(root).open();
        fixture.isRingExpected = true;
        for (int i = 0; i < 100; i++) {
            fixture.put(i, new byte[8]);
        }
        fixture.agent.doWork();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldRefuseALogThatWasNotClosedInOrderWithoutItsRing() {
        fixture.kill();
        ChangeRing.delete(fixture.ringPath);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(fixture::replay)
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("ring is missing")
                    .hasMessageContaining("incarnation 1")
                    .hasMessageContaining(
                            fixture.segments().get(0).getFileName().toString());
        }
        fixture.isLossAccepted = true;
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize(100);
    }

    @Test
    void shouldRefuseALogWhoseRingIsOfTheIncarnationBefore() {
        fixture.kill();
        try (LogRecovery recovery = fixture.replay()) {
            recovery.startWriting(9).close(); // and no ring, as when somebody has put an old copy there
        }
        assertThatThrownBy(fixture::replay)
                .hasMessageContaining("ring is missing")
                .hasMessageContaining("incarnation 2");
    }

    @Test
    void shouldNotAskForARingAfterAnOrderlyCloseOrARestart() {
        fixture.shutDown();
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize(100);
        fixture.open().put(100, new byte[8]);
        fixture.agent.doWork();
        fixture.kill();
        ChangeRing.delete(fixture.ringPath);
        fixture.bootIdHash++;
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize(101);
    }

    @Test
    void shouldNotAskForARingThatWasPreparedAndNotBegun() {
        fixture.kill();
        killBeforeTheRingBegins(1);
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize(100);
        // Killed again, and again later on, with the next ring prepared but its segment not published.
        try (LogRecovery recovery = fixture.replay()) {
            assertThatThrownBy(() -> recovery.startWriting(8, unpublished -> {
                        prepare(unpublished);
                        throw new IllegalStateException("killed");
                    }))
                    .hasMessage("killed");
        }
        fixture.replay().close();
        killBeforeTheRingBegins(1);
        fixture.open();
        fixture.put(100, new byte[8]);
        fixture.agent.doWork();
        fixture.kill();
        fixture.replay().close();
        assertThat(fixture.replayedLongs()).hasSize(101);
        // The one that was begun since is gone: what was prepared before it does not stand for it.
        ChangeRing.deleteAll(fixture.ringPath);
        assertThatThrownBy(fixture::replay).hasMessageContaining("ring is missing");
    }

    private void killBeforeTheRingBegins(final int bits) {
        try (LogRecovery recovery = fixture.replay()) {
            recovery.startWriting(bits, this::prepare).close();
        }
    }

    private void prepare(final LogWriter unpublished) {
        try (ChangeRing ring = ChangeRing.allocate(fixture.ringPath, ChangeRing.MIN_CAPACITY)) {
            ring.prepare(LogFixture.STORE_ID, fixture.bootIdHash, unpublished.incarnation(), unpublished.position());
        }
    }
}

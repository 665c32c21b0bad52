/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.changelog.SurvivingRing.Status;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurvivingRingTest {
    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void setUp() {
        path = directory.resolve("ring");
    }

    private SurvivingRing read() {
        return SurvivingRing.read(path, RingFixture.STORE_ID, RingFixture.BOOT);
    }

    private void writeSome(final long startPosition) {
        try (RingFixture fixture = new RingFixture(directory, 65536, startPosition)) {
            fixture.log.putLong(1, 1, 1);
            fixture.drain();
            fixture.log.putLong(1, 2, 2);
            fixture.log.putLong(1, 3, 3);
        }
    }

    @Test
    void shouldHoldWhatWasPublishedAndNotConsumed() {
        writeSome(65536 * 5 - 48); // the second record does not fit before the end
        try (SurvivingRing ring = read()) {
            assertThat(ring.status()).isEqualTo(Status.VALID);
            assertThat(ring.reason()).isEmpty();
            assertThat(ring.incarnation()).isEqualTo(RingFixture.INCARNATION);
            assertThat(ring.head()).isEqualTo(65536 * 5 - 16);
            assertThat(ring.tail()).isEqualTo(65536 * 5 + 64);
            assertThat(RawMemory.getByte(ring.pointerOf(ring.head()) + 4)).isEqualTo((byte) 127);
            assertThat(RawMemory.getLong(ring.pointerOf(65536 * 5) + 16)).isEqualTo(2);
            assertThat(ring.isBoundary(ring.head())).isTrue();
            assertThat(ring.isBoundary(65536 * 5)).isTrue();
            assertThat(ring.isBoundary(65536 * 5 + 32)).isTrue();
            assertThat(ring.isBoundary(65536 * 5 + 64)).isTrue();
            assertThat(ring.isBoundary(65536 * 5 + 8)).isFalse();
        }
    }

    @Test
    void shouldTellWhetherSomebodyHasWrittenSinceItWasRead() throws IOException {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fixture.log.putLong(1, 1, 1);
            try (SurvivingRing ring = read()) {
                assertThat(ring.hasChanged()).isFalse();
                fixture.log.putLong(1, 2, 2);
                assertThat(ring.hasChanged()).as("tail").isTrue();
            }
            try (SurvivingRing ring = read()) {
                assertThat(ring.hasChanged()).isFalse();
                fixture.drain();
                assertThat(ring.hasChanged()).as("head").isTrue();
            }
            try (SurvivingRing ring = read()) {
                Files.delete(path);
                assertThat(ring.hasChanged()).as("gone").isTrue();
            }
        }
    }

    @Test
    void shouldBelongToItsOwnerOnly() throws IOException {
        writeSome(0);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldHaveItsWholeLengthFromTheBeginning() throws IOException {
        writeSome(0);
        assertThat(Files.size(path)).isEqualTo(65536 + 4096);
    }

    @Test
    void shouldSayWhyARingIsNotItsOwn() {
        assertThat(read().status()).isEqualTo(Status.MISSING);
        writeSome(0);
        final SurvivingRing otherStore = SurvivingRing.read(path, new UUID(1, 2), RingFixture.BOOT);
        assertThat(otherStore.status()).isEqualTo(Status.FOREIGN);
        assertThat(otherStore.reason()).contains("store id=" + RingFixture.STORE_ID);
        final SurvivingRing otherBoot = SurvivingRing.read(path, RingFixture.STORE_ID, RingFixture.BOOT + 1);
        assertThat(otherBoot.status()).isEqualTo(Status.FOREIGN);
        assertThat(otherBoot.reason()).contains("restarted");
    }

    @Test
    void shouldFindEveryFlippedByteOfTheHeader() throws IOException {
        writeSome(0);
        final byte[] good = Files.readAllBytes(path);
        for (int i = 0; i < 64; i++) {
            final byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(path, bad);
            try (SurvivingRing ring = read()) {
                assertThat(ring.status()).as("byte %d", i).isEqualTo(Status.DAMAGED);
            }
        }
    }

    @Test
    void shouldJudgeEveryFlippedByteOfThePositionsWithoutFailing() throws IOException {
        writeSome(1 << 20);
        final byte[] good = Files.readAllBytes(path);
        for (final int offset : new int[] {128, 256}) {
            for (int bit = 0; bit < 64; bit++) {
                final byte[] bad = good.clone();
                bad[offset + bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(path, bad);
                try (SurvivingRing ring = read()) {
                    assertThat(ring.status()).as("bit %d of %d", bit, offset).isIn(Status.DAMAGED, Status.VALID);
                }
            }
        }
    }

    @Test
    void shouldFindMalformedRecords() throws IOException {
        writeSome(0);
        final byte[] good = Files.readAllBytes(path);
        for (int i = 0; i < 8; i++) {
            final byte[] bad = good.clone();
            bad[4096 + 32 + i] ^= 0x40;
            Files.write(path, bad);
            try (SurvivingRing ring = read()) {
                assertThat(ring.status()).as("byte %d", i).isEqualTo(Status.DAMAGED);
                assertThat(ring.reason()).contains("malformed record at position=32");
            }
        }
    }

    @Test
    void shouldFindARingOfAnyOtherLength() throws IOException {
        writeSome(0);
        final byte[] good = Files.readAllBytes(path);
        for (final int length : new int[] {0, 1, 63, 64, 4095, 4096, 65536, good.length - 1, good.length + 1}) {
            Files.write(path, java.util.Arrays.copyOf(good, length));
            try (SurvivingRing ring = read()) {
                assertThat(ring.status()).as("length %d", length).isEqualTo(Status.DAMAGED);
            }
        }
    }

    @Test
    void shouldNotFollowALink() throws IOException {
        writeSome(0);
        final Path moved = directory.resolve("moved");
        Files.move(path, moved);
        Files.createSymbolicLink(path, moved);
        assertThat(read().status()).isEqualTo(Status.DAMAGED);
        assertThat(read().reason()).contains("not a regular file");
    }

    @Test
    void shouldReplaceWhatIsAtThePathAndLeaveNoTemporaryFile() throws IOException {
        Files.write(path, new byte[10]);
        Files.write(directory.resolve("ring.tmp"), new byte[10]);
        writeSome(64);
        assertThat(read().status()).isEqualTo(Status.VALID);
        assertThat(directory.resolve("ring.tmp")).doesNotExist();
    }

    @Test
    void shouldLeaveAnExistingRingAloneUntilItBegins() {
        writeSome(0);
        try (ChangeRing ring = ChangeRing.allocate(path, 1 << 17)) {
            assertThat(read().tail()).isEqualTo(96);
            ring.prepare(RingFixture.STORE_ID, RingFixture.BOOT, 2L << 32, 1024);
            assertThat(read().tail()).isEqualTo(96);
            final SurvivingRing prepared =
                    SurvivingRing.read(ChangeRing.preparedPath(path), RingFixture.STORE_ID, RingFixture.BOOT);
            assertThat(prepared.incarnation()).isEqualTo(2L << 32);
            prepared.close();
            ring.begin();
            assertThat(ChangeRing.preparedPath(path)).doesNotExist();
            assertThat(ring.incarnation()).isEqualTo(2L << 32);
        }
        assertThat(read().tail()).isEqualTo(1024);
        ChangeRing.allocate(path, 65536).close();
        assertThat(read().tail()).isEqualTo(1024);
        assertThat(directory.resolve("ring.tmp")).doesNotExist();
    }

    @Test
    void shouldKeepTheFlagOfAnInterrupt() {
        Thread.currentThread().interrupt();
        writeSome(0);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(read().status()).isEqualTo(Status.VALID);
    }

    @Test
    void shouldRefuseImpossibleSettings() {
        for (final int capacity : new int[] {0, 32768, 65537, 100_000, -65536, 1 << 31}) {
            assertThatThrownBy(() -> create(capacity, 0)).isInstanceOf(ConfigurationException.class);
        }
        assertThatThrownBy(() -> create(65536, -8)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> create(65536, 12)).isInstanceOf(ConfigurationException.class);
        path = directory.resolve("missing").resolve("ring");
        assertThatThrownBy(() -> create(65536, 0))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining(path.toString());
    }

    private void create(final int capacity, final long startPosition) {
        ChangeRing.create(path, RingFixture.STORE_ID, 1, 1, capacity, startPosition)
                .close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultStoreFilesTest extends StoreFilesContractTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final Path A = DIRECTORY.resolve("a");
    private static final Path B = DIRECTORY.resolve("b");
    private static final int SEEDS = 300;

    private final FaultStoreFiles files = new FaultStoreFiles();

    @BeforeEach
    void createDirectory() {
        files.createDirectories(DIRECTORY);
    }

    @Override
    StoreFiles files() {
        return files;
    }

    @Override
    Path directory() {
        return DIRECTORY;
    }

    private static ByteBuffer bytes(final String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(final byte[] content) {
        return content == null ? null : new String(content, StandardCharsets.US_ASCII);
    }

    private void write(final Path path, final String text, final boolean force) {
        try (StoreFile file = files.create(path)) {
            file.write(0, bytes(text));
            if (force) {
                file.force(true);
            }
        }
    }

    @Test
    void shouldKeepForcedBytesUnderForcedNamesOnly() {
        write(A, "forced", true);
        files.forceDirectory(DIRECTORY);
        write(B, "unnamed", true);
        final Set<String> ofB = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            final FaultStoreFiles after = files.afterPowerLoss(seed);
            assertThat(text(after.content(A))).isEqualTo("forced");
            ofB.add(text(after.content(B)));
        }
        assertThat(ofB).containsExactlyInAnyOrder("unnamed", null);
    }

    @Test
    void shouldLoseKeepOrTearUnforcedBytes() {
        write(A, "x".repeat(4096), true);
        files.forceDirectory(DIRECTORY);
        try (StoreFile file = files.openWrite(A)) {
            file.write(1024, bytes("y".repeat(5000)));
        }
        final Set<Boolean> startChanged = new HashSet<>();
        final Set<Boolean> endArrived = new HashSet<>();
        boolean torn = false;
        for (int seed = 0; seed < SEEDS; seed++) {
            final byte[] content = files.afterPowerLoss(seed).content(A);
            assertThat(text(content)).startsWith("x".repeat(1024));
            assertThat(content.length).isBetween(4096, 6024);
            startChanged.add(content[1024] == 'y');
            endArrived.add(content.length == 6024 && content[6023] == 'y');
            torn |= content[1024] == 'y' && content[2048] == 'x' && content.length > 4096;
        }
        assertThat(startChanged).containsExactlyInAnyOrder(true, false);
        assertThat(endArrived).containsExactlyInAnyOrder(true, false);
        assertThat(torn).isTrue();
    }

    @Test
    void shouldReorderUnforcedNames() {
        write(A, "old", true);
        files.forceDirectory(DIRECTORY);
        files.delete(A);
        write(B, "new", true);
        final Set<String> outcomes = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            final FaultStoreFiles after = files.afterPowerLoss(seed);
            outcomes.add(String.join(",", after.list(DIRECTORY)));
        }
        assertThat(outcomes).containsExactlyInAnyOrder("", "a", "b", "a,b");
    }

    @Test
    void shouldGiveTheSameOutcomeForTheSameSeed() {
        write(A, "x".repeat(10_000), false);
        for (int seed = 0; seed < SEEDS; seed++) {
            assertThat(files.afterPowerLoss(seed).content(A))
                    .isEqualTo(files.afterPowerLoss(seed).content(A));
        }
    }

    @Test
    void shouldKeepEverythingUnsyncedWhenOnlyTheProcessIsKilled() {
        write(A, "unforced", false);
        final FaultStoreFiles killed = files.afterKill();
        assertThat(text(killed.content(A))).isEqualTo("unforced");
        assertThatThrownBy(() -> files.list(DIRECTORY)).isInstanceOf(SimulatedCrash.class);
        final Set<String> later = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            later.add(String.valueOf(text(killed.afterPowerLoss(seed).content(A))));
        }
        assertThat(later).contains("null", "unforced").hasSizeGreaterThan(2);
    }

    @Test
    void shouldLoseWhatAFailedForceShouldHaveMadeDurableEvenWhenTheNextSucceeds() {
        write(A, "old", true);
        files.forceDirectory(DIRECTORY);
        try (StoreFile file = files.openWrite(A)) {
            file.write(0, bytes("new"));
            files.failAt(0, FileFault.IO_ERROR);
            assertThatThrownBy(() -> file.force(false)).isInstanceOf(StoreIoException.class);
        }
        assertThat(text(files.content(A))).isEqualTo("new");
        for (int seed = 0; seed < SEEDS; seed++) {
            assertThat(text(files.afterPowerLoss(seed).content(A))).isEqualTo("old");
        }
    }

    @Test
    void shouldFailTheCallAskedForAndNoOther() {
        files.failAt(2, FileFault.IO_ERROR);
        final StoreFile file = files.create(A);
        file.write(0, bytes("one"));
        assertThatThrownBy(() -> file.write(3, bytes("two")))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("WRITE /store/a@3+3");
        assertThat(files.faultHit()).isTrue();
        file.write(3, bytes("two"));
        file.close();
        assertThat(text(files.content(A))).isEqualTo("onetwo");
        assertThat(files.calls()).hasSize(5);
        files.failFrom(1, FileFault.IO_ERROR);
        files.exists(A);
        assertThatThrownBy(() -> files.exists(A)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files.delete(A)).isInstanceOf(StoreIoException.class);
        files.heal();
        files.delete(A);
        assertThat(files.callCount()).isEqualTo(1);
    }

    @Test
    void shouldShortenAndTearWrites() {
        final String text = "x".repeat(2048);
        try (StoreFile file = files.create(A)) {
            files.failAt(0, FileFault.SHORT_WRITE);
            assertThatThrownBy(() -> file.write(0, bytes(text))).isInstanceOf(StoreFullException.class);
            assertThat(files.content(A)).hasSize(1024);
        }
        boolean torn = false;
        for (int i = 0; i < 20; i++) {
            try (StoreFile file = files.create(DIRECTORY.resolve("t" + i))) {
                files.failAt(0, FileFault.TORN_WRITE);
                assertThatThrownBy(() -> file.write(0, bytes(text))).isInstanceOf(StoreIoException.class);
                final byte[] content = files.content(file.path());
                torn |= content.length == 2048 && (content[0] == 0 || content[512] == 0);
            }
        }
        assertThat(torn).isTrue();
    }

    @Test
    void shouldBeFullAtItsCapacity() {
        files.setCapacity(10);
        try (StoreFile file = files.create(A)) {
            file.write(0, bytes("0123456789"));
            file.write(5, bytes("again"));
            assertThatThrownBy(() -> file.write(10, bytes("x"))).isInstanceOf(StoreFullException.class);
            assertThatThrownBy(() -> file.preallocate(11)).isInstanceOf(StoreFullException.class);
        }
        assertThat(files.usableSpace(DIRECTORY)).isZero();
        files.failAt(0, FileFault.DISK_FULL);
        files.delete(A);
        files.failAt(0, FileFault.DISK_FULL);
        assertThatThrownBy(() -> files.create(B)).isInstanceOf(StoreFullException.class);
    }

    @Test
    void shouldDieBeforeOrAfterACall() {
        files.failAt(0, FileFault.CRASH_BEFORE);
        assertThatThrownBy(() -> files.create(A)).isInstanceOf(SimulatedCrash.class);
        assertThatThrownBy(() -> files.exists(A)).isInstanceOf(SimulatedCrash.class);
        final FaultStoreFiles second = files.afterKill();
        assertThat(second.content(A)).isNull();
        second.failAt(0, FileFault.CRASH_AFTER);
        assertThatThrownBy(() -> second.create(A)).isInstanceOf(SimulatedCrash.class);
        assertThat(second.afterKill().content(A)).isEmpty();
    }

    @Test
    void shouldLieAboutForcesWhenTold() {
        files.ignore(FileOperation.FORCE);
        write(A, "forced?", true);
        files.forceDirectory(DIRECTORY);
        final Set<String> outcomes = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            outcomes.add(text(files.afterPowerLoss(seed).content(A)));
        }
        assertThat(outcomes).contains("", "forced?");
    }

    @Test
    void shouldNameLeakedHandlesAndWhoOpenedThem() {
        final StoreFile file = files.create(A);
        final MappedFile map = file.mapRead();
        assertThat(files.openHandles()).hasSize(2);
        assertThat(files.openHandles()).anyMatch(handle -> handle.startsWith("mapping /store/a"));
        assertThat(String.join("\n", files.openHandles())).contains("shouldNameLeakedHandles");
        file.close();
        map.close();
        assertThat(files.openHandles()).isEmpty();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.Checksum;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileHeaderDescriptor;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.FormatTooNewException;
import io.quire.store.errors.FormatTooOldException;
import io.quire.store.errors.StateStoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A manifest is whole and of its place, or it is rejected with file and offset. */
class ManifestCorruptionTest {
    private static final UUID STORE_ID = new UUID(0x0011223344556677L, 0x8899aabbccddeeffL);
    private static final UUID PARENT_ID = new UUID(3, 4);
    private static final Path DIRECTORY = Path.of("/store");
    private static final String GOLDEN = "manifest-1.0.bin";

    private final FaultStoreFiles files = new FaultStoreFiles();
    private final Manifest manifest = manifest();
    private final Path path = DIRECTORY.resolve(manifest.fileName());
    private byte[] good;

    private static Manifest manifest() {
        return new Manifest(
                STORE_ID,
                0x1234,
                new CheckpointCut(99, 123_456_789_012L, 1_700_000_000_123L),
                new MemoryLayout(30, 1 << 21, 0xfedcba9876543210L, 65536),
                101,
                1002,
                new TreeMap<>(Map.of(1, 11L, 77, -1L)),
                List.of(
                        new CheckpointFileInfo(
                                new CheckpointFileIdentity(PARENT_ID, 1001, 1, 90),
                                1_000_000,
                                0x89abcdef,
                                200,
                                9000,
                                600_000,
                                500_000),
                        new CheckpointFileInfo(new CheckpointFileIdentity(STORE_ID, 997, 99, 99), 200, 1, 0, 0, 0, 0)));
    }

    @BeforeEach
    void publish() {
        files.createDirectories(DIRECTORY);
        ManifestWriter.publish(files, DIRECTORY, manifest);
        good = files.content(path);
    }

    private static byte[] golden() throws IOException {
        try (InputStream stream = ManifestCorruptionTest.class.getResourceAsStream("/formats/" + GOLDEN)) {
            return Objects.requireNonNull(stream, GOLDEN).readAllBytes();
        }
    }

    @Test
    void shouldReadVersion10AndStillWriteTheSameBytes() throws IOException {
        assertThat(good).isEqualTo(golden());
        files.setContent(path, golden());
        assertThat(ManifestReader.read(files, path)).isEqualTo(manifest);
    }

    @Test
    @EnabledIfSystemProperty(named = "golden.directory", matches = ".+")
    void shouldWriteGoldenFileWhenAskedTo() throws IOException {
        Files.write(Path.of(System.getProperty("golden.directory")).resolve(GOLDEN), good);
    }

    @Test
    void shouldDetectEveryFlippedBit() {
        for (int i = 0; i < good.length * 8; i++) {
            final byte[] bad = good.clone();
            bad[i / 8] ^= (byte) (1 << (i % 8));
            assertRejected(bad);
        }
    }

    @Test
    void shouldDetectEveryLengthButTheRightOne() {
        for (int length = 0; length < good.length + 200; length++) {
            if (length != good.length) {
                assertRejected(Arrays.copyOf(good, length));
            }
        }
        assertRejected(new byte[ManifestDescriptor.LENGTH_MAX + 1]);
    }

    @Test
    void shouldSurviveHostileNumbersWithChecksumsPutRight() {
        final int[] hostile = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 16, 4096, 4097};
        for (int offset = 0; offset < good.length - Integer.BYTES; offset += Integer.BYTES) {
            for (final int value : hostile) {
                final byte[] bad = good.clone();
                buffer(bad).putInt(offset, value);
                readHostile(bad);
            }
        }
        final Random random = new Random(3);
        for (int i = 0; i < 5000; i++) {
            final byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            readHostile(bad);
        }
    }

    private void readHostile(final byte[] bad) {
        files.setContent(path, fix(bad));
        try {
            ManifestReader.read(files, path);
        } catch (final StateStoreException e) {
            assertThat(e.getMessage()).contains(path.toString());
        }
    }

    @Test
    void shouldTellNewerAndOlderFormatsFromDamage() {
        assertThatThrownBy(() -> readWithShort(FileHeaderDescriptor.MAJOR_OFFSET, 2))
                .isInstanceOf(FormatTooNewException.class)
                .hasMessageContaining("found=2 supported=1..1");
        assertThatThrownBy(() -> readWithShort(FileHeaderDescriptor.MAJOR_OFFSET, 0))
                .isInstanceOf(FormatTooOldException.class);
        assertThatThrownBy(() -> readWithShort(FileHeaderDescriptor.KIND_OFFSET, 1))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("expected=MANIFEST found=CHECKPOINT");
        assertThat(readWithShort(FileHeaderDescriptor.MINOR_OFFSET, 5)).isEqualTo(manifest);
    }

    private Manifest readWithShort(final int offset, final int value) {
        final byte[] changed = good.clone();
        buffer(changed).putShort(offset, (short) value);
        files.setContent(path, fix(changed));
        return ManifestReader.read(files, path);
    }

    @Test
    void shouldRejectAManifestUnderAnotherName() {
        final Path other = DIRECTORY.resolve(StoreFileNames.manifest(7));
        files.setContent(other, good);
        assertThatThrownBy(() -> ManifestReader.read(files, other))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("renamed");
    }

    private void assertRejected(final byte[] bad) {
        files.setContent(path, bad);
        assertThatThrownBy(() -> ManifestReader.read(files, path))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(path.toString());
        final ManifestCatalog catalog = ManifestCatalog.scan(files, DIRECTORY, STORE_ID);
        assertThat(catalog.newestFirst()).isEmpty();
        assertThat(catalog.rejected()).hasSize(1);
        assertThat(catalog.nextGeneration()).isEqualTo(manifest.generation() + 1);
    }

    private static ByteBuffer buffer(final byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] fix(final byte[] bytes) {
        final ByteBuffer buffer = buffer(bytes);
        final Checksum checksum = new Checksum();
        buffer.putInt(
                FileHeaderDescriptor.CHECKSUM_OFFSET, checksum.of(buffer, 0, FileHeaderDescriptor.CHECKSUM_OFFSET));
        buffer.putInt(bytes.length - Integer.BYTES, checksum.of(buffer, 0, bytes.length - Integer.BYTES));
        return bytes;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
    private static final UUID STORE_ID = new UUID(1, 2);
    private static final UUID OTHER_STORE_ID = new UUID(3, 4);

    @TempDir
    Path directory;

    private final StoreFiles files = new DiskStoreFiles();

    @Test
    void shouldReadBackWhatWasPublished() {
        final Manifest manifest = manifest(STORE_ID, 7, 5, 3).withProperties(Map.of(1, 11L, 9, -1L));
        ManifestWriter.publish(files, directory, manifest);
        assertThat(ManifestReader.read(files, directory.resolve(manifest.fileName())))
                .isEqualTo(manifest);
        assertThat(files.list(directory)).containsExactly("manifest-0000000000000007");
    }

    @Test
    void shouldListManifestsNewestFirstAndSayWhyOthersAreRejected() throws IOException {
        for (int generation = 1; generation <= 4; generation++) {
            ManifestWriter.publish(files, directory, manifest(STORE_ID, generation, generation, generation));
        }
        final Path damaged = directory.resolve(StoreFileNames.manifest(3));
        final byte[] bytes = Files.readAllBytes(damaged);
        bytes[100] ^= 1;
        Files.write(damaged, bytes);
        Files.move(directory.resolve(StoreFileNames.manifest(4)), directory.resolve(StoreFileNames.manifest(6)));
        ManifestWriter.publish(files, directory, manifest(OTHER_STORE_ID, 8, 1, 1));
        Files.createFile(directory.resolve(StoreFileNames.temporaryManifest(9)));
        Files.createFile(directory.resolve("manifest-7"));
        Files.createFile(directory.resolve(StoreFileNames.checkpointFile(77)));

        final ManifestCatalog catalog = ManifestCatalog.scan(files, directory, STORE_ID);

        assertThat(catalog.newestFirst()).extracting(Manifest::generation).containsExactly(2L, 1L);
        assertThat(catalog.rejected()).extracting(RejectedManifest::generation).containsExactly(8L, 6L, 3L);
        assertThat(catalog.rejected().get(0).cause()).hasMessageContaining("another store");
        assertThat(catalog.rejected().get(1).cause()).hasMessageContaining("renamed");
        assertThat(catalog.rejected().get(2).cause())
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("checksum mismatch")
                .hasMessageContaining(damaged.toString());
        assertThat(catalog.temporaryNames()).containsExactly(StoreFileNames.temporaryManifest(9));
        assertThat(catalog.nextGeneration()).isEqualTo(9);
        assertThat(catalog.nextFileNumber()).isEqualTo(78);
        assertThat(ManifestCatalog.scan(files, directory, null).newestFirst())
                .extracting(Manifest::generation)
                .containsExactly(8L, 2L, 1L);
        assertThat(ManifestCatalog.scan(files, directory.resolve("missing"), null)
                        .newestFirst())
                .isEmpty();
    }

    @Test
    void shouldRefuseAGenerationThatExists() {
        ManifestWriter.publish(files, directory, manifest(STORE_ID, 1, 1, 1));
        assertThatThrownBy(() -> ManifestWriter.publish(files, directory, manifest(STORE_ID, 1, 2, 2)))
                .isInstanceOf(CheckpointFailedException.class);
        assertThat(ManifestCatalog.scan(files, directory, STORE_ID)
                        .newestFirst()
                        .get(0)
                        .cut()
                        .checkpointId())
                .isEqualTo(1);
    }

    /** Whoever publishes may delete what a manifest names only when it is certain that it was not published. */
    @Test
    void shouldTellFailuresBeforeTheRenameFromThoseAfterIt() {
        final Manifest manifest = manifest(STORE_ID, 1, 1, 1);
        final Path store = Path.of("/store");
        for (long call = 0; ; call++) {
            final FaultStoreFiles inMemory = new FaultStoreFiles();
            inMemory.createDirectories(store);
            inMemory.failAt(call, FileFault.IO_ERROR);
            try {
                ManifestWriter.publish(inMemory, store, manifest);
                assertThat(inMemory.faultHit()).isFalse();
                return;
            } catch (final StateStoreException e) {
                final boolean renamed = inMemory.content(store.resolve(manifest.fileName())) != null;
                if (renamed) {
                    assertThat(e).isInstanceOf(StoreIoException.class);
                } else {
                    assertThat(e).isInstanceOfAny(CheckpointFailedException.class, StoreIoException.class);
                }
                assertThat(e.getMessage().contains("not known to be durable")).isEqualTo(renamed);
            }
        }
    }

    @Test
    void shouldPublishOverTheRemainsOfACrash() throws IOException {
        Files.writeString(directory.resolve(StoreFileNames.temporaryManifest(1)), "half");
        ManifestWriter.publish(files, directory, manifest(STORE_ID, 1, 1, 1));
        assertThat(files.list(directory)).containsExactly(StoreFileNames.manifest(1));
    }

    @Test
    void shouldRefuseMorePagesThanHaveNumbers() {
        final long most = MemoryLayout.PAGE_COUNT_MAX;
        assertThat(new MemoryLayout(30, most, 1, 0).pageCount()).isLessThan(Integer.MAX_VALUE);
        for (final long count : new long[] {-16, 17, most + 16, 1L << 31}) {
            assertThatThrownBy(() -> new MemoryLayout(30, count, 1, 0))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("pageCount=" + count);
        }
    }

    @Test
    void shouldRefuseManifestsThatContradictThemselves() {
        final Manifest good = manifest(STORE_ID, 5, 5, 3);
        assertThatThrownBy(() -> good.withFiles(0, 9, good.files())).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withFiles(6, 3, good.files())).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withFiles(
                        6, 9, List.of(good.files().get(1), good.files().get(0))))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withFiles(6, 9, List.of(file(1, 1), file(1, 2))))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withFiles(6, 9, List.of(file(1, 6)))).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> good.withProperties(Map.of(0, 1L))).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldDeleteOnlyWhatNoKeptManifestNeeds() throws IOException {
        final FileNumbers numbers = new FileNumbers(10);
        for (int generation = 1; generation <= 5; generation++) {
            ManifestWriter.publish(files, directory, manifest(STORE_ID, generation, generation, generation));
            Files.createFile(directory.resolve(StoreFileNames.checkpointFile(generation)));
        }
        final Manifest merged = manifest(STORE_ID, 6, 6, 0).withFiles(6, 9, List.of(file(8, 6)));
        Files.createFile(directory.resolve(StoreFileNames.checkpointFile(8)));
        ManifestWriter.publish(files, directory, merged);
        final long writing = numbers.take();
        Files.createFile(directory.resolve(StoreFileNames.checkpointFile(writing)));
        Files.createFile(directory.resolve(StoreFileNames.checkpointFile(99)));
        Files.createFile(directory.resolve("something-else"));
        final Retention retention = new Retention(files, directory, numbers);

        final List<String> deleted = retention.retain(List.of(merged, manifest(STORE_ID, 2, 2, 2)));

        assertThat(deleted)
                .containsExactly(
                        StoreFileNames.manifest(1),
                        StoreFileNames.manifest(3),
                        StoreFileNames.manifest(4),
                        StoreFileNames.manifest(5),
                        StoreFileNames.checkpointFile(3),
                        StoreFileNames.checkpointFile(4),
                        StoreFileNames.checkpointFile(5),
                        StoreFileNames.checkpointFile(99));
        numbers.release(writing);
        assertThat(retention.retain(List.of(merged)))
                .containsExactly(
                        StoreFileNames.manifest(2),
                        StoreFileNames.checkpointFile(1),
                        StoreFileNames.checkpointFile(2),
                        StoreFileNames.checkpointFile(writing));
        assertThat(files.list(directory))
                .containsExactly(StoreFileNames.checkpointFile(8), StoreFileNames.manifest(6), "something-else");
    }

    @Test
    void shouldDeleteNothingBesideANewerManifest() {
        ManifestWriter.publish(files, directory, manifest(STORE_ID, 1, 1, 1));
        ManifestWriter.publish(files, directory, manifest(STORE_ID, 2, 2, 1));
        final Retention retention = new Retention(files, directory, new FileNumbers(1));
        assertThat(retention.retain(List.of(manifest(STORE_ID, 1, 1, 1)))).isEmpty();
        assertThatThrownBy(() -> retention.retain(List.of())).isInstanceOf(ConfigurationException.class);
    }

    private static Manifest manifest(
            final UUID storeId, final long generation, final long checkpointId, final int fileCount) {
        final List<CheckpointFileInfo> infos = new ArrayList<>();
        for (int i = 1; i <= fileCount; i++) {
            infos.add(file(i, i));
        }
        return new Manifest(
                storeId,
                generation,
                new CheckpointCut(checkpointId, 1000 + checkpointId, 1_700_000_000_000L),
                new MemoryLayout(30, 1 << 20, 0x1234567890abcdefL, 65536),
                checkpointId + 1,
                fileCount + 1,
                new TreeMap<>(),
                infos);
    }

    private static CheckpointFileInfo file(final long number, final long checkpointId) {
        return new CheckpointFileInfo(
                new CheckpointFileIdentity(STORE_ID, number, checkpointId, checkpointId), 200, 77, 0, 0, 0, 0);
    }
}

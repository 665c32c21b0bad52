/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskStoreFilesTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private final DiskStoreFiles files = new DiskStoreFiles();

    @Test
    void shouldCreateFilesForTheirOwnerOnly() throws IOException {
        final Path path = directory.resolve("a");
        files.create(path).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldCreateDirectoriesForTheirOwnerOnly() throws IOException {
        final Path path = directory.resolve("a/b/c");
        files.createDirectories(path);
        files.createDirectories(path);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void shouldRefuseToCreateWhatExists() {
        final Path path = directory.resolve("a");
        files.create(path).close();
        assertThatThrownBy(() -> files.create(path))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining(path.toString());
    }

    @Test
    void shouldFollowNoLink() throws IOException {
        final Path target = directory.resolve("target");
        Files.writeString(target, "secret");
        final Path link = directory.resolve("link");
        Files.createSymbolicLink(link, target);
        assertThatThrownBy(() -> files.openRead(link)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files.openWrite(link)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files.create(link)).isInstanceOf(StoreIoException.class);
        final Path dangling = directory.resolve("dangling");
        Files.createSymbolicLink(dangling, directory.resolve("nowhere"));
        assertThat(files.exists(dangling)).isTrue();
        assertThatThrownBy(() -> files.create(dangling)).isInstanceOf(StoreIoException.class);
        assertThat(directory.resolve("nowhere")).doesNotExist();
    }

    @Test
    void shouldOpenNothingButRegularFiles() {
        assertThatThrownBy(() -> files.openRead(directory)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files.openRead(directory.resolve("missing")))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void shouldWriteAndReadAtPositions() {
        final Path path = directory.resolve("a");
        try (StoreFile file = files.create(path)) {
            file.write(10, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            file.write(0, ByteBuffer.wrap(new byte[] {9}));
            file.force(true);
            assertThat(file.size()).isEqualTo(13);
            file.truncate(12);
            file.preallocate(20);
            file.preallocate(5);
            assertThat(file.size()).isEqualTo(20);
        }
        try (StoreFile file = files.openRead(path)) {
            final ByteBuffer target = ByteBuffer.allocate(20);
            file.read(0, target);
            assertThat(target.array()).startsWith(9, 0).containsSequence(0, 1, 2, 0);
            assertThatThrownBy(() -> file.read(18, ByteBuffer.allocate(3)))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("offset=20");
            assertThatThrownBy(() -> file.write(0, ByteBuffer.wrap(new byte[1])))
                    .isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void shouldRenameListAndDelete() {
        files.create(directory.resolve("b")).close();
        files.create(directory.resolve("a")).close();
        files.rename(directory.resolve("b"), directory.resolve("c"));
        files.forceDirectory(directory);
        assertThat(files.list(directory)).containsExactly("a", "c");
        files.delete(directory.resolve("a"));
        files.delete(directory.resolve("a"));
        assertThat(files.list(directory)).containsExactly("c");
        assertThat(files.exists(directory.resolve("a"))).isFalse();
        assertThat(files.list(directory.resolve("missing"))).isEmpty();
        assertThat(files.usableSpace(directory)).isPositive();
        assertThatThrownBy(() -> files.rename(directory.resolve("x"), directory.resolve("y")))
                .isInstanceOf(StoreIoException.class);
    }

    @Test
    void shouldTellAFullDiskFromOtherFailures() {
        final Path path = directory.resolve("a");
        assertThat(DiskStoreFiles.failure("write", path, 100, new IOException("No space left on device")))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("needed=100")
                .hasMessageContaining("free=");
        assertThat(DiskStoreFiles.failure("write", path, 100, new IOException("Disk quota exceeded")))
                .isInstanceOf(StoreFullException.class);
        assertThat(DiskStoreFiles.failure("write", path, Long.MAX_VALUE, new IOException("Kein Platz")))
                .isInstanceOf(StoreFullException.class);
        assertThat(DiskStoreFiles.failure("write", path, 100, new IOException("Input/output error")))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("Input/output error");
    }

    @Test
    void shouldCopyAcrossWindowsOfAMapping() throws IOException {
        final byte[] bytes = new byte[3 * PAGE + 100];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + i / 256);
        }
        final Path path = directory.resolve("a");
        Files.write(path, bytes);
        final long pointer = RawMemory.allocate(bytes.length);
        try (StoreFile file = new DiskStoreFiles(PAGE).openRead(path);
                MappedFile map = file.mapRead()) {
            assertThat(map.size()).isEqualTo(bytes.length);
            for (final int position : new int[] {0, 1, PAGE - 1, PAGE, 2 * PAGE + 5, 3 * PAGE + 99}) {
                final int length = bytes.length - position;
                map.copy(position, pointer, length);
                assertThat(RawMemory.equal(bytes, RawMemory.ARRAY_OFFSET + position, pointer, length))
                        .isTrue();
            }
            assertThatThrownBy(() -> map.copy(bytes.length, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(-1, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(Long.MAX_VALUE, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(0, pointer, -1)).isInstanceOf(CorruptStoreException.class);
        } finally {
            RawMemory.free(pointer);
        }
    }

    @Test
    void shouldMapAnEmptyFileAndRefuseAClosedMapping() {
        final Path path = directory.resolve("a");
        try (StoreFile file = files.create(path)) {
            final MappedFile map = file.mapRead();
            map.copy(0, 0, 0);
            map.close();
            map.close();
            assertThatThrownBy(() -> map.copy(0, 0, 0)).isInstanceOf(StoreClosedException.class);
        }
    }

    @Test
    void shouldTurnAFaultInAMappingIntoAnExceptionInColdAndCompiledCode() {
        final Path path = directory.resolve("a");
        final long pointer = RawMemory.allocate(2 * PAGE);
        try (StoreFile file = files.create(path)) {
            file.preallocate(64 * PAGE);
            try (MappedFile map = file.mapRead()) {
                file.truncate(2 * PAGE);
                assertThatThrownBy(() -> map.copy(8 * PAGE, pointer, PAGE)).isInstanceOf(StoreIoException.class);
                int caught = 0;
                for (int i = 0; i < 30_000; i++) {
                    map.copy(i % PAGE, pointer, PAGE); // Makes it hot; must not be hit by an earlier fault.
                    if (i % 3 == 0 && faults(map, 8 * PAGE + i, pointer)) {
                        caught++;
                    }
                }
                assertThat(caught).isEqualTo(10_000);
            }
        } finally {
            RawMemory.free(pointer);
        }
    }

    private static boolean faults(final MappedFile map, final long position, final long pointer) {
        try {
            map.copy(position, pointer, PAGE + (int) (position & 63));
            return false;
        } catch (final StoreIoException e) {
            return e.getCause() instanceof InternalError && e.getMessage().contains("offset " + position);
        }
    }
}

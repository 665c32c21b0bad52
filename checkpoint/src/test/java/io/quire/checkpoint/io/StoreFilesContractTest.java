/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What every file layer does, the model that the fault tests rely on included. */
abstract class StoreFilesContractTest {
    /** {@return an empty file layer} */
    abstract StoreFiles files();

    /** {@return an existing directory in it} */
    abstract Path directory();

    @Test
    void shouldRefuseToCreateWhatExists() {
        final Path path = directory().resolve("a");
        files().create(path).close();
        assertThatThrownBy(() -> files().create(path))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining(path.toString());
    }

    @Test
    void shouldRefuseToOpenWhatIsMissing() {
        final Path path = directory().resolve("missing");
        assertThatThrownBy(() -> files().openRead(path))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining(path.toString());
        assertThatThrownBy(() -> files().openWrite(path)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files().create(path.resolve("below"))).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files().forceDirectory(path)).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> files().rename(path, directory().resolve("b"))).isInstanceOf(StoreIoException.class);
    }

    @Test
    void shouldWriteAndForceInOneCallInsideTheFile() {
        final Path path = directory().resolve("a");
        try (StoreFile file = files().create(path)) {
            file.preallocate(20);
            file.force(false);
            final ByteBuffer source = ByteBuffer.wrap(new byte[] {8, 9, 10, 11}, 1, 2);
            assertThat(file.writeForced(4, source)).isTrue();
            assertThat(source.hasRemaining()).isFalse();
            assertThat(file.writeForced(0, ByteBuffer.allocateDirect(1).put(0, (byte) 7)))
                    .isTrue();
            file.write(19, ByteBuffer.wrap(new byte[] {1}));
            assertThat(file.size()).isEqualTo(20);
        }
        try (StoreFile file = files().openRead(path)) {
            final ByteBuffer target = ByteBuffer.allocate(20);
            file.read(0, target);
            assertThat(target.array()).startsWith(7, 0, 0, 0, 9, 10, 0).endsWith(0, 1);
            assertThatThrownBy(() -> file.writeForced(0, ByteBuffer.wrap(new byte[1])))
                    .isInstanceOf(StoreIoException.class);
        }
    }

    @Test
    void shouldWriteAndReadAtPositions() {
        final Path path = directory().resolve("a");
        try (StoreFile file = files().create(path)) {
            assertThat(file.path()).isEqualTo(path);
            file.write(10, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            final ByteBuffer source = ByteBuffer.wrap(new byte[] {8, 9, 10}, 1, 1);
            file.write(0, source);
            assertThat(source.hasRemaining()).isFalse();
            file.force(true);
            assertThat(file.size()).isEqualTo(13);
            file.truncate(12);
            file.truncate(50);
            assertThat(file.size()).isEqualTo(12);
            file.preallocate(20);
            file.preallocate(5);
            assertThat(file.size()).isEqualTo(20);
        }
        try (StoreFile file = files().openRead(path)) {
            final ByteBuffer target = ByteBuffer.allocate(20);
            file.read(0, target);
            assertThat(target.array()).startsWith(9, 0, 0).endsWith(1, 2, 0, 0, 0, 0, 0, 0, 0, 0);
            assertThatThrownBy(() -> file.read(18, ByteBuffer.allocate(3)))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("offset=20");
            assertThatThrownBy(() -> file.write(0, ByteBuffer.wrap(new byte[1])))
                    .isInstanceOf(StoreIoException.class);
        }
        try (StoreFile file = files().openWrite(path)) {
            file.write(20, ByteBuffer.wrap(new byte[] {5}));
            assertThat(file.size()).isEqualTo(21);
        }
    }

    @Test
    void shouldRefuseAClosedFile() {
        final StoreFile file = files().create(directory().resolve("a"));
        file.close();
        file.close();
        assertThatThrownBy(file::size).isInstanceOf(StoreIoException.class);
        assertThatThrownBy(() -> file.write(0, ByteBuffer.allocate(1))).isInstanceOf(StoreIoException.class);
    }

    @Test
    void shouldRenameListAndDelete() {
        files().create(directory().resolve("b")).close();
        files().create(directory().resolve("a")).close();
        files().rename(directory().resolve("b"), directory().resolve("c"));
        files().forceDirectory(directory());
        assertThat(files().list(directory())).containsExactly("a", "c");
        files().rename(directory().resolve("a"), directory().resolve("c"));
        assertThat(files().list(directory())).containsExactly("c");
        files().delete(directory().resolve("c"));
        files().delete(directory().resolve("c"));
        assertThat(files().list(directory())).isEmpty();
        assertThat(files().exists(directory().resolve("c"))).isFalse();
        assertThat(files().exists(directory())).isTrue();
        assertThat(files().list(directory().resolve("missing"))).isEmpty();
        assertThat(files().usableSpace(directory())).isPositive();
    }

    @Test
    void shouldCreateDirectories() {
        final Path below = directory().resolve("x/y");
        files().createDirectories(below);
        files().createDirectories(below);
        files().create(below.resolve("a")).close();
        assertThat(files().list(below)).containsExactly("a");
    }

    @Test
    void shouldReadThroughAMapping() {
        final Path path = directory().resolve("a");
        final byte[] bytes = new byte[10_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + i / 256);
        }
        final long pointer = RawMemory.allocate(bytes.length);
        try (StoreFile file = files().create(path)) {
            file.write(0, ByteBuffer.wrap(bytes));
            final MappedFile map = file.mapRead();
            file.close();
            assertThat(map.size()).isEqualTo(bytes.length);
            assertThat(map.path()).isEqualTo(path);
            for (final int position : new int[] {0, 1, 4095, 4096, 8192, 9_999}) {
                final int length = bytes.length - position;
                map.copy(position, pointer, length);
                assertThat(RawMemory.equal(bytes, RawMemory.ARRAY_OFFSET + position, pointer, length))
                        .isTrue();
            }
            assertThatThrownBy(() -> map.copy(bytes.length, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(-1, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(Long.MAX_VALUE, pointer, 1)).isInstanceOf(CorruptStoreException.class);
            assertThatThrownBy(() -> map.copy(0, pointer, -1)).isInstanceOf(CorruptStoreException.class);
            map.close();
            map.close();
            assertThatThrownBy(() -> map.copy(0, pointer, 1)).isInstanceOf(StoreClosedException.class);
        } finally {
            RawMemory.free(pointer);
        }
    }

    @Test
    void shouldTurnAFaultInAMappingIntoAnException() {
        final Path path = directory().resolve("a");
        final long pointer = RawMemory.allocate(4096);
        try (StoreFile file = files().create(path)) {
            file.preallocate(64 * 4096);
            try (MappedFile map = file.mapRead()) {
                file.truncate(4096);
                assertThatThrownBy(() -> map.copy(8 * 4096, pointer, 4096))
                        .isInstanceOf(StoreIoException.class)
                        .hasMessageContaining("offset 32768");
                map.copy(0, pointer, 4096);
            }
        } finally {
            RawMemory.free(pointer);
        }
    }
}

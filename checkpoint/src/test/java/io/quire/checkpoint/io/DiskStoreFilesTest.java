/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskStoreFilesTest extends StoreFilesContractTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    /** Windows of one page, so that the contract's mapping has several. */
    private final DiskStoreFiles files = new DiskStoreFiles(PAGE);

    @Override
    StoreFiles files() {
        return files;
    }

    @Override
    Path directory() {
        return directory;
    }

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
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void shouldNotTakeAFileSystemThatTellsNoLengthForAFullOne() throws IOException {
        final Path processes = Path.of("/proc");
        assumeThat(Files.isDirectory(processes)).isTrue();
        assumeThat(Files.getFileStore(processes).getTotalSpace()).isZero();
        assertThat(files.usableSpace(processes)).isEqualTo(Long.MAX_VALUE);
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
        assertThatThrownBy(() -> files.openRead(directory))
                .isInstanceOf(StoreIoException.class)
                .hasMessageContaining("not a regular file");
        assertThatThrownBy(() -> files.list(files.create(directory.resolve("a")).path()))
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
    void shouldMapAnEmptyFile() {
        try (StoreFile file = files.create(directory.resolve("a"));
                MappedFile map = file.mapRead()) {
            map.copy(0, 0, 0);
            assertThat(map.size()).isZero();
        }
    }

    /** What a collector frees late, or not on request, would run out. */
    @Test
    void shouldTakeNoDirectMemoryForEachStretchOfZeros() {
        final BufferPoolMXBean pool = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(bean -> bean.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        try (StoreFile file = files.create(directory.resolve("a"))) {
            file.preallocate(PAGE);
            final long before = pool.getCount();
            for (int i = 2; i <= 100; i++) {
                file.preallocate((long) i * PAGE);
            }
            assertThat(pool.getCount()).isLessThanOrEqualTo(before);
            final ByteBuffer target = ByteBuffer.allocate(100 * PAGE);
            file.read(0, target);
            assertThat(target.array()).containsOnly(0);
        }
    }

    /** As any thread of the application may be interrupted at any time, and must not close a file by it. */
    @Test
    void shouldWriteAndForceInOneCallThroughAnInterrupt() {
        final Path path = directory.resolve("a.tmp");
        try (StoreFile file = files.create(path)) {
            file.preallocate(2 * PAGE);
            files.rename(path, directory.resolve("a"));
            file.renamed(directory.resolve("a"));
            Thread.currentThread().interrupt();
            final boolean isWritten = file.writeForced(PAGE, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(isWritten).isTrue();
            final ByteBuffer target = ByteBuffer.allocate(3);
            file.read(PAGE, target);
            assertThat(target.array()).containsExactly(1, 2, 3);
        }
        assertThat(files.list(directory)).containsExactly("a");
    }

    @Test
    void shouldNotWriteToAFileThatHasTakenTheNameOfTheOpenOne() throws IOException {
        final Path path = directory.resolve("a");
        try (StoreFile file = files.create(path)) {
            file.preallocate(PAGE);
            Files.write(directory.resolve("b"), new byte[PAGE]);
            files.rename(directory.resolve("b"), path);
            assertThatThrownBy(() -> file.writeForced(0, ByteBuffer.wrap(new byte[] {1})))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining("another file has taken its place");
            assertThat(Files.readAllBytes(path)).containsOnly(0);
        }
    }

    /** A fault surfaces where the thread next enters the JVM, which in compiled code is behind an ordinary catch. */
    @Test
    void shouldTurnEveryFaultInAMappingIntoAnExceptionInCompiledCodeToo() {
        final Path path = directory.resolve("a");
        final long pointer = RawMemory.allocate(2 * PAGE);
        try (StoreFile file = new DiskStoreFiles().create(path)) {
            file.preallocate(64 * PAGE);
            try (MappedFile map = file.mapRead()) {
                file.truncate(2 * PAGE);
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

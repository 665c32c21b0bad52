/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreIoException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileMemoryTest extends LiveMemoryContractTest {
    @TempDir
    Path temp;

    private int files;

    @Override
    LiveMemory open() {
        return MappedFileMemory.onDisk(temp.resolve("memory-" + files++), WINDOW_SHIFT);
    }

    @Test
    void shouldTakeTheSpaceOfTheFileAndNoMore() throws Exception {
        final Path file = temp.resolve("memory-" + files);
        try (LiveMemory live = open()) {
            live.reserveWindow(0);
            assertThat(Files.size(file)).isEqualTo(WINDOW_LENGTH);
            assertThat(blocks(file)).isZero();
            live.back(0, 8 * PageDescriptor.EXTENT_LENGTH);
            assertThat(blocks(file)).isBetween(8L * PageDescriptor.EXTENT_LENGTH, WINDOW_LENGTH / 2);
            live.backUnfilled(8 * PageDescriptor.EXTENT_LENGTH, 8 * PageDescriptor.EXTENT_LENGTH);
            assertThat(blocks(file)).isBetween(16L * PageDescriptor.EXTENT_LENGTH, WINDOW_LENGTH / 2);
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void shouldBelongToItsOwnerAloneAndNeverTakeAFileThatIsThere() throws Exception {
        final Path file = temp.resolve("memory-" + files);
        try (LiveMemory live = open()) {
            assertThat(live.description())
                    .isEqualTo("file " + file
                            + (SystemCalls.instance() == null
                                    ? ", zeros written, touched"
                                    : ", posix_fallocate, " + AnonymousPages.mapping(SystemCalls.instance())));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThatThrownBy(() -> MappedFileMemory.onDisk(file, WINDOW_SHIFT))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining(file.toString());
            assertThat(file).exists();
        }
    }

    /** As when a closed store's memory is unmapped late, because a thread was inside an operation. */
    @Test
    void shouldLeaveTheFileAloneThatTheNextOwnerHasMade() throws Exception {
        final Path file = temp.resolve("memory-" + files);
        final LiveMemory late = open();
        try {
            late.reserveWindow(0);
            late.back(0, PageDescriptor.EXTENT_LENGTH);
            Files.delete(file);
            try (LiveMemory next = MappedFileMemory.onDisk(file, WINDOW_SHIFT)) {
                next.reserveWindow(0);
                assertThatThrownBy(() -> late.reserveWindow(1))
                        .isInstanceOf(StoreIoException.class)
                        .hasMessageContaining("removed or replaced");
                late.close();
                assertThat(file).exists();
                next.reserveWindow(1);
                next.back(WINDOW_LENGTH, PageDescriptor.EXTENT_LENGTH);
            }
            assertThat(file).doesNotExist();
        } finally {
            late.close();
        }
    }

    /** Bytes that the file really takes. */
    private static long blocks(final Path file) throws Exception {
        // The JDK has no name for it; "unix:size" is the length.
        final Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        final String output = new String(stat.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return Long.parseLong(output.trim()) * 512;
    }
}

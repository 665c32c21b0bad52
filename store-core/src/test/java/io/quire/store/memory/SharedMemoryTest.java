/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mapped file with private memory to go on in. What happens when it is full is tried by a script that may mount. */
class SharedMemoryTest extends LiveMemoryContractTest {
    @TempDir
    Path temp;

    private int files;

    @Override
    LiveMemory open() {
        return MappedFileMemory.shared(
                temp.resolve("memory-" + files++), WINDOW_SHIFT, true, MemoryHeadroom.ofSystem());
    }

    @Test
    void shouldPutPrivateMemoryInThePlaceOfAnUntouchedRange() {
        org.assertj.core.api.Assumptions.assumeThat(SystemCalls.missing()).isEmpty();
        final AnonymousPages pages = new AnonymousPages(true, MemoryHeadroom.unlimited());
        try (LiveMemory live = open()) {
            final long base = live.reserveWindow(0);
            live.back(0, PageDescriptor.EXTENT_LENGTH);
            RawMemory.putLong(base + PageDescriptor.EXTENT_LENGTH - 8, 1);
            assertThat(pages.replaces()).isTrue();
            pages.replace(base + PageDescriptor.EXTENT_LENGTH, PageDescriptor.EXTENT_LENGTH);
            pages.replace(base + 3 * PageDescriptor.EXTENT_LENGTH, PageDescriptor.EXTENT_LENGTH);
            live.back(2L * PageDescriptor.EXTENT_LENGTH, PageDescriptor.EXTENT_LENGTH);
            for (int i = 1; i < 4; i++) {
                assertThat(RawMemory.getLong(base + (long) i * PageDescriptor.EXTENT_LENGTH))
                        .isZero();
                RawMemory.putLong(base + (long) i * PageDescriptor.EXTENT_LENGTH, i);
            }
            assertThat(RawMemory.getLong(base + PageDescriptor.EXTENT_LENGTH - 8))
                    .isEqualTo(1);
            assertThat(RawMemory.getLong(base + 3L * PageDescriptor.EXTENT_LENGTH))
                    .isEqualTo(3);
        }
        pages.close();
    }
}

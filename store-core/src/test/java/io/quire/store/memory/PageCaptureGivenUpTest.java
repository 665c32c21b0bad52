/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Captures that end early, whoever gives them up and for want of what: the next one has all of their pages. */
class PageCaptureGivenUpTest {
    private static final int EXTENTS = 12;
    private static final int LENGTH = EXTENTS * PageDescriptor.EXTENT_LENGTH;

    private final Random random = new Random(3);
    private final Map<Integer, byte[]> image = new HashMap<>();
    private boolean starved;
    private final PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20))
            .capturePoolLength(PageCapture.POOL_LENGTH_MIN)
            .pageListAllocation(this::allocate));
    private final long address = memory.allocateRun(ExtentKind.LARGE_RECORD, EXTENTS);

    @AfterEach
    void close() {
        memory.close();
    }

    private int[] allocate(final int length) {
        if (starved) {
            throw new OutOfMemoryError("planted");
        }
        return new int[length];
    }

    private void writeAll() {
        for (int offset = 0; offset < LENGTH; offset += Long.BYTES) {
            RawMemory.putLong(memory.forWrite(address + offset, Long.BYTES), random.nextLong());
        }
    }

    private void writeSome() {
        for (int i = 0; i < 5_000; i++) {
            final int offset = random.nextInt(LENGTH / Long.BYTES) * Long.BYTES;
            RawMemory.putLong(memory.forWrite(address + offset, Long.BYTES), random.nextLong());
        }
    }

    private byte[] content() {
        final byte[] bytes = new byte[LENGTH];
        RawMemory.copy(null, memory.pointer(address), bytes, RawMemory.ARRAY_OFFSET, LENGTH);
        return bytes;
    }

    private void captureAll(final PageCapture capture) {
        while (!capture.complete()) {
            capture.capture(100, (page, mask, lines) -> PagedMemoryTest.overlay(image, page, mask, lines));
        }
        capture.end();
    }

    private void compare(final byte[] expected) {
        final int first = PageDescriptor.pageOf(address);
        for (int page = 0; page < LENGTH / PageDescriptor.PAGE_LENGTH; page++) {
            assertThat(image.get(first + page))
                    .as("page %d", page)
                    .isEqualTo(java.util.Arrays.copyOfRange(
                            expected, page * PageDescriptor.PAGE_LENGTH, (page + 1) * PageDescriptor.PAGE_LENGTH));
        }
    }

    @Test
    void shouldGiveACaptureUpWithoutMemory() {
        writeAll();
        captureAll(memory.seal());
        writeSome();
        final PageCapture capture = memory.seal();
        starved = true;
        assertThatThrownBy(() -> capture.capture(100, (page, mask, lines) -> {}))
                .isInstanceOf(OutOfMemoryError.class);
        capture.discard();
        capture.end();
        // Nor is a barrier taken without, which changes nothing.
        assertThatThrownBy(memory::seal).isInstanceOf(OutOfMemoryError.class);
        starved = false;
        writeSome();
        final byte[] expected = content();
        captureAll(memory.seal());
        compare(expected);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
                    .isEqualTo(Arrays.copyOfRange(
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

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a writer that waits heeds no interrupt
    void shouldNotWaitForRoomBeyondTheTimeOfTheCapture() {
        writeAll();
        captureAll(memory.seal());
        for (int taken = 0; taken < 60; taken += 20) { // pages that the checkpointer takes before it stops
            writeAll();
            final PageCapture capture = memory.seal(TimeUnit.MILLISECONDS.toNanos(20));
            if (taken > 0) {
                capture.capture(taken, (page, mask, lines) -> {});
            }
            final long stalls = capture.stallCount();
            writeAll();
            assertThat(capture.overdue()).isTrue();
            assertThat(capture.stallCount()).isEqualTo(stalls + 1); // not again for each page
            for (int i = 0; i < 100; i++) {
                capture.capture(100, (page, mask, lines) -> {});
            }
            assertThat(capture.complete()).isFalse(); // whatever comes back to life late: it cannot be published
            capture.end();
            assertThat(memory.changed()).isTrue();
            writeSome();
        }
        final byte[] expected = content();
        final PageCapture next = memory.seal(TimeUnit.HOURS.toNanos(1));
        assertThat(next.overdue()).isFalse();
        captureAll(next);
        compare(expected);
    }

    /** The writer gives up while the checkpointer works: of what it has accepted each page is as at the barrier. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldNeverAcceptWhatWasWrittenAfterTheBarrierAndCarryTheRest() throws Exception {
        writeAll();
        captureAll(memory.seal());
        int given = 0;
        for (int i = 0; i < 100; i++) {
            writeAll();
            final byte[] barrier = content();
            final PageCapture capture = memory.seal(random.nextInt(300_000));
            final Map<Integer, byte[]> accepted = new HashMap<>(image);
            final Thread checkpointer = new Thread(() -> {
                while (!capture.complete() && !capture.overdue()) {
                    capture.capture(3, (page, mask, lines) -> PagedMemoryTest.overlay(accepted, page, mask, lines));
                    LockSupport.parkNanos(100_000); // slower than the writer
                }
                capture.capture(1000, (page, mask, lines) -> PagedMemoryTest.overlay(accepted, page, mask, lines));
                capture.end();
            });
            accepted.replaceAll((page, bytes) -> bytes.clone());
            checkpointer.start();
            while (checkpointer.isAlive()) {
                writeSome();
            }
            checkpointer.join();
            given += capture.overdue() ? 1 : 0;
            checkOldOrAtBarrier(accepted, barrier);
            final byte[] expected = content();
            captureAll(memory.seal());
            compare(expected);
        }
        assertThat(given).isPositive();
    }

    private void checkOldOrAtBarrier(final Map<Integer, byte[]> accepted, final byte[] barrier) {
        final int first = PageDescriptor.pageOf(address);
        for (int page = 0; page < LENGTH / PageDescriptor.PAGE_LENGTH; page++) {
            final byte[] found = accepted.get(first + page);
            if (!Arrays.equals(found, image.get(first + page))) {
                assertThat(found)
                        .as("page %d", page)
                        .isEqualTo(Arrays.copyOfRange(
                                barrier, page * PageDescriptor.PAGE_LENGTH, (page + 1) * PageDescriptor.PAGE_LENGTH));
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * A writer in a storm against a checkpointer: what is captured equals the state at the barrier, byte for byte. Some
 * captures are given up, halfway or when all pages had been accepted: what they had saved is thrown away, and the next
 * one that is kept must bring it.
 */
class PageCaptureStressTest {
    private static final int EXTENTS = 12;
    private static final int CHECKPOINTS = Integer.getInteger("checkpoints", 300);

    private static final int GIVEN_UP_HALFWAY = 0;
    private static final int GIVEN_UP_COMPLETE = 1;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Test
    void shouldCaptureTheStateAtTheBarrierUnderAWriteStorm() throws Exception {
        final Random random = new Random(seed);
        try (PagedMemory memory =
                PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20)).capturePoolLength(64 * 1024))) {
            final long address = memory.allocateRun(ExtentKind.LARGE_RECORD, EXTENTS);
            final int length = EXTENTS * PageDescriptor.EXTENT_LENGTH;
            RawMemory.setMemory(memory.forWrite(address, length), length, (byte) 0);
            final Map<Integer, byte[]> image = new HashMap<>();
            for (int i = 0; i < CHECKPOINTS && failure.get() == null; i++) {
                checkpoint(memory, address, length, image, random);
            }
        }
        assertThat(failure.get())
                .as("seed=%d replay: mvn test -Dtest=PageCaptureStressTest -Dseed=%d", seed, seed)
                .isNull();
    }

    private void checkpoint(
            final PagedMemory memory,
            final long address,
            final int length,
            final Map<Integer, byte[]> image,
            final Random random)
            throws InterruptedException {
        storm(memory, address, length, random, random.nextInt(3000));
        final PageCapture capture = memory.seal();
        final byte[] expected = new byte[length];
        RawMemory.copy(null, memory.pointer(address), expected, RawMemory.ARRAY_OFFSET, length);
        final Queue<Runnable> checks = new ArrayDeque<>();
        final int fate = random.nextInt(6);
        final int steps = fate == GIVEN_UP_HALFWAY ? random.nextInt(60) : Integer.MAX_VALUE;
        final Thread checkpointer = new Thread(() -> {
            try {
                final Map<Integer, byte[]> captured = fate <= GIVEN_UP_COMPLETE ? new HashMap<>() : image;
                for (int i = 0; i < steps && !capture.complete(); i++) {
                    capture.capture(3, (page, mask, lines) -> PagedMemoryTest.overlay(captured, page, mask, lines));
                }
                if (fate <= GIVEN_UP_COMPLETE) {
                    capture.discard();
                } else {
                    checks.add(() -> compare(address, expected, image));
                }
                capture.end();
            } catch (final Throwable t) {
                failure.set(t);
                capture.end();
            }
        });
        checkpointer.start();
        while (checkpointer.isAlive()) {
            storm(memory, address, length, random, 50);
        }
        checkpointer.join();
        checks.forEach(Runnable::run);
    }

    private static void storm(
            final PagedMemory memory, final long address, final int length, final Random random, final int writes) {
        for (int i = 0; i < writes; i++) {
            final int size = 1 + random.nextInt(random.nextInt(20) == 0 ? 9000 : 100);
            final int offset = random.nextInt(length - size);
            RawMemory.setMemory(memory.forWrite(address + offset, size), size, (byte) random.nextInt());
        }
    }

    private static void compare(final long address, final byte[] expected, final Map<Integer, byte[]> image) {
        final int first = PageDescriptor.pageOf(address);
        for (int offset = 0; offset < expected.length; offset += 4096) {
            final byte[] bytes = image.get(first + offset / 4096);
            for (int i = 0; i < 4096; i++) {
                if (bytes[i] != expected[offset + i]) {
                    throw new AssertionError("page " + (first + offset / 4096) + " differs at byte " + i);
                }
            }
        }
    }
}

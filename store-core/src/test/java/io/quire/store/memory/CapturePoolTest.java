/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CapturePoolTest {
    private static final int POOL_LENGTH = PageCapture.POOL_LENGTH_MIN;
    private static final int PAGE_ENTRY_LENGTH = CapturePool.LINES_OFFSET + PageDescriptor.PAGE_LENGTH;

    private final CapturePool pool = new CapturePool(POOL_LENGTH);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void handsEntriesOverInOrder() {
        assertThat(pool.length()).isEqualTo(POOL_LENGTH);
        for (int page = 0; page < 50; page++) {
            assertThat(put(page, (1L << (page % 60)) | 1)).isTrue();
        }
        final List<Integer> pages = new ArrayList<>();
        final int count = pool.read((page, mask, lines) -> {
            assertThat(mask).isEqualTo((1L << (page % 60)) | 1);
            assertLines(page, mask, lines);
            pages.add(page);
        });
        assertThat(count).isEqualTo(50);
        assertThat(pages).hasSize(50).isSorted();
        assertThat(pool.usedLength()).isZero();
        assertThat(pool.read((page, mask, lines) -> {})).isZero();
    }

    @Test
    void refusesWhenFullAndTakesAgainWhenRead() {
        int taken = 0;
        while (put(taken, -1)) {
            taken++;
        }
        assertThat((long) taken * PAGE_ENTRY_LENGTH)
                .isEqualTo(pool.usedLength())
                .isGreaterThan(POOL_LENGTH / 2);
        assertThat(put(taken, -1)).isFalse();
        assertThat(pool.read((page, mask, lines) -> assertLines(page, mask, lines)))
                .isEqualTo(taken);
        for (int round = 0; round < 100; round++) {
            assertThat(put(round, -1)).isTrue();
            assertThat(pool.read((page, mask, lines) -> assertLines(page, mask, lines)))
                    .isEqualTo(1);
        }
    }

    @Test
    void forgetsWhatIsCleared() {
        for (int page = 0; put(page, -1); page++) {
            assertThat(pool.usedLength()).isPositive();
        }
        pool.clear();
        assertThat(pool.usedLength()).isZero();
        assertThat(put(7, 3)).isTrue();
        final List<Integer> pages = new ArrayList<>();
        pool.read((page, mask, lines) -> pages.add(page));
        assertThat(pages).containsExactly(7);
    }

    @Test
    void keepsAnEntryWhoseConsumerFails() {
        put(1, 1);
        put(2, 1);
        final IllegalStateException failure = new IllegalStateException("disk full");
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> pool.read((page, mask, lines) -> {
                    throw failure;
                })))
                .isSameAs(failure);
        assertThat(pool.read((page, mask, lines) -> {})).isEqualTo(2);
    }

    @Test
    @Timeout(60)
    void handsOverBetweenThreads() {
        final int entryCount = 2_000_000;
        final CompletableFuture<Void> producer = CompletableFuture.runAsync(() -> {
            final SplittableRandom random = new SplittableRandom(5);
            for (int page = 0; page < entryCount; page++) {
                final long mask = sparseMask(random);
                while (!put(page, mask)) {
                    Thread.yield();
                }
            }
        });
        final SplittableRandom random = new SplittableRandom(5);
        final int[] next = new int[1];
        while (next[0] < entryCount && !producer.isCompletedExceptionally()) {
            final int count = pool.read((page, mask, lines) -> {
                assertThat(page).isEqualTo(next[0]++);
                if (mask != sparseMask(random)) {
                    throw new AssertionError("another mask: page=" + page);
                }
                assertLines(page, mask, lines);
            });
            if (count == 0) {
                Thread.yield();
            }
        }
        producer.join();
        assertThat(next[0]).isEqualTo(entryCount);
        assertThat(pool.usedLength()).isZero();
    }

    /** A line in eight. */
    private static long sparseMask(final SplittableRandom random) {
        final long half = random.nextLong();
        final long quarter = half & random.nextLong();
        return quarter & random.nextLong();
    }

    private boolean put(final int page, final long mask) {
        final int length = CapturePool.LINES_OFFSET + Long.bitCount(mask) * PageDescriptor.LINE_LENGTH;
        final long entry = pool.claim(length);
        if (entry == 0) {
            return false;
        }
        RawMemory.putInt(entry + CapturePool.PAGE_FIELD_OFFSET, page);
        RawMemory.putLong(entry + CapturePool.MASK_FIELD_OFFSET, mask);
        for (int line = 0; line < Long.bitCount(mask); line++) {
            final long pointer = entry + CapturePool.LINES_OFFSET + (long) line * PageDescriptor.LINE_LENGTH;
            RawMemory.putLong(pointer, page);
            RawMemory.putLong(pointer + PageDescriptor.LINE_LENGTH - Long.BYTES, line);
        }
        pool.commit(length);
        return true;
    }

    private static void assertLines(final int page, final long mask, final long lines) {
        for (int line = 0; line < Long.bitCount(mask); line++) {
            final long pointer = lines + (long) line * PageDescriptor.LINE_LENGTH;
            if (RawMemory.getLong(pointer) != page
                    || RawMemory.getLong(pointer + PageDescriptor.LINE_LENGTH - Long.BYTES) != line) {
                throw new AssertionError("another line: page=" + page + " line=" + line);
            }
        }
    }
}

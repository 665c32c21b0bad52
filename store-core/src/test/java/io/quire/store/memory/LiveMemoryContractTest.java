/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every backing of live memory does. */
abstract class LiveMemoryContractTest {
    static final int WINDOW_SHIFT = 22;
    static final long WINDOW_LENGTH = 1L << WINDOW_SHIFT;

    private LiveMemory live;

    abstract LiveMemory open();

    @BeforeEach
    void openMemory() {
        live = open();
    }

    @AfterEach
    void closeMemory() {
        live.close();
        assertThat(live.description()).isNotEmpty();
    }

    @Test
    void shouldGiveZeroedPageAlignedWindowsThatKeepWhatIsWritten() {
        final long[] bases = new long[5];
        for (int window = 0; window < bases.length; window++) {
            bases[window] = live.reserveWindow(window);
            assertThat(bases[window] & (PageDescriptor.PAGE_LENGTH - 1)).isZero();
            for (long offset = 0; offset < WINDOW_LENGTH; offset += WINDOW_LENGTH / 4) {
                live.back(window * WINDOW_LENGTH + offset, WINDOW_LENGTH / 4);
            }
        }
        for (int window = 0; window < bases.length; window++) {
            for (long offset = 0; offset < WINDOW_LENGTH; offset += 512) {
                assertThat(RawMemory.getLong(bases[window] + offset)).isZero();
                RawMemory.putLong(bases[window] + offset, window * WINDOW_LENGTH + offset);
            }
        }
        for (int window = 0; window < bases.length; window++) {
            for (long offset = 0; offset < WINDOW_LENGTH; offset += 512) {
                assertThat(RawMemory.getLong(bases[window] + offset)).isEqualTo(window * WINDOW_LENGTH + offset);
            }
        }
    }

    @Test
    void shouldBackExtentsInAnyOrder() {
        final long base = live.reserveWindow(0);
        final int extents = (int) (WINDOW_LENGTH / PageDescriptor.EXTENT_LENGTH);
        for (int i = 0; i < extents; i++) {
            final long offset = (long) (i * 37 % extents) * PageDescriptor.EXTENT_LENGTH;
            live.back(offset, PageDescriptor.EXTENT_LENGTH);
            final long last = base + offset + PageDescriptor.EXTENT_LENGTH - 8;
            assertThat(RawMemory.getLong(base + offset) | RawMemory.getLong(last))
                    .isZero();
            RawMemory.putLong(base + offset, i + 1);
            RawMemory.putLong(last, ~i);
        }
        for (int i = 0; i < extents; i++) {
            final long offset = (long) (i * 37 % extents) * PageDescriptor.EXTENT_LENGTH;
            assertThat(RawMemory.getLong(base + offset)).isEqualTo(i + 1);
            assertThat(RawMemory.getLong(base + offset + PageDescriptor.EXTENT_LENGTH - 8))
                    .isEqualTo(~i);
        }
    }

    @Test
    void shouldTakeSpaceThatManyThreadsFill() throws Exception {
        final long base = live.reserveWindow(0);
        final int extents = (int) (WINDOW_LENGTH / PageDescriptor.EXTENT_LENGTH);
        for (int i = 0; i < extents; i++) {
            live.backUnfilled((long) (i * 37 % extents) * PageDescriptor.EXTENT_LENGTH, PageDescriptor.EXTENT_LENGTH);
        }
        final Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            final int first = i;
            threads[i] = new Thread(() -> {
                for (long at = first * 8L; at < WINDOW_LENGTH; at += threads.length * 8L) {
                    RawMemory.putLong(base + at, ~at);
                }
            });
            threads[i].start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        for (long at = 0; at < WINDOW_LENGTH; at += 8) {
            if (RawMemory.getLong(base + at) != ~at) {
                assertThat(RawMemory.getLong(base + at)).as("at %d", at).isEqualTo(~at);
            }
        }
    }

    @Test
    void shouldTakeAWindowAtOnceWhenOneIsInterrupted() {
        final long base = live.reserveWindow(0);
        Thread.currentThread().interrupt();
        live.back(0, WINDOW_LENGTH);
        live.reserveWindow(1);
        assertThat(Thread.interrupted()).isTrue();
        RawMemory.setMemory(base, WINDOW_LENGTH, (byte) 1);
        assertThat(RawMemory.getByte(base + WINDOW_LENGTH - 1)).isEqualTo((byte) 1);
    }
}

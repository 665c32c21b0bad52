/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is spared of the search for free runs, and that nothing is missed by it. */
class ExtentAllocatorTest {
    private static final int WINDOW_SHIFT = 22;
    private static final int EXTENTS = 1 << (WINDOW_SHIFT - PageDescriptor.EXTENT_SHIFT);

    private final PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)));

    @AfterEach
    void close() {
        memory.close();
    }

    /** Another allocator over the same pages, which knows what one knows after recovery. */
    private ExtentAllocator recovered() {
        final long length = PageDescriptor.addressOfPage(memory.pageLimit());
        final ExtentAllocator allocator = new ExtentAllocator(memory, WINDOW_SHIFT);
        allocator.recover((int) ((length + (1L << WINDOW_SHIFT) - 1) >>> WINDOW_SHIFT));
        return allocator;
    }

    private List<Long> filled(final int windows) {
        final List<Long> taken = new ArrayList<>();
        for (int i = 0; i < windows * (EXTENTS - 1); i++) {
            taken.add(memory.allocateRun(ExtentKind.LARGE_RECORD, 1));
        }
        return taken;
    }

    @Test
    void shouldNotLookForARunAgainWhereNoneIsThatLong() {
        final int windows = 20;
        final List<Long> taken = filled(windows);
        final ExtentAllocator allocator = recovered();
        for (int i = 0; i < taken.size(); i += 2) {
            allocator.free(taken.get(i));
        }
        final long before = allocator.kindsRead();
        final long first = allocator.allocate(ExtentKind.LARGE_RECORD, 2);
        assertThat(first).isGreaterThanOrEqualTo((long) windows << WINDOW_SHIFT);
        assertThat(allocator.kindsRead() - before).isBetween(1L, (long) windows * EXTENTS);
        final long looked = allocator.kindsRead();
        for (int i = 0; i < 100; i++) {
            allocator.allocate(ExtentKind.LARGE_RECORD, 2 + i % 3);
        }
        assertThat(allocator.kindsRead()).isEqualTo(looked);
        allocator.free(taken.get(2 * EXTENTS + 1)); // its neighbours may be free
        final long filledGap = allocator.allocate(ExtentKind.LARGE_RECORD, 2);
        assertThat(filledGap).isLessThan((long) windows << WINDOW_SHIFT);
        assertThat(allocator.kindsRead() - looked).isBetween(1L, (long) EXTENTS);
    }

    @Test
    void shouldNotForgetWhatIsKnownWhenLoneExtentsAreFreed() {
        final List<Long> taken = filled(4);
        final ExtentAllocator allocator = recovered();
        allocator.free(taken.get(0));
        allocator.free(taken.get(2));
        allocator.allocate(ExtentKind.LARGE_RECORD, 2);
        final long looked = allocator.kindsRead();
        for (int i = 4; i + 1 < EXTENTS; i += 2) {
            allocator.free(taken.get(i));
            allocator.allocate(ExtentKind.LARGE_RECORD, 2);
        }
        assertThat(allocator.kindsRead()).isEqualTo(looked);
    }

    @Test
    void shouldLookAtFullWindowsOnceOnly() {
        final int windows = 50;
        final List<Long> taken = filled(windows);
        final ExtentAllocator allocator = recovered();
        final long next = allocator.allocate(ExtentKind.LARGE_RECORD, 1);
        assertThat(next).isEqualTo(((long) windows << WINDOW_SHIFT) + PageDescriptor.EXTENT_LENGTH);
        assertThat(allocator.windowsRead()).isEqualTo(windows);
        for (int i = 2; i < EXTENTS; i++) {
            allocator.ensureFree(1);
            assertThat(allocator.allocate(ExtentKind.LARGE_RECORD, 1))
                    .isEqualTo(next + (long) (i - 1) * PageDescriptor.EXTENT_LENGTH);
        }
        assertThat(allocator.windowsRead()).isEqualTo(windows + EXTENTS - 2);
        final long looked = allocator.windowsRead();
        for (final long freed : List.of(taken.get(0), taken.get(20 * EXTENTS), taken.get(taken.size() - 1))) {
            allocator.free(freed);
            allocator.ensureFree(1);
            assertThat(allocator.allocate(ExtentKind.LARGE_RECORD, 1)).isEqualTo(freed);
        }
        // Three that had one and, from the second on, the one before it, which is found to be full then.
        assertThat(allocator.windowsRead() - looked).isLessThanOrEqualTo(6);
    }

    @Test
    void shouldFindTheFirstRunThatFits() {
        final long seed = Long.getLong("seed", System.nanoTime());
        final Random random = new Random(seed);
        ExtentAllocator allocator = recovered();
        final List<boolean[]> model = new ArrayList<>(List.of(new boolean[EXTENTS]));
        final List<Integer> used = new ArrayList<>(List.of(1));
        final List<long[]> taken = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            final int growth = step / 1_000 % 2 == 0 ? 60 : 40;
            if (taken.isEmpty() || random.nextInt(100) < growth) {
                final int count = 1 + (random.nextInt(4) == 0 ? random.nextInt(20) : random.nextInt(3));
                final long expected = take(model, used, count);
                assertThat(allocator.allocate(ExtentKind.LARGE_RECORD, count))
                        .as("seed=%d step=%d count=%d", seed, step, count)
                        .isEqualTo(expected);
                taken.add(new long[] {expected, count});
            } else {
                final long[] run = taken.remove(random.nextInt(taken.size()));
                allocator.free(run[0]);
                final int extent = (int) (run[0] >>> PageDescriptor.EXTENT_SHIFT);
                for (int i = 0; i < run[1]; i++) {
                    model.get(extent / EXTENTS)[extent % EXTENTS + i] = false;
                }
            }
            if (random.nextInt(2_000) == 0) {
                final ExtentAllocator other = new ExtentAllocator(memory, WINDOW_SHIFT);
                other.recover(model.size());
                allocator = other;
            }
        }
    }

    /** First fit among what was used before, window by window; behind it when nothing fits. */
    private static long take(final List<boolean[]> model, final List<Integer> used, final int count) {
        for (int window = 0; ; window++) {
            if (window == model.size()) {
                model.add(new boolean[EXTENTS]);
                used.add(1);
            }
            final boolean[] extents = model.get(window);
            extents[0] = true;
            int found = used.get(window) + count <= EXTENTS ? used.get(window) : -1;
            for (int extent = 1, run = 0; extent < used.get(window); extent++) {
                run = extents[extent] ? 0 : run + 1;
                if (run == count) {
                    found = extent - count + 1;
                    break;
                }
            }
            if (found > 0) {
                for (int i = 0; i < count; i++) {
                    extents[found + i] = true;
                }
                used.set(window, Math.max(used.get(window), found + count));
                return ((long) window * EXTENTS + found) << PageDescriptor.EXTENT_SHIFT;
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreFullException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SpaceGrowerTest {
    private static final int WINDOW_SHIFT = PagedMemory.WINDOW_SHIFT_MIN;
    private static final int EXTENTS_PER_WINDOW = 1 << (WINDOW_SHIFT - PageDescriptor.EXTENT_SHIFT);
    private static final int WINDOWS_AHEAD = 100; // more than are needed for what is backed ahead
    private static final String GROWER = "grower-under-test";

    private final Watched live = new Watched();
    private PagedMemory memory;

    @AfterEach
    void close() {
        live.gates.forEach(CountDownLatch::countDown);
        if (memory != null) {
            memory.close();
        }
    }

    private void create(final long lengthMax) {
        memory = PagedMemory.create(
                new PagedMemory.Builder(live).lengthMax(lengthMax).growAhead(GROWER));
    }

    @Test
    void shouldPrepareWindowsBeforeTheWriterNeedsThem() {
        create(PagedMemory.LENGTH_MAX);
        for (int extent = 1; extent < 3 * EXTENTS_PER_WINDOW; extent++) {
            // A writer that leaves the thread the time it needs never does the work itself.
            final long next = (long) (extent + 1) << PageDescriptor.EXTENT_SHIFT;
            await(() -> live.backedEnd() >= next && live.windows() << WINDOW_SHIFT >= next);
            if (extent % EXTENTS_PER_WINDOW == 0) {
                continue; // the window's own
            }
            assertThat(memory.allocateExtent(ExtentKind.PAGES)).isEqualTo(next - PageDescriptor.EXTENT_LENGTH);
        }
        assertThat(live.reservedBy).hasSizeGreaterThanOrEqualTo(3);
        // The first extent is there before the thread is.
        assertThat(live.reservedBy.stream().skip(1)).containsOnly(GROWER);
        assertThat(live.backedBy.stream().skip(1)).containsOnly(GROWER);
    }

    @Test
    void shouldMakeEntriesOfThePageTableAheadOfTheWriter() {
        create(PagedMemory.LENGTH_MAX);
        final long section = 1L << PageTable.SECTION_SHIFT;
        long address = 0;
        while (address < section - PageDescriptor.EXTENT_LENGTH) {
            address = memory.allocateExtent(ExtentKind.PAGES);
        }
        await(() -> live.backedEnd() > section + PageDescriptor.EXTENT_LENGTH);
        // Entries that can be written, where otherwise all sections that nobody has touched share one block.
        final long before = memory.pageTable().entry(section);
        assertThat(memory.pageTable().entryForUpdate(section)).isEqualTo(before);
    }

    @Test
    void shouldReserveNothingBeyondTheLimit() {
        create(1L << WINDOW_SHIFT);
        while (true) {
            try {
                memory.allocateExtent(ExtentKind.PAGES);
            } catch (final StoreFullException e) {
                break;
            }
        }
        await(() -> live.backedEnd() == 1L << WINDOW_SHIFT);
        assertThat(live.windows()).isEqualTo(1);
        assertThat(memory.extentsByKind()[ExtentKind.PAGES.code()]).isEqualTo(EXTENTS_PER_WINDOW - 1L);
    }

    @Test
    void shouldTellTheWriterOnlyWhenItNeedsTheWindowThatThereIsNone() {
        live.windowsMax = 1;
        create(PagedMemory.LENGTH_MAX);
        for (int extent = 1; extent < EXTENTS_PER_WINDOW; extent++) {
            memory.allocateExtent(ExtentKind.PAGES);
        }
        assertThatThrownBy(() -> memory.allocateExtent(ExtentKind.PAGES))
                .isInstanceOf(StoreFullException.class)
                .hasMessage("planted");
        await(() -> live.refusedBy.contains(GROWER));
        live.windowsMax = Integer.MAX_VALUE;
        assertThat(memory.allocateExtent(ExtentKind.PAGES)).isEqualTo((1L << WINDOW_SHIFT) + (1L << 16));
    }

    @Test
    void shouldNotKeepTheWriterWaitingWhenWhatItNeedsIsThere() throws Exception {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch first = new CountDownLatch(1);
        final CountDownLatch second = new CountDownLatch(1);
        live.gates.addAll(List.of(first, second));
        live.beforeBacking = address -> {
            reached.countDown();
            waitFor(address == 0 ? first : second);
        };
        try (PageTable pages = new PageTable();
                ExtentSequences sequences = new ExtentSequences()) {
            final BackedSpace space = new BackedSpace(live, 0, pages, sequences);
            final Thread ahead = new Thread(() -> space.growTo(2L << WINDOW_SHIFT), GROWER);
            ahead.start();
            reached.await();
            final Thread writer = new Thread(() -> space.ensure(0, PageDescriptor.EXTENT_LENGTH));
            writer.start();
            TimeUnit.MILLISECONDS.sleep(100); // it waits for the first window
            assertThat(writer.isAlive()).isTrue();
            first.countDown();
            writer.join(TimeUnit.SECONDS.toMillis(30));
            assertThat(writer.isAlive()).isFalse(); // though the other one is still at work, and on the lock
            assertThat(space.backedEnd()).isEqualTo(1L << WINDOW_SHIFT);
            second.countDown();
            ahead.join();
            writer.join();
        } finally {
            live.close();
        }
    }

    @Test
    void shouldGoOnAfterWhateverFailed() {
        live.beforeBacking = address -> {
            if (Thread.currentThread().getName().equals(GROWER)) {
                live.refusedBy.add(GROWER);
                throw new StackOverflowError("planted");
            }
        };
        create(PagedMemory.LENGTH_MAX);
        for (int round = 1; round <= 2; round++) {
            final int refused = live.refusedBy.size();
            while (live.refusedBy.size() == refused && round * EXTENTS_PER_WINDOW > live.backedBy.size()) {
                memory.allocateExtent(ExtentKind.PAGES); // by the writer, which wakes the other
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
        assertThat(live.refusedBy).hasSizeGreaterThanOrEqualTo(2);
        live.beforeBacking = address -> {};
        for (int extent = 0; extent < EXTENTS_PER_WINDOW && !live.backedBy.contains(GROWER); extent++) {
            memory.allocateExtent(ExtentKind.PAGES);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(live.backedBy).contains(GROWER);
    }

    @Test
    void shouldTellOfReservedWindowsWithoutTheLock() throws Exception {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch gate = new CountDownLatch(1);
        live.gates.add(gate);
        try (PageTable pages = new PageTable();
                ExtentSequences sequences = new ExtentSequences()) {
            final BackedSpace space = new BackedSpace(live, 0, pages, sequences);
            space.growTo(1L << WINDOW_SHIFT);
            live.beforeBacking = address -> {
                reached.countDown();
                waitFor(gate);
            };
            final Thread ahead = new Thread(() -> space.growTo(2L << WINDOW_SHIFT), GROWER);
            ahead.start();
            reached.await();
            final AtomicReference<long[]> found = new AtomicReference<>();
            final Thread writer = new Thread(() -> found.set(space.reserveWindows(2)));
            writer.start();
            writer.join(TimeUnit.SECONDS.toMillis(10));
            assertThat(writer.isAlive()).isFalse(); // though the other one is on the lock
            assertThat(found.get()).hasSize(2).doesNotContain(0);
            gate.countDown();
            ahead.join();
            writer.join();
        } finally {
            live.close();
        }
    }

    @Test
    void shouldLetOthersHaveTheLockBetweenTwoSteps() {
        final AtomicInteger steps = new AtomicInteger();
        live.beforeBacking = address -> {
            steps.incrementAndGet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        };
        try (PageTable pages = new PageTable();
                ExtentSequences sequences = new ExtentSequences()) {
            final BackedSpace space = new BackedSpace(live, 0, pages, sequences);
            final SpaceGrower grower = new SpaceGrower(space, PagedMemory.LENGTH_MAX, GROWER);
            grower.start(32L << 20); // 32 MiB ahead: some thousand steps
            int lost = 0;
            for (int i = 0; i < 20; i++) {
                final int last = steps.get();
                await(() -> steps.get() > last);
                final int before = steps.get();
                space.reserveWindows(WINDOWS_AHEAD + i);
                lost += steps.get() - before;
            }
            assertThat(lost).isLessThan(20); // none as a rule: only the step that was under way was waited for
            grower.stop();
        } finally {
            live.close();
        }
    }

    @Test
    void shouldNotMakeATouchWaitForWhoeverBacksAhead() throws Exception {
        final CountDownLatch backing = new CountDownLatch(1);
        final CountDownLatch gate = new CountDownLatch(1);
        live.gates.add(gate);
        live.beforeBacking = address -> {
            backing.countDown();
            waitFor(gate); // with the lock
        };
        final long recovered = 4 * PageDescriptor.EXTENT_LENGTH;
        try (PageTable pages = new PageTable();
                ExtentSequences sequences = new ExtentSequences()) {
            final BackedSpace space = new BackedSpace(live, recovered, pages, sequences);
            space.reserveWindows(1);
            final SpaceGrower grower = new SpaceGrower(space, PagedMemory.LENGTH_MAX, GROWER);
            grower.start(recovered);
            waitFor(backing);
            CompletableFuture.runAsync(() -> {
                        space.ensure(PageDescriptor.EXTENT_LENGTH, PageDescriptor.PAGE_LENGTH);
                        space.beforeFilling(PageDescriptor.EXTENT_LENGTH, PageDescriptor.PAGE_LENGTH);
                    })
                    .get(20, TimeUnit.SECONDS);
            assertThat(space.backedLength()).isEqualTo(PageDescriptor.EXTENT_LENGTH);
            gate.countDown();
            grower.stop();
        } finally {
            live.close();
        }
    }

    private static void waitFor(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(final BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Notes which thread asks for what. */
    private static final class Watched implements LiveMemory {
        private final LiveMemory memory = new AnonymousMemory(WINDOW_SHIFT);
        private final List<String> reservedBy = new CopyOnWriteArrayList<>();
        private final List<String> backedBy = new CopyOnWriteArrayList<>();
        private final List<String> refusedBy = new CopyOnWriteArrayList<>();
        private final List<CountDownLatch> gates = new CopyOnWriteArrayList<>();
        private volatile LongConsumer beforeBacking = address -> {};
        private volatile int windowsMax = Integer.MAX_VALUE;
        private volatile long backedEnd;

        long windows() {
            return reservedBy.size();
        }

        long backedEnd() {
            return backedEnd;
        }

        @Override
        public long reserveWindow(final int window) {
            if (window >= windowsMax) {
                refusedBy.add(Thread.currentThread().getName());
                throw new StoreFullException("planted");
            }
            final long base = memory.reserveWindow(window);
            reservedBy.add(Thread.currentThread().getName());
            return base;
        }

        @Override
        public void back(final long address, final long length) {
            beforeBacking.accept(address);
            memory.back(address, length);
            backedBy.add(Thread.currentThread().getName());
            backedEnd = address + length;
        }

        @Override
        public boolean isBackedByFilling() {
            return true;
        }

        @Override
        public int windowShift() {
            return WINDOW_SHIFT;
        }

        @Override
        public String description() {
            return memory.description();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}

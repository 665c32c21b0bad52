/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HydratorTest {
    private static final int EXTENTS = 200;
    private static final Logger LOG = Logger.getLogger(Hydrator.class.getName());

    private final Map<Integer, byte[]> images = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicInteger> loads = new ConcurrentHashMap<>();
    private final List<Integer> inOrder = new CopyOnWriteArrayList<>();
    private final Set<Integer> damaged = ConcurrentHashMap.newKeySet();
    private volatile boolean hydratorFails;
    private volatile boolean noMemory;
    private final List<Integer> paced = new ArrayList<>();
    private final AtomicInteger finished = new AtomicInteger();
    private final int[] firstPages = new int[EXTENTS];
    private final PagedMemory memory = recovered();

    @AfterEach
    void close() {
        memory.close();
    }

    /** A memory whose pages, cold again, say which they are. */
    private PagedMemory recovered() {
        return recovered(extent -> ExtentKind.PAGES);
    }

    private PagedMemory recovered(final IntFunction<ExtentKind> kinds) {
        final PagedMemory original = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(22)));
        for (int i = 0; i < EXTENTS; i++) {
            final long address = original.allocateExtent(kinds.apply(i));
            firstPages[i] = PageDescriptor.pageOf(address);
            final long pointer = original.forWrite(address, PageDescriptor.EXTENT_LENGTH);
            for (int page = 0; page < PageDescriptor.PAGES_PER_EXTENT; page++) {
                RawMemory.setMemory(
                        pointer + (long) page * PageDescriptor.PAGE_LENGTH,
                        PageDescriptor.PAGE_LENGTH,
                        content(firstPages[i] + page));
            }
        }
        final PageCapture capture = original.seal();
        while (!capture.complete()) {
            capture.capture(1000, (page, mask, lines) -> {
                final byte[] image = new byte[PageDescriptor.PAGE_LENGTH];
                for (int line = 0, from = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
                    if ((mask >>> line & 1) != 0) {
                        RawMemory.copy(null, lines + from, image, RawMemory.ARRAY_OFFSET + line * 64L, 64);
                        from += 64;
                    }
                }
                images.put(page, image);
            });
        }
        capture.end();
        final int pageCount = original.pageLimit();
        original.close();
        return PagedMemory.recover(new PagedMemory.Builder(new AnonymousMemory(22)), source(), pageCount);
    }

    private PageSource source() {
        return (page, target) -> {
            loads.computeIfAbsent(page, p -> new AtomicInteger()).incrementAndGet();
            inOrder.add(page);
            if (damaged.contains(page)) {
                throw new CorruptStoreException("planted in page " + page);
            }
            if (hydratorFails && Thread.currentThread().getName().equals("quire-hydrator")) {
                throw new StoreIoException("planted");
            }
            if (noMemory) {
                throw new OutOfMemoryError("planted");
            }
            final byte[] image = images.getOrDefault(page, new byte[PageDescriptor.PAGE_LENGTH]);
            RawMemory.copy(image, RawMemory.ARRAY_OFFSET, null, target, image.length);
        };
    }

    private static byte content(final int page) {
        return (byte) (page * 31 + 7);
    }

    private Hydrator hydrator() {
        return new Hydrator(memory, paced::add, goOn -> {}, finished::incrementAndGet);
    }

    @Test
    void shouldLoadEveryPageOnceAtTheGivenPace() {
        final Hydrator hydrator = hydrator();
        hydrator.start(0);
        hydrator.await();
        assertThat(finished).hasValue(1);
        assertThat(memory.hydrating()).isFalse();
        assertThat(loads.values()).allSatisfy(count -> assertThat(count).hasValue(1));
        assertThat(loads).hasSize(memory.recoveredPageCount());
        assertThat(paced.stream().mapToInt(Integer::intValue).sum())
                .isLessThanOrEqualTo(memory.recoveredPageCount() * PageDescriptor.PAGE_LENGTH)
                .isGreaterThan((memory.recoveredPageCount() - 2 * 64) * PageDescriptor.PAGE_LENGTH);
        final HydrationProgress progress = hydrator.progress();
        assertThat(progress.isComplete()).isTrue();
        assertThat(progress.isEnded()).isTrue();
        assertThat(progress.loadedPages()).isEqualTo(memory.recoveredPageCount());
        assertThat(progress.bytesPerSecond()).isPositive();
        checkAll();
    }

    /** Until they are there, whoever looks for an entry loads two pages or more instead of one. */
    @Test
    void shouldLoadWhatLeadsToEntriesFirst() {
        try (PagedMemory records =
                recovered(extent -> extent % 3 == 1 ? ExtentKind.RECORD_SEGMENT : ExtentKind.RECORD_HEAP)) {
            inOrder.clear();
            final Hydrator hydrator = new Hydrator(records, paced::add, goOn -> {}, finished::incrementAndGet);
            damaged.add(firstPages[4] + 3);
            LOG.setLevel(Level.OFF);
            hydrator.start(0);
            hydrator.await();
            hydrator.stop();
            LOG.setLevel(null);
            assertThat(hydrator.progress().failedPages()).isEqualTo(1);
            int lastOfIndex = 0;
            int firstOfHeap = Integer.MAX_VALUE;
            for (int extent = 0; extent < EXTENTS; extent++) {
                for (int page = firstPages[extent]; page < firstPages[extent] + 16; page++) {
                    final int at = inOrder.indexOf(page);
                    if (extent == 4) {
                        assertThat(at).isNotNegative();
                    } else if (extent % 3 == 1) {
                        lastOfIndex = Math.max(lastOfIndex, at);
                    } else {
                        firstOfHeap = Math.min(firstOfHeap, at);
                    }
                }
            }
            assertThat(lastOfIndex).isLessThan(firstOfHeap);
        }
    }

    @Test
    void shouldMakeReadyBeforeItIsStartedAndLoadNothingUntilThen() throws Exception {
        final CountDownLatch ready = new CountDownLatch(1);
        final Hydrator hydrator =
                new Hydrator(memory, paced::add, goOn -> ready.countDown(), finished::incrementAndGet);
        final int before = inOrder.size();
        hydrator.prepare();
        assertThat(ready.await(60, TimeUnit.SECONDS)).isTrue();
        hydrator.await(); // returns at once: it was not started
        assertThat(inOrder).hasSize(before);
        hydrator.start(0);
        hydrator.await();
        assertThat(finished).hasValue(1);
        checkAll();
    }

    @Test
    void shouldLoadAllThoughWhatPagesComeFromCannotBeMadeReady() {
        final Hydrator hydrator = new Hydrator(
                memory,
                paced::add,
                goOn -> {
                    throw new IllegalStateException("planted");
                },
                finished::incrementAndGet);
        LOG.setLevel(Level.OFF);
        hydrator.start(0);
        hydrator.await();
        LOG.setLevel(null);
        assertThat(finished).hasValue(1);
        assertThat(hydrator.firstFailure()).isNull();
        checkAll();
    }

    @Test
    void shouldStopWhileItIsOnlyReady() {
        final Hydrator hydrator = new Hydrator(memory, paced::add, goOn -> {}, finished::incrementAndGet);
        hydrator.prepare();
        hydrator.stop();
        assertThat(finished).hasValue(0);
        checkAll(); // by touch
    }

    @Test
    void shouldLeaveDamagedPagesColdAndLoadTheRest() {
        damaged.addAll(Set.of(firstPages[3] + 5, firstPages[100], firstPages[199] + 15));
        LOG.setLevel(Level.OFF); // one error is logged, and wanted
        final Hydrator hydrator = hydrator();
        hydrator.start(0);
        hydrator.await();
        hydrator.stop();
        LOG.setLevel(null);
        assertThat(finished).hasValue(0);
        assertThat(memory.hydrating()).isTrue();
        assertThat(hydrator.failedPages()).isEqualTo(3);
        assertThat(hydrator.firstFailure()).hasMessage("planted in page " + (firstPages[3] + 5));
        assertThat(hydrator.progress().isComplete()).isFalse();
        assertThat(hydrator.progress().loadedPages()).isEqualTo(memory.recoveredPageCount() - 3);
        final long address = PageDescriptor.addressOfPage(firstPages[100]);
        assertThatThrownBy(() -> memory.forRead(address)).hasMessage("planted in page " + firstPages[100]);
        damaged.clear(); // as if the disk had come back
        checkAll();
    }

    private Hydrator retrying() {
        return new Hydrator(
                memory, paced::add, goOn -> {}, finished::incrementAndGet, TimeUnit.MILLISECONDS.toNanos(1));
    }

    private void awaitFinished() {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (finished.get() == 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void shouldLoadPagesThatFailedWhenTheyAreTriedAgain() {
        damaged.addAll(Set.of(firstPages[3] + 5, firstPages[100]));
        LOG.setLevel(Level.OFF);
        final Hydrator hydrator = retrying();
        hydrator.start(0);
        hydrator.await();
        assertThat(hydrator.progress().isEnded()).isTrue();
        assertThat(finished).hasValue(0);
        damaged.clear(); // as if the disk had come back
        awaitFinished();
        hydrator.stop();
        LOG.setLevel(null);
        assertThat(memory.hydrating()).isFalse();
        assertThat(hydrator.progress().failedPages()).isZero();
        assertThat(hydrator.progress().isComplete()).isTrue();
        checkAll();
    }

    @Test
    void shouldCompleteWhenOthersHaveLoadedTheLastPage() {
        hydratorFails = true;
        LOG.setLevel(Level.OFF);
        final Hydrator hydrator = retrying();
        hydrator.start(0);
        hydrator.await();
        assertThat(finished).hasValue(0);
        for (int page = 0; page < memory.recoveredPageCount(); page++) {
            memory.hydrate(page);
        }
        awaitFinished();
        hydrator.stop();
        LOG.setLevel(null);
        assertThat(memory.hydrating()).isFalse();
        assertThat(hydrator.progress().failedPages()).isZero();
    }

    @Test
    void shouldSayThatItHasEndedWhenAnErrorEndsIt() {
        LOG.setLevel(Level.OFF);
        final Hydrator hydrator = new Hydrator(
                memory,
                bytes -> {
                    throw new AssertionError("planted");
                },
                goOn -> {},
                finished::incrementAndGet);
        hydrator.start(0);
        hydrator.await();
        hydrator.stop();
        LOG.setLevel(null);
        assertThat(hydrator.progress().isEnded()).isTrue();
        assertThat(hydrator.progress().isComplete()).isFalse();
        assertThat(hydrator.firstFailure()).isInstanceOf(AssertionError.class).hasMessage("planted");
        assertThat(finished).hasValue(0);
        checkAll(); // by touch
    }

    @Test
    void shouldSayThatAPageCannotBeLoadedWhenThereIsNoMemory() {
        noMemory = true;
        assertThatThrownBy(() -> check(firstPages[7]))
                .isInstanceOf(StoreIoException.class)
                .hasRootCauseInstanceOf(OutOfMemoryError.class);
        noMemory = false;
        checkAll();
    }

    @Test
    void shouldKeepNeighboursOfADamagedPageReadable() {
        damaged.add(firstPages[50] + 8);
        for (int page = firstPages[50]; page < firstPages[51]; page++) {
            if (page != firstPages[50] + 8) {
                check(page);
            }
        }
        assertThatThrownBy(() -> check(firstPages[50] + 8)).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldStopBetweenTwoRunsWhateverThePace() throws Exception {
        final CountDownLatch waiting = new CountDownLatch(1);
        final Hydrator hydrator = new Hydrator(
                memory,
                bytes -> {
                    waiting.countDown();
                    try {
                        Thread.sleep(TimeUnit.MINUTES.toMillis(10));
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                goOn -> {},
                finished::incrementAndGet);
        hydrator.start(0);
        assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
        hydrator.stop();
        assertThat(finished).hasValue(0);
        assertThat(hydrator.hydratedPages()).isLessThan(memory.recoveredPageCount());
    }

    @Test
    void shouldLeaveTheProcessorToOthersForTheTimeTold() {
        final Hydrator hydrator = hydrator();
        final long before = memory.hydratedPageCount();
        hydrator.start(TimeUnit.MINUTES.toMillis(10));
        hydrator.start(0); // it is started already
        hydrator.stop();
        assertThat(hydrator.hydratedPages()).isZero();
        assertThat(memory.hydratedPageCount()).isEqualTo(before);
        assertThat(finished).hasValue(0);
        checkAll(); // by touch
    }

    @Test
    void shouldServeManyThreadsWhileItLoads() throws Exception {
        final Hydrator hydrator = hydrator();
        final ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            final List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                final int start = i * 25;
                results.add(threads.submit(() -> {
                    for (int extent = 0; extent < EXTENTS; extent++) {
                        final int first = firstPages[(start + extent * 7) % EXTENTS];
                        check(first + extent % PageDescriptor.PAGES_PER_EXTENT);
                    }
                }));
            }
            hydrator.start(0);
            for (final Future<?> result : results) {
                get(result);
            }
        } finally {
            threads.shutdownNow();
        }
        hydrator.await();
        assertThat(finished).hasValue(1);
        assertThat(loads.values()).allSatisfy(count -> assertThat(count).hasValue(1));
        checkAll();
    }

    private static void get(final Future<?> result) throws InterruptedException {
        try {
            result.get();
        } catch (final ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private void checkAll() {
        Arrays.stream(firstPages).forEach(first -> {
            for (int page = first; page < first + PageDescriptor.PAGES_PER_EXTENT; page++) {
                check(page);
            }
        });
    }

    private void check(final int page) {
        final long pointer = memory.forRead(PageDescriptor.addressOfPage(page), PageDescriptor.PAGE_LENGTH);
        assertThat(RawMemory.getByte(pointer)).isEqualTo(content(page));
        assertThat(RawMemory.getByte(pointer + PageDescriptor.PAGE_LENGTH - 1)).isEqualTo(content(page));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagedMemoryTest {
    private static final int WINDOW_SHIFT = 20;

    private PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)));

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void shouldHandOutDistinctAlignedExtentsAcrossWindows() {
        final Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            final long address = memory.allocateExtent(ExtentKind.RECORD_HEAP);
            assertThat(address % PageDescriptor.EXTENT_LENGTH).isZero();
            assertThat(address).isNotZero();
            assertThat(memory.kindOf(address)).isEqualTo(ExtentKind.RECORD_HEAP);
            assertThat(addresses.add(address)).isTrue();
            RawMemory.setMemory(
                    memory.forWrite(address, PageDescriptor.EXTENT_LENGTH), PageDescriptor.EXTENT_LENGTH, (byte) i);
        }
        assertThat(memory.extentsByKind()[ExtentKind.RECORD_HEAP.code()]).isEqualTo(40);
        assertThat(memory.extentsByKind()[ExtentKind.WINDOW.code()]).isEqualTo(3);
    }

    @Test
    void shouldReuseFreedExtentsBeforeFreshOnes() {
        final List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            addresses.add(memory.allocateExtent(ExtentKind.PAGES));
        }
        final int limit = memory.pageLimit();
        memory.free(addresses.get(7));
        memory.free(addresses.get(2));
        assertThat(memory.allocateExtent(ExtentKind.PAGES)).isEqualTo(addresses.get(2));
        assertThat(memory.allocateExtent(ExtentKind.PAGES)).isEqualTo(addresses.get(7));
        assertThat(memory.pageLimit()).isEqualTo(limit);
    }

    @Test
    void shouldKeepRunsInsideOneWindowAndFreeThemWhole() {
        final long first = memory.allocateRun(ExtentKind.LARGE_RECORD, 9);
        final long second = memory.allocateRun(ExtentKind.LARGE_RECORD, 9);
        assertThat(first >>> WINDOW_SHIFT).isEqualTo(0);
        assertThat(second >>> WINDOW_SHIFT).isEqualTo(1);
        memory.free(first);
        assertThat(memory.kindOf(first + 3 * PageDescriptor.EXTENT_LENGTH)).isEqualTo(ExtentKind.FREE);
        assertThat(memory.allocateRun(ExtentKind.LARGE_RECORD, 8)).isEqualTo(first);
        assertThat(memory.extentsByKind()[ExtentKind.LARGE_RECORD.code()]).isEqualTo(17);
    }

    @Test
    void shouldRefuseToFreeWhatIsNotTheStartOfAnAllocation() {
        final long run = memory.allocateRun(ExtentKind.LARGE_RECORD, 3);
        for (final long wrong : new long[] {0, run + 64, run + PageDescriptor.EXTENT_LENGTH, run + (4L << 16)}) {
            assertThatThrownBy(() -> memory.free(wrong)).isInstanceOf(ConfigurationException.class);
        }
        memory.free(run);
        assertThatThrownBy(() -> memory.free(run)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldReportAFullStoreWithoutChangingAnything() {
        memory.close();
        memory = PagedMemory.create(
                new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)).lengthMax(3L << WINDOW_SHIFT));
        int count = 0;
        while (count < 45) {
            memory.allocateExtent(ExtentKind.PAGES);
            count++;
        }
        final long[] before = memory.extentsByKind();
        assertThatThrownBy(() -> memory.allocateExtent(ExtentKind.PAGES)).isInstanceOf(StoreFullException.class);
        assertThatThrownBy(() -> memory.ensureFree(1)).isInstanceOf(StoreFullException.class);
        assertThatThrownBy(() -> memory.allocateRun(ExtentKind.PAGES, 16)).isInstanceOf(StoreFullException.class);
        assertThat(memory.extentsByKind()).isEqualTo(before);
    }

    @Test
    void shouldAllocateWhatWasEnsured() {
        memory.ensureFree(20);
        for (int i = 0; i < 20; i++) {
            memory.allocateExtent(ExtentKind.PAGES);
        }
        assertThat(memory.extentsByKind()[ExtentKind.PAGES.code()]).isEqualTo(20);
    }

    @Test
    void shouldCaptureExactlyTheLinesWrittenSinceTheLastBarrier() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        RawMemory.putLong(memory.forWrite(address + 4096 - 8, 8), 11);
        RawMemory.putLong(memory.forWrite(address + 4096 + 130, 8), 22);
        final byte[] spanning = new byte[4096 + 128];
        memory.forWrite(address + 3 * 4096 - 64, spanning.length);
        final Map<Integer, Long> masks = captureAll(memory);
        final int page = PageDescriptor.pageOf(address);
        assertThat(masks)
                .containsOnly(
                        Map.entry(page, 1L << 63),
                        Map.entry(page + 1, 1L << 2),
                        Map.entry(page + 2, 1L << 63),
                        Map.entry(page + 3, -1L),
                        Map.entry(page + 4, 1L));
        assertThat(captureAll(memory)).isEmpty();
    }

    @Test
    void shouldCaptureTheLinesOfLongsThatWereOverwritten() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        memory.forWriteOfLong(address + 4096 - 8);
        memory.forWriteOfLong(address + 64 * 3);
        memory.forWriteOfLong(address + 4096 + 64 * 7 + 56);
        final PageCapture capture = memory.seal();
        memory.forWriteOfLong(address + 64 * 5); // the writer comes first
        final int page = PageDescriptor.pageOf(address);
        final Map<Integer, Long> masks = new HashMap<>();
        while (!capture.complete()) {
            capture.capture(
                    10,
                    (number, mask, lines) -> assertThat(masks.put(number, mask)).isNull());
        }
        capture.end();
        assertThat(masks).containsOnly(Map.entry(page, 1L << 63 | 1L << 3), Map.entry(page + 1, 1L << 7));
        assertThat(capture.writerCapturedPages()).isEqualTo(1);
        assertThat(captureAll(memory)).containsOnly(Map.entry(page, 1L << 5));
    }

    @Test
    void shouldCaptureOldLinesWhenTheWriterComesFirst() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        RawMemory.putLong(memory.forWrite(address, 8), 1);
        final PageCapture capture = memory.seal();
        RawMemory.putLong(memory.forWrite(address, 8), 2);
        RawMemory.putLong(memory.forWrite(address + 640, 8), 3);
        final long[] seen = new long[1];
        while (!capture.complete()) {
            capture.capture(10, (page, mask, lines) -> {
                if (page == PageDescriptor.pageOf(address)) {
                    assertThat(mask).isEqualTo(1L);
                    seen[0] = RawMemory.getLong(lines);
                }
            });
        }
        capture.end();
        assertThat(seen[0]).isEqualTo(1);
        assertThat(capture.writerCapturedPages()).isEqualTo(1);
        assertThat(captureAll(memory)).containsEntry(PageDescriptor.pageOf(address), 1L | 1L << 10);
    }

    @Test
    void shouldGiveThePagesOfAnAbandonedCaptureToTheNext() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        for (int page = 0; page < 3; page++) {
            memory.forWrite(address + page * 4096L, 8);
        }
        final PageCapture capture = memory.seal();
        capture.capture(1, (page, mask, lines) -> {});
        memory.forWrite(address + 4096, 8); // captured by the writer
        capture.discard();
        capture.end();
        memory.forWrite(address + 2 * 4096 + 64, 8); // after the end: keeps its old lines
        final Map<Integer, Long> masks = captureAll(memory);
        final int page = PageDescriptor.pageOf(address);
        assertThat(masks).containsOnly(Map.entry(page, 1L), Map.entry(page + 1, 1L), Map.entry(page + 2, 3L));
        assertThat(captureAll(memory)).isEmpty();
    }

    @Test
    void shouldCarryLinesThroughSeveralAbandonedCapturesAndNoFurther() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        final int page = PageDescriptor.pageOf(address);
        for (int i = 0; i < 4; i++) {
            memory.forWrite(address + i * 64L, 8); // another line in every epoch
            if (i == 1) {
                memory.forWrite(address + 4096, 8); // a page that only this epoch knows
            }
            final PageCapture capture = memory.seal();
            if (i % 2 == 0) {
                while (!capture.complete()) {
                    capture.capture(1, (number, mask, lines) -> {});
                }
            }
            memory.forWrite(address + 640, 8); // while it is not known how the capture ends
            capture.discard();
            capture.end();
            assertThat(memory.changed()).isTrue();
        }
        final PageCapture kept = memory.seal();
        memory.forWrite(address + 64 * 20, 8); // the writer comes first
        final Map<Integer, Long> masks = new HashMap<>();
        while (!kept.complete()) {
            kept.capture(
                    10,
                    (number, mask, lines) -> assertThat(masks.put(number, mask)).isNull());
        }
        kept.end();
        assertThat(masks).containsOnly(Map.entry(page, 0xfL | 1L << 10), Map.entry(page + 1, 1L));
        assertThat(captureAll(memory)).containsOnly(Map.entry(page, 1L << 20));
    }

    @Test
    void shouldWriteOnlyNewLinesOfAPageThatIsWrittenInEveryEpoch() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        final int page = PageDescriptor.pageOf(address);
        for (int i = 0; i < 20; i++) {
            memory.forWrite(address + i * 64L, 8);
            final PageCapture capture = memory.seal();
            memory.forWrite(address + (i + 1) * 64L, 8);
            final long expected = 1L << i;
            while (!capture.complete()) {
                capture.capture(10, (number, mask, lines) -> {
                    assertThat(number).isEqualTo(page);
                    assertThat(mask).isEqualTo(expected);
                });
            }
            capture.end();
        }
    }

    @Test
    void shouldLetAWriterGoOnWhenTheCaptureIsGivenUpWhileItWaits() throws Exception {
        memory.close();
        memory = PagedMemory.create(
                new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)).capturePoolLength(64 * 1024));
        final long address = memory.allocateRun(ExtentKind.PAGES, 8);
        memory.forWrite(address, 8 * PageDescriptor.EXTENT_LENGTH);
        final PageCapture capture = memory.seal();
        final Thread giveUp = new Thread(() -> {
            sleep(100);
            capture.discard();
            capture.end();
        });
        giveUp.start();
        memory.forWrite(address, 8 * PageDescriptor.EXTENT_LENGTH);
        giveUp.join();
        assertThat(capture.stallNs()).isPositive();
        assertThat(captureAll(memory).values()).contains(-1L);
        assertThat(memory.dirtyPageCount()).isZero();
    }

    private static void sleep(final long ms) {
        try {
            Thread.sleep(ms);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldDropLinesOfFreedExtentsFromTheNextCapture() {
        final long address = memory.allocateExtent(ExtentKind.PAGES);
        captureAll(memory);
        memory.forWrite(address, PageDescriptor.EXTENT_LENGTH);
        memory.free(address);
        final Map<Integer, Long> masks = captureAll(memory);
        assertThat(masks.get(PageDescriptor.pageOf(address))).isZero();
    }

    @Test
    void shouldHydrateColdPagesOnFirstTouchAndKeepThemAfterwards() {
        final long address = memory.allocateRun(ExtentKind.LARGE_RECORD, 15);
        final long next = memory.allocateExtent(ExtentKind.PAGES);
        RawMemory.putLong(memory.forWrite(address + 5000, 8), 77);
        RawMemory.putLong(memory.forWrite(next + 8192, 8), 78);
        memory.rootSlot(3, 99);
        final Map<Integer, byte[]> image = new HashMap<>();
        applyCapture(memory, image);
        final int pageLimit = memory.pageLimit();
        final List<Integer> loads = new ArrayList<>();
        final PagedMemory recovered = PagedMemory.recover(
                new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)),
                (page, target) -> {
                    loads.add(page);
                    final byte[] bytes = image.getOrDefault(page, new byte[4096]);
                    RawMemory.copy(bytes, RawMemory.ARRAY_OFFSET, null, target, 4096);
                },
                pageLimit);
        memory.close();
        memory = recovered;
        loads.clear();
        assertThat(RawMemory.getLong(memory.forRead(next + 8192))).isEqualTo(78);
        assertThat(RawMemory.getLong(memory.forRead(address + 5000, 8))).isEqualTo(77);
        assertThat(memory.rootSlot(3)).isEqualTo(99);
        RawMemory.putLong(memory.forWrite(address + 5008, 8), 5);
        // Two places were touched: each brings the pages of its extent, and nothing else.
        assertThat(loads).hasSize(32).doesNotHaveDuplicates();
        assertThat(memory.coldTouchCount()).isEqualTo(3); // the first page's extent when it was opened
        assertThat(memory.hydratedPageCount()).isEqualTo(48);
        for (int page = 0; page < pageLimit; page++) {
            memory.hydrate(page);
        }
        assertThat(memory.hydrating()).isTrue();
        assertThat(memory.hydratingForOthers()).isTrue();
        memory.hydrationComplete();
        assertThat(memory.hydratingForOthers()).isFalse();
        assertThat(memory.hydrating()).isFalse();
        assertThat(loads).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(pageLimit);
        assertThat(RawMemory.getLong(memory.forRead(address + 5000))).isEqualTo(77);
        assertThat(captureAll(memory)).containsOnlyKeys(PageDescriptor.pageOf(address + 5008));
    }

    @Test
    void shouldKeepAPageColdWhenItsSourceFails() {
        final Map<Integer, byte[]> image = new HashMap<>();
        memory.allocateExtent(ExtentKind.PAGES);
        applyCapture(memory, image);
        final boolean[] fail = {false};
        final int limit = memory.pageLimit();
        final PagedMemory recovered = PagedMemory.recover(
                new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)),
                (page, target) -> {
                    if (fail[0]) {
                        throw new CorruptStoreException("planted");
                    }
                    RawMemory.copy(
                            image.getOrDefault(page, new byte[4096]), RawMemory.ARRAY_OFFSET, null, target, 4096);
                },
                limit);
        memory.close();
        memory = recovered;
        fail[0] = true;
        final long address = PageDescriptor.addressOfPage(limit - 1);
        assertThatThrownBy(() -> memory.forWrite(address, 8)).hasMessage("planted");
        assertThatThrownBy(() -> memory.forRead(address)).hasMessage("planted");
        assertThatThrownBy(memory::hydrationComplete).isInstanceOf(IllegalStateException.class);
        fail[0] = false;
        assertThat(RawMemory.getLong(memory.forRead(address))).isZero();
        assertThat(memory.dirtyPageCount()).isZero();
    }

    @Test
    void shouldRefusePagesThatAreNotAStore() {
        assertThatThrownBy(() -> PagedMemory.recover(
                        new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)),
                        (page, target) -> RawMemory.setMemory(target, 4096, (byte) 0),
                        16))
                .isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldGrowAFileOwnedAloneAndRemoveItAtClose(@TempDir final Path directory) throws Exception {
        final Path file = directory.resolve("memory");
        Thread.currentThread().interrupt(); // must neither fail nor be forgotten
        final PagedMemory mapped = PagedMemory.create(
                new PagedMemory.Builder(MappedFileMemory.onDisk(file, WINDOW_SHIFT)).growAhead("grower"));
        for (int i = 0; i < 40; i++) {
            final long address = mapped.allocateExtent(ExtentKind.PAGES);
            RawMemory.putLong(mapped.forWrite(address + 60000, 8), i);
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        mapped.close();
        assertThat(file).doesNotExist();
    }

    static Map<Integer, Long> captureAll(final PagedMemory memory) {
        final Map<Integer, Long> masks = new HashMap<>();
        final PageCapture capture = memory.seal();
        while (!capture.complete()) {
            capture.capture(
                    100,
                    (page, mask, lines) -> assertThat(masks.put(page, mask)).isNull());
        }
        capture.end();
        return masks;
    }

    static void applyCapture(final PagedMemory memory, final Map<Integer, byte[]> image) {
        final PageCapture capture = memory.seal();
        while (!capture.complete()) {
            capture.capture(100, (page, mask, lines) -> overlay(image, page, mask, lines));
        }
        capture.end();
    }

    static void overlay(final Map<Integer, byte[]> image, final int page, final long mask, final long lines) {
        final byte[] bytes = image.computeIfAbsent(page, number -> new byte[4096]);
        long from = lines;
        for (int line = 0; line < 64; line++) {
            if ((mask & 1L << line) != 0) {
                RawMemory.copy(null, from, bytes, RawMemory.ARRAY_OFFSET + line * 64, 64);
                from += 64;
            }
        }
    }
}

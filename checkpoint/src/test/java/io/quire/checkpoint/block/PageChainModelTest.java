/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PageSource;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageChainModelTest {
    private static final UUID STORE_ID = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);

    @TempDir
    Path directory;

    private StoreFiles files;
    private final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final long target = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final long run = RawMemory.allocate(PageSource.RUN_LENGTH_MAX * PageDescriptor.PAGE_LENGTH);

    @AfterEach
    void freeMemory() {
        RawMemory.free(lines);
        RawMemory.free(target);
        RawMemory.free(run);
    }

    @Test
    void shouldReadBackWhatChainsOfRandomFilesHold() {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -Dtest=PageChainModelTest -Dseed=" + seed);
        final Random random = new Random(seed);
        for (int round = 0; round < 16; round++) {
            if (round % 8 == 0) {
                files = new DiskStoreFiles();
                readBackOneChain(random, directory.resolve("round-" + round));
            } else {
                final FaultStoreFiles inMemory = new FaultStoreFiles();
                files = inMemory;
                readBackOneChain(random, Path.of("/store"));
                assertThat(inMemory.openHandles()).isEmpty();
            }
        }
    }

    @Test
    void shouldUnmapAllFilesThoughUnmappingOneFails() {
        final FaultStoreFiles inMemory = new FaultStoreFiles();
        files = inMemory;
        final Path store = Path.of("/store");
        files.createDirectories(store);
        final List<CheckpointFileInfo> infos = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            infos.add(writeRandomFile(new Random(i), store, new PageImages(), i, 64));
        }
        for (int failing = 0; failing < infos.size(); failing++) {
            final PageChain chain = PageChain.open(files, store, infos);
            inMemory.failAt(failing, FileFault.IO_ERROR);
            assertThatThrownBy(chain::close).isInstanceOf(StoreIoException.class);
            inMemory.heal();
            assertThat(inMemory.openHandles()).isEmpty();
        }
    }

    private void readBackOneChain(final Random random, final Path store) {
        files.createDirectories(store);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> infos = new ArrayList<>();
        final int pageLimit = 1 << (4 + random.nextInt(16));
        final int fileCount = random.nextInt(20);
        for (int i = 1; i <= fileCount; i++) {
            infos.add(writeRandomFile(random, store, model, i, pageLimit));
        }
        try (PageChain chain = PageChain.open(files, store, infos)) {
            assertThat(chain.fileCount()).isEqualTo(fileCount);
            for (final int page : model.pageNumbers()) {
                checkPage(chain, model, page);
            }
            for (int i = 0; i < 500; i++) {
                checkPage(chain, model, random.nextInt(pageLimit * 2));
            }
            for (int i = 0; i < 200; i++) {
                checkRun(chain, model, random.nextInt(pageLimit * 2), random.nextLong() | 1L << random.nextInt(64));
            }
            checkRun(chain, model, 0, -1L);
            checkPage(chain, model, 0);
            checkPage(chain, model, Integer.MAX_VALUE);
            for (int i = 0; i < fileCount; i++) {
                final List<FileProblem> problems = new ArrayList<>();
                chain.file(i).verify(problems::add);
                assertThat(problems).isEmpty();
            }
        }
    }

    private void checkRun(final PageChain chain, final PageImages model, final int firstPage, final long wanted) {
        final int length = PageSource.RUN_LENGTH_MAX * PageDescriptor.PAGE_LENGTH;
        RawMemory.setMemory(run, length, (byte) 0x5a);
        chain.loadRun(firstPage, wanted, run);
        RawMemory.setMemory(target, PageDescriptor.PAGE_LENGTH, (byte) 0x5a);
        for (int i = 0; i < PageSource.RUN_LENGTH_MAX; i++) {
            final long page = run + (long) i * PageDescriptor.PAGE_LENGTH;
            final boolean isRight = (wanted >>> i & 1) != 0
                    ? model.equalsPage(firstPage + i, page)
                    : RawMemory.equal(null, page, target, PageDescriptor.PAGE_LENGTH);
            assertThat(isRight)
                    .as("page %d of run at %d", firstPage + i, firstPage)
                    .isTrue();
        }
    }

    private void checkPage(final PageChain chain, final PageImages model, final int page) {
        RawMemory.setMemory(target, PageDescriptor.PAGE_LENGTH, (byte) 0x5a);
        chain.load(page, target);
        assertThat(model.equalsPage(page, target)).as("page %d", page).isTrue();
    }

    private CheckpointFileInfo writeRandomFile(
            final Random random, final Path store, final PageImages model, final int id, final int pageLimit) {
        final CheckpointFileSettings settings = CheckpointFileSettings.defaults()
                .withBlockLength(PageDescriptor.PAGE_LENGTH << random.nextInt(7))
                .withCompression(random.nextInt(4) != 0);
        final Map<Integer, Long> written = new HashMap<>();
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, id, id, id);
        final CheckpointFileInfo info;
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, store, identity, settings)) {
            for (final int page : randomPages(random, pageLimit)) {
                final long mask = PageImages.randomMask(random);
                model.scribble(random, page, mask);
                if (random.nextBoolean()) {
                    model.copyLines(page, mask, lines);
                    writer.append(page, mask, lines);
                } else {
                    model.copyLines(page, -1L, lines);
                    writer.appendFromPage(page, mask, lines);
                }
                written.put(page, mask);
            }
            writer.append(pageLimit + 1, 0, 0);
            info = writer.finish();
        }
        checkFile(store, info, model, written);
        return info;
    }

    private List<Integer> randomPages(final Random random, final int pageLimit) {
        final Set<Integer> distinct = new HashSet<>();
        final int count = random.nextInt(Math.min(pageLimit, 1500));
        for (int i = 0; i < count; i++) {
            distinct.add(random.nextInt(8) == 0 ? random.nextInt(pageLimit) : i);
        }
        final List<Integer> pages = new ArrayList<>(distinct);
        Collections.sort(pages);
        if (random.nextInt(3) == 0) {
            Collections.shuffle(pages, random);
        } else if (random.nextInt(2) == 0) { // Sorted, with batches that came out of order.
            Collections.rotate(pages, pages.size() / 3);
        }
        return pages;
    }

    private void checkFile(
            final Path store, final CheckpointFileInfo info, final PageImages model, final Map<Integer, Long> written) {
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, store, info)) {
            assertThat(info.pageCount()).isEqualTo(written.size());
            assertThat(reader.info()).isEqualTo(info);
            final Map<Integer, Long> walked = new HashMap<>();
            reader.walk((page, mask, pointer) -> {
                walked.put(page, mask);
                model.copyLines(page, mask, lines);
                assertThat(RawMemory.equal(null, pointer, lines, Long.bitCount(mask) * PageDescriptor.LINE_LENGTH))
                        .isTrue();
            });
            assertThat(walked).isEqualTo(written);
            final Map<Integer, Long> iterated = new HashMap<>();
            int previous = -1;
            try (PageEntries entries = reader.entries(4)) {
                while (entries.next()) {
                    assertThat(entries.page()).isGreaterThan(previous);
                    previous = entries.page();
                    iterated.put(entries.page(), entries.mask());
                    model.copyLines(entries.page(), -1L, target);
                    LineRuns.clear(entries.mask(), target);
                    assertThat(entries.readLines(-1L, target)).isEqualTo(entries.mask());
                    assertThat(model.equalsPage(entries.page(), target)).isTrue();
                }
                assertThat(entries.next()).isFalse();
            }
            assertThat(iterated).isEqualTo(written);
        }
    }
}

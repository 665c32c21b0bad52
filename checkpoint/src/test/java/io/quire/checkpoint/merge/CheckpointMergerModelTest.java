/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileReader;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.CheckpointFileWriter;
import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.block.PageEntries;
import io.quire.checkpoint.block.PageImages;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.checkpoint.io.StoreFileNames;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CheckpointMergerModelTest {
    private static final UUID STORE_ID = new UUID(1, 2);
    private static final Path DIRECTORY = Path.of("/store");
    private static final int PAGE_LIMIT = 3000;

    private final FaultStoreFiles files = new FaultStoreFiles();
    private final FileNumbers numbers = new FileNumbers(1);
    private final CheckpointMerger merger =
            new CheckpointMerger(files, DIRECTORY, STORE_ID, numbers, CheckpointFileSettings.defaults());
    private final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);

    @BeforeEach
    void createDirectory() {
        files.createDirectories(DIRECTORY);
    }

    @AfterEach
    void freeMemory() {
        RawMemory.free(lines);
        assertThat(files.openHandles()).isEmpty();
    }

    @Test
    void shouldKeepEveryPageThroughRandomMerges() {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -Dtest=CheckpointMergerModelTest -Dseed=" + seed);
        final Random random = new Random(seed);
        final PageImages model = new PageImages();
        List<CheckpointFileInfo> chain = new ArrayList<>();
        final MergePolicy policy = new MergePolicy(4, 0.7);
        for (long id = 1; id <= 40; id++) {
            chain.add(writeRandom(random, model, id));
            Optional<MergeRun> run = policy.choose(chain);
            if (random.nextInt(6) == 0 && chain.size() > 1) {
                run = Optional.of(new MergeRun(chain.subList(random.nextInt(chain.size() - 1), chain.size())));
            }
            if (run.isPresent()) {
                chain = mergeAndCheck(chain, run.get());
            }
            check(chain, model);
        }
        check(mergeAndCheck(chain, new MergeRun(twoOrMore(random, model, chain))), model);
    }

    /** Reading a file back takes time in proportion to the state, as writing it does. */
    @Test
    void shouldEndWithoutATraceWhenCancelledWhileItReadsItsResultBack() {
        final Random random = new Random(11);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain = new ArrayList<>();
        for (long id = 1; id <= 3; id++) {
            chain.add(writeRandom(random, model, id));
        }
        final List<String> before = files.list(DIRECTORY);
        final HookedStoreFiles hooked = new HookedStoreFiles(files);
        final long number = numbers.next();
        final String name = StoreFileNames.checkpointFile(number);
        final AtomicBoolean opened = new AtomicBoolean();
        hooked.hook((operation, path) -> {
            if (operation == FileOperation.OPEN_READ && path.endsWith(name)) {
                opened.set(true);
            }
        });
        final CheckpointMerger merging =
                new CheckpointMerger(hooked, DIRECTORY, STORE_ID, numbers, CheckpointFileSettings.defaults());
        assertThat(merging.merge(new MergeRun(chain), PageFilter.ALL, opened::get))
                .isEmpty();
        assertThat(opened).isTrue();
        assertThat(files.list(DIRECTORY)).isEqualTo(before);
        assertThat(numbers.isInUse(number)).isFalse();
        check(mergeAndCheck(chain, new MergeRun(chain)), model);
    }

    private List<CheckpointFileInfo> twoOrMore(
            final Random random, final PageImages model, final List<CheckpointFileInfo> chain) {
        chain.add(writeRandom(random, model, 41));
        return chain;
    }

    private List<CheckpointFileInfo> mergeAndCheck(final List<CheckpointFileInfo> chain, final MergeRun run) {
        final MergeResult result =
                merger.merge(run, PageFilter.ALL, () -> false).orElseThrow();
        assertThat(result.file().identity().oldestCheckpointId()).isEqualTo(run.oldestCheckpointId());
        assertThat(result.file().identity().newestCheckpointId()).isEqualTo(run.newestCheckpointId());
        assertThat(result.readLength()).isEqualTo(run.length());
        assertThat(result.writtenLength()).isEqualTo(result.file().length());
        assertThat(numbers.isInUse(result.file().identity().fileNumber())).isTrue();
        numbers.release(result.file().identity().fileNumber());
        return run.replaceIn(chain, result.file());
    }

    private void check(final List<CheckpointFileInfo> chain, final PageImages model) {
        try (PageChain pages = PageChain.open(files, DIRECTORY, chain)) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                pages.load(page, lines);
                assertThat(model.equalsPage(page, lines)).as("page %d", page).isTrue();
            }
        }
    }

    private CheckpointFileInfo writeRandom(final Random random, final PageImages model, final long id) {
        final Map<Integer, Long> changed = new TreeMap<>();
        final int count = id == 1 ? PAGE_LIMIT / 2 : random.nextInt(200);
        for (int i = 0; i < count; i++) {
            changed.put(random.nextInt(PAGE_LIMIT), PageImages.randomMask(random));
        }
        return write(random, model, id, changed);
    }

    private CheckpointFileInfo write(
            final Random random, final PageImages model, final long id, final Map<Integer, Long> changed) {
        final List<Integer> pages = new ArrayList<>(changed.keySet());
        if (random.nextBoolean()) {
            Collections.shuffle(pages, random);
        }
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, numbers.take(), id, id);
        try (CheckpointFileWriter writer =
                CheckpointFileWriter.create(files, DIRECTORY, identity, CheckpointFileSettings.defaults())) {
            for (final int page : pages) {
                model.scribble(random, page, changed.get(page));
                model.copyLines(page, changed.get(page), lines);
                writer.append(page, changed.get(page), lines);
            }
            return writer.finish();
        } finally {
            numbers.release(identity.fileNumber());
        }
    }

    @Test
    void shouldTakeOverBlocksThatNoOtherFileTouches() {
        final Random random = new Random(4);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain = new ArrayList<>();
        chain.add(writeInOrder(random, model, 1, 0, PAGE_LIMIT));
        chain.add(writeInOrder(random, model, 2, 1000, 1100));
        final MergeResult part =
                merger.merge(new MergeRun(chain), PageFilter.ALL, () -> false).orElseThrow();
        check(List.of(part.file()), model);
        assertThat((double) part.copiedLength() / part.writtenLength()).isBetween(0.9, 0.99);
        assertThat(part.file().rawLength())
                .isBetween(chain.get(0).rawLength() / 100 * 95, chain.get(0).rawLength() / 100 * 105);
        chain.set(0, part.file());
        chain.set(1, writeInOrder(random, model, 3, 0, PAGE_LIMIT));
        final MergeResult all =
                merger.merge(new MergeRun(chain), PageFilter.ALL, () -> false).orElseThrow();
        assertThat(all.copiedLength()).isZero();
        check(List.of(all.file()), model);
    }

    @Test
    void shouldNotTakeOverADamagedBlock() {
        final Random random = new Random(5);
        final PageImages model = new PageImages();
        final CheckpointFileInfo base = writeInOrder(random, model, 1, 0, 500);
        final CheckpointFileInfo delta = writeInOrder(random, model, 2, 600, 700);
        final Path damaged = DIRECTORY.resolve(base.fileName());
        final byte[] content = files.content(damaged);
        content[(int) base.length() / 3] ^= 1;
        files.setContent(damaged, content);
        final List<String> before = files.list(DIRECTORY);
        assertThatThrownBy(() -> merger.merge(new MergeRun(List.of(base, delta)), PageFilter.ALL, () -> false))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(damaged.toString());
        assertThat(files.list(DIRECTORY)).isEqualTo(before);
    }

    private CheckpointFileInfo writeInOrder(
            final Random random, final PageImages model, final long id, final int from, final int to) {
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(STORE_ID, numbers.take(), id, id);
        try (CheckpointFileWriter writer =
                CheckpointFileWriter.create(files, DIRECTORY, identity, CheckpointFileSettings.defaults())) {
            for (int page = from; page < to; page++) {
                model.scribble(random, page, -1L);
                model.copyLines(page, -1L, lines);
                writer.append(page, -1L, lines);
            }
            return writer.finish();
        } finally {
            numbers.release(identity.fileNumber());
        }
    }

    @Test
    void shouldDropPagesThatTheFilterDoesNotKeep() {
        final Random random = new Random(1);
        final PageImages model = new PageImages();
        final CheckpointFileInfo older = write(random, model, 1, new TreeMap<>(Map.of(1, 1L, 2, 2L, 3, 3L)));
        final CheckpointFileInfo newer = write(random, model, 2, new TreeMap<>(Map.of(2, 8L, 3, 1L, 4, 4L)));
        final MergeResult result = merger.merge(
                        new MergeRun(List.of(older, newer)), page -> page != 3 && page != 4, () -> false)
                .orElseThrow();
        final Map<Integer, Long> found = new TreeMap<>();
        try (CheckpointFileReader reader = CheckpointFileReader.open(files, DIRECTORY, result.file());
                PageEntries entries = reader.entries(1)) {
            while (entries.next()) {
                found.put(entries.page(), entries.mask());
            }
        }
        assertThat(found).isEqualTo(Map.of(1, 1L, 2, 10L));
    }

    @Test
    void shouldTakeOverTheOtherBlocksWhenPagesAreDropped() {
        final Random random = new Random(6);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain = new ArrayList<>();
        chain.add(writeInOrder(random, model, 1, 0, PAGE_LIMIT));
        chain.add(writeInOrder(random, model, 2, 2950, PAGE_LIMIT));
        final MergeResult result = merger.merge(
                        new MergeRun(chain), page -> page < 1000 || page >= 2005 && page != 2500, () -> false)
                .orElseThrow();
        assertThat((double) result.copiedLength() / result.writtenLength()).isBetween(0.9, 0.99);
        assertThat(result.file().pageCount()).isEqualTo(PAGE_LIMIT - 1005 - 1);
        try (PageChain pages = PageChain.open(files, DIRECTORY, List.of(result.file()))) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                pages.load(page, lines);
                final boolean kept = page < 1000 || page >= 2005 && page != 2500;
                assertThat(model.equalsPage(page, lines)).as("page %d", page).isEqualTo(kept);
            }
        }
    }

    @Test
    void shouldMakeAFileOfNoPagesWhenAllAreDropped() {
        final Random random = new Random(7);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain =
                List.of(writeInOrder(random, model, 1, 0, 100), writeInOrder(random, model, 2, 50, 60));
        final MergeResult result =
                merger.merge(new MergeRun(chain), page -> false, () -> false).orElseThrow();
        assertThat(result.file().pageCount()).isZero();
        check(List.of(result.file()), new PageImages());
    }

    @Test
    void shouldLeaveNoTraceWhenCancelled() {
        final Random random = new Random(2);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain = List.of(writeRandom(random, model, 1), writeRandom(random, model, 2));
        final List<String> before = files.list(DIRECTORY);
        final int[] asked = new int[1];
        final Optional<MergeResult> result = merger.merge(new MergeRun(chain), PageFilter.ALL, () -> ++asked[0] == 5);
        assertThat(result).isEmpty();
        assertThat(files.list(DIRECTORY)).isEqualTo(before);
        assertThat(numbers.isInUse(numbers.next() - 1)).isFalse();
    }

    @Test
    void shouldLeaveNoTraceWhenAFileIsDamaged() {
        final Random random = new Random(3);
        final PageImages model = new PageImages();
        final List<CheckpointFileInfo> chain = List.of(writeRandom(random, model, 1), writeRandom(random, model, 2));
        final Path damaged = DIRECTORY.resolve(chain.get(0).fileName());
        final byte[] content = files.content(damaged);
        content[content.length / 2] ^= 4;
        files.setContent(damaged, content);
        final List<String> before = files.list(DIRECTORY);
        assertThatThrownBy(() -> merger.merge(new MergeRun(chain), PageFilter.ALL, () -> false))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(damaged.toString());
        assertThat(files.list(DIRECTORY)).isEqualTo(before);
        assertThat(numbers.isInUse(numbers.next() - 1)).isFalse();
    }

    @Test
    void shouldRefuseTooManyFilesAtOnce() {
        final List<CheckpointFileInfo> chain = new ArrayList<>();
        for (int i = 1; i <= CheckpointMerger.RUN_LENGTH_MAX + 1; i++) {
            chain.add(new CheckpointFileInfo(new CheckpointFileIdentity(STORE_ID, i, i, i), 0, 0, 0, 0, 0, 0));
        }
        assertThatThrownBy(() -> merger.merge(new MergeRun(chain), PageFilter.ALL, () -> false))
                .isInstanceOf(ConfigurationException.class);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.StoreFiles;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageChainConcurrencyTest {
    private static final int PAGE_LIMIT = 2000;
    private static final int THREADS = 20;

    @TempDir
    Path directory;

    private final StoreFiles files = new DiskStoreFiles();
    private final PageImages model = new PageImages();

    /** More threads than the pool keeps buffers for; half of them are interrupted all the time. */
    @Test
    void shouldLoadPagesOnManyThreadsAtOnceWhateverTheirInterruptFlag() throws Exception {
        final List<CheckpointFileInfo> infos = new ArrayList<>();
        for (int id = 1; id <= 5; id++) {
            infos.add(write(id));
        }
        for (int page = 0; page < PAGE_LIMIT; page++) {
            model.page(page); // Everything is there before threads look.
        }
        final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (PageChain chain = PageChain.open(files, directory, infos)) {
            final List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                final int seed = i;
                results.add(threads.submit(() -> load(chain, seed)));
            }
            for (final Future<?> result : results) {
                result.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void load(final PageChain chain, final int seed) {
        final long target = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
        final Random random = new Random(seed);
        try {
            for (int i = 0; i < 1000; i++) {
                if (seed % 2 == 0) {
                    Thread.currentThread().interrupt();
                }
                final int page = seed % 3 == 0 ? i : random.nextInt(PAGE_LIMIT);
                chain.load(page, target);
                assertThat(model.equalsPage(page, target)).isTrue();
            }
            assertThat(Thread.interrupted()).isEqualTo(seed % 2 == 0);
        } finally {
            RawMemory.free(target);
        }
    }

    private CheckpointFileInfo write(final long id) {
        final Random random = new Random(id);
        final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
        final CheckpointFileIdentity identity = new CheckpointFileIdentity(new UUID(1, 2), id, id, id);
        try (CheckpointFileWriter writer =
                CheckpointFileWriter.create(files, directory, identity, CheckpointFileSettings.defaults())) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                if (random.nextInt((int) id) == 0) {
                    final long mask = PageImages.randomMask(random);
                    model.scribble(random, page, mask);
                    model.copyLines(page, mask, lines);
                    writer.append(page, mask, lines);
                }
            }
            return writer.finish();
        } finally {
            RawMemory.free(lines);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.block.CheckpointFileIdentity;
import io.quire.checkpoint.block.CheckpointFileInfo;
import io.quire.checkpoint.block.CheckpointFileSettings;
import io.quire.checkpoint.block.CheckpointFileWriter;
import io.quire.checkpoint.block.PageChain;
import io.quire.checkpoint.block.PageImages;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.manifest.CheckpointCut;
import io.quire.checkpoint.manifest.FileNumbers;
import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.manifest.ManifestCatalog;
import io.quire.checkpoint.manifest.ManifestWriter;
import io.quire.checkpoint.manifest.MemoryLayout;
import io.quire.checkpoint.manifest.Retention;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A store reduced to its checkpoints: random changes to pages, checkpoints, merges and retention the way a store does
 * them, beside a model that knows every checkpoint's content.
 */
final class CheckpointScenario implements AutoCloseable {
    static final Path DIRECTORY = Path.of("/store");
    static final UUID STORE_ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);

    private static final CheckpointFileSettings SETTINGS = CheckpointFileSettings.defaults()
            .withBlockLength(PageDescriptor.PAGE_LENGTH)
            .withBufferLength(64 * 1024);
    private static final int PAGE_LIMIT = 48;
    private static final int MANIFESTS_KEPT = 2;

    private final Random random;
    private final FaultStoreFiles files;
    private final Map<Long, PageImages> models = new HashMap<>();
    private final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private PageImages live = new PageImages();
    private FileNumbers numbers;
    private List<Manifest> manifests;
    private long nextGeneration;
    private long checkpointId;
    private List<CheckpointFileInfo> chain;

    CheckpointScenario(final long seed) {
        this(seed, new FaultStoreFiles());
        files.createDirectories(DIRECTORY);
    }

    private CheckpointScenario(final long seed, final FaultStoreFiles files) {
        random = new Random(seed);
        this.files = files;
        numbers = new FileNumbers(1);
        manifests = new ArrayList<>();
        nextGeneration = 1;
        chain = List.of();
    }

    FaultStoreFiles files() {
        return files;
    }

    /** {@return id of the newest checkpoint that was published, as far as the scenario was told} */
    long checkpointId() {
        return manifests.isEmpty() ? 0 : manifests.get(0).cut().checkpointId();
    }

    /** {@return id of the newest checkpoint that was tried} */
    long attemptedId() {
        return checkpointId;
    }

    List<CheckpointFileInfo> chain() {
        return chain;
    }

    /** Changes some pages, writes them to a file, publishes it and deletes what is no longer needed. */
    void checkpoint() {
        checkpointId++;
        final Map<Integer, Long> changed = new TreeMap<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            changed.put(random.nextInt(PAGE_LIMIT), PageImages.randomMask(random));
        }
        changed.forEach((page, mask) -> live.scribble(random, page, mask));
        models.put(checkpointId, live.copy());
        final long number = numbers.take();
        try {
            final List<CheckpointFileInfo> files = new ArrayList<>(chain);
            files.add(write(number, changed));
            publish(new CheckpointCut(checkpointId, checkpointId * 100, 0), files);
        } finally {
            numbers.release(number);
        }
        retain();
    }

    private CheckpointFileInfo write(final long number, final Map<Integer, Long> changed) {
        final CheckpointFileIdentity identity =
                new CheckpointFileIdentity(STORE_ID, number, checkpointId, checkpointId);
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, identity, SETTINGS)) {
            changed.forEach((page, mask) -> {
                live.copyLines(page, mask, lines);
                writer.append(page, mask, lines);
            });
            return writer.finish();
        }
    }

    private void publish(final CheckpointCut cut, final List<CheckpointFileInfo> newChain) {
        final Manifest manifest = new Manifest(
                STORE_ID,
                nextGeneration,
                cut,
                new MemoryLayout(20, PAGE_LIMIT, 5, 0),
                cut.checkpointId() + 1,
                numbers.next(),
                new TreeMap<>(),
                newChain);
        ManifestWriter.publish(files, DIRECTORY, manifest);
        manifests.add(0, manifest);
        nextGeneration++;
        chain = manifest.files();
    }

    private void retain() {
        manifests = new ArrayList<>(manifests.subList(0, Math.min(MANIFESTS_KEPT, manifests.size())));
        new Retention(files, DIRECTORY, numbers).retain(manifests);
    }

    /** Merges a run of the chain, publishes the result and deletes what is no longer needed. */
    void merge(final MergeRun run) {
        final CheckpointMerger merger = new CheckpointMerger(files, DIRECTORY, STORE_ID, numbers, SETTINGS);
        final MergeResult result =
                merger.merge(run, PageFilter.ALL, () -> false).orElseThrow();
        try {
            publish(manifests.get(0).cut(), run.replaceIn(chain, result.file()));
        } finally {
            numbers.release(result.file().identity().fileNumber());
        }
        retain();
    }

    /** Merges a random run of the chain. */
    void mergeSome() {
        final int first = random.nextInt(chain.size() - 1);
        merge(new MergeRun(chain.subList(first, first + 2 + random.nextInt(chain.size() - first - 1))));
    }

    /** The store as the next process finds it. */
    CheckpointScenario reopen(final FaultStoreFiles found) {
        final CheckpointScenario next = new CheckpointScenario(random.nextLong(), found);
        next.models.putAll(models);
        final ManifestCatalog catalog = ManifestCatalog.scan(found, DIRECTORY, STORE_ID);
        next.numbers = new FileNumbers(catalog.nextFileNumber());
        next.nextGeneration = catalog.nextGeneration();
        next.manifests = new ArrayList<>(catalog.newestFirst());
        next.checkpointId = next.checkpointId();
        if (!next.manifests.isEmpty()) {
            next.chain = next.manifests.get(0).files();
            next.live = models.get(next.checkpointId).copy();
        }
        new Retention(found, DIRECTORY, next.numbers).deleteTemporaries();
        return next;
    }

    /**
     * Checks that every manifest on disk can be used and shows exactly the checkpoint it says, and that the newest is
     * the last one published or one that was tried after it.
     */
    void checkEveryManifest(final FaultStoreFiles found) {
        final ManifestCatalog catalog = ManifestCatalog.scan(found, DIRECTORY, STORE_ID);
        assertThat(catalog.rejected()).isEmpty();
        final long newest = catalog.newestFirst().isEmpty()
                ? 0
                : catalog.newestFirst().get(0).cut().checkpointId();
        assertThat(newest).isBetween(checkpointId(), attemptedId());
        for (final Manifest manifest : catalog.newestFirst()) {
            checkContent(found, manifest);
        }
    }

    private void checkContent(final FaultStoreFiles found, final Manifest manifest) {
        final PageImages model = models.get(manifest.cut().checkpointId());
        try (PageChain pages = PageChain.open(found, DIRECTORY, manifest.files())) {
            for (int page = 0; page < PAGE_LIMIT; page++) {
                pages.load(page, lines);
                assertThat(model.equalsPage(page, lines))
                        .as("%s page %d", manifest, page)
                        .isTrue();
            }
        }
    }

    @Override
    public void close() {
        RawMemory.free(lines);
    }
}

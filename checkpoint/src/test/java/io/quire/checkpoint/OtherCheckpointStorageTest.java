/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.storage.InMemoryCheckpointStorage;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.CheckpointFailedException;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that keeps its checkpoints somewhere else than in its directory. */
class OtherCheckpointStorageTest {
    private static final int KEYS = 2_000;

    @TempDir
    Path temp;

    private final Random random = new Random(5);
    private final InMemoryCheckpointStorage storage = new InMemoryCheckpointStorage();
    private final CheckpointContents model = new CheckpointContents();
    private LongLongState longs;
    private BytesState bytes;

    @BeforeEach
    void silence() {
        Logger.getLogger("io.quire").setLevel(Level.OFF); // a failed checkpoint is logged
    }

    @AfterEach
    void speak() {
        Logger.getLogger("io.quire").setLevel(null);
    }

    private DurableStoreContext context(final String name) {
        return new DurableStoreContext()
                .directory(temp.resolve(name))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(20)
                .changeRingLength(64 * 1024)
                .checkpointIntervalNs(0)
                .chainLengthMax(3)
                .checkpointStorage(storage);
    }

    private void states(final DurableStateStore store) {
        longs = store.longLongState(CheckpointContents.LONGS);
        bytes = store.bytesState(CheckpointContents.BYTES);
    }

    private void change() {
        for (int i = 0; i < 500; i++) {
            model.change(random, longs, bytes, KEYS);
        }
    }

    /** Fills the storage with a store's checkpoints, some of them merged. */
    private void fill(final DurableStoreContext context) {
        try (DurableStateStore store = DurableStateStore.open(context)) {
            states(store);
            for (int i = 0; i < 20; i++) {
                change();
                store.checkpoint().join();
            }
            change(); // for the last checkpoint, at close
            final long deadline = System.nanoTime() + 60_000_000_000L;
            while (store.status().checkpoints().merges() == 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void shouldKeepCheckpointsThereAndRecoverFromThem() throws IOException {
        fill(context("store"));
        final long written = storage.writtenLength();
        assertThat(storage.length()).isBetween(1L, written - 1); // what is superseded is deleted there
        assertThat(storage.list()).allMatch(name -> name.startsWith("checkpoint-") || name.startsWith("manifest-"));
        assertThat(storage.openCount()).isZero();
        try (Stream<Path> paths = Files.walk(temp.resolve("store"))) {
            assertThat(paths.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("checkpoint-") || name.startsWith("manifest-"))
                    .anyMatch(name -> name.startsWith("log-"));
        }
        for (int i = 0; i < 3; i++) {
            try (DurableStateStore store =
                    DurableStateStore.open(context("store").verifyOnOpen(true))) {
                states(store);
                assertThat(store.recoveryReport().logRecordCount()).isZero();
                model.compare(longs, bytes, "opened again");
                change();
            }
            assertThat(storage.openCount()).isZero();
        }
    }

    /** An object store keeps nothing that is deleted for whoever is reading it. */
    @Test
    void shouldKeepTheFilesThatPagesAreLoadedFromUntilAllAreLoaded() throws Exception {
        fill(context("store"));
        final List<String> files = checkpointFiles();
        try (DurableStateStore store = DurableStateStore.open(context("store").hydrateInBackground(false))) {
            states(store);
            final LongLongState other = store.longLongState("other"); // so that the others' pages stay cold
            for (long i = 0; i < 20; i++) {
                for (long key = 0; key < 10 * KEYS; key++) {
                    other.put(key, i + key);
                }
                store.checkpoint().join();
            }
            assertThat(store.status().checkpoints().merges()).isPositive();
            model.compare(longs, bytes, "loaded after their files were superseded");
        }
        try (DurableStateStore store = DurableStateStore.open(context("store"))) {
            final long deadline = System.nanoTime() + 60_000_000_000L;
            while (!store.hydration().isComplete() || checkpointFiles().stream().anyMatch(files::contains)) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                store.longLongState("other").addAndGet(1, 1);
                store.checkpoint().join();
            }
            states(store);
            model.compare(longs, bytes, "with nothing left of before");
        }
    }

    private List<String> checkpointFiles() {
        return storage.list().stream()
                .filter(name -> name.startsWith("checkpoint-"))
                .toList();
    }

    @Test
    void shouldReplayTheLogOfTheDirectoryOnTop() {
        fill(context("store"));
        try (DurableStateStore store = DurableStateStore.open(context("store").checkpointOnClose(false))) {
            states(store);
            change();
        }
        try (DurableStateStore store = DurableStateStore.open(context("store"))) {
            states(store);
            assertThat(store.recoveryReport().logRecordCount()).isGreaterThan(400);
            model.compare(longs, bytes, "from checkpoint and log");
        }
    }

    @Test
    void shouldRecoverFromTheStorageAloneWhenTheDirectoryIsLost() {
        fill(context("store"));
        assertThatThrownBy(() -> DurableStateStore.open(context("new")))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("the change log is missing");
        try (DurableStateStore store = DurableStateStore.open(context("new").acceptLossOnFallback(true))) {
            states(store);
            model.compare(longs, bytes, "from the storage alone");
            change();
        }
        try (DurableStateStore store = DurableStateStore.open(context("new"))) {
            states(store);
            model.compare(longs, bytes, "and again");
        }
    }

    @Test
    void shouldFailACheckpointThatTheStorageHasNoRoomForAndGoOnWhenItHas() {
        try (DurableStateStore store = DurableStateStore.open(context("store").durability(Durability.NONE))) {
            states(store);
            change();
            store.checkpoint().join();
            change();
            final List<String> before = storage.list();
            storage.capacity(storage.length() + 100);
            assertThatThrownBy(() -> store.checkpoint().join())
                    .hasCauseInstanceOf(CheckpointFailedException.class)
                    .hasMessageContaining("no room")
                    .hasMessageContaining("in-memory");
            assertThat(storage.list()).isEqualTo(before);
            storage.capacity(Long.MAX_VALUE);
            change();
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context("store").durability(Durability.NONE))) {
            states(store);
            model.compare(longs, bytes, "with what the failed checkpoint would have had");
        }
    }

    @Test
    void shouldRefuseADirectoryWhoseCheckpointsAreElsewhere() {
        fill(context("store"));
        assertThatThrownBy(() -> DurableStateStore.open(context("store").checkpointStorage(null)))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("all manifests are missing");
        assertThatThrownBy(() ->
                        DurableStateStore.open(context("store").checkpointStorage(new InMemoryCheckpointStorage())))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("all manifests are missing");
        DurableStateStore.open(context("plain").checkpointStorage(null)).close();
        assertThatThrownBy(() ->
                        DurableStateStore.open(context("plain").checkpointStorage(new InMemoryCheckpointStorage())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("open it without one");
        DurableStateStore.open(context("plain").checkpointStorage(null)).close();
    }
}

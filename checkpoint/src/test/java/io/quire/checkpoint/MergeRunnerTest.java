/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreIoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the merging thread does when something goes wrong. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MergeRunnerTest {
    private static final int KEYS = 20_000;
    private static final int CHAIN_LENGTH_MAX = 4;
    private static final int CHECKPOINTS = 60;
    private static final int LOG_SEGMENT_LENGTH = 1024 * 1024;
    private static final long HYDRATION_BYTES_PER_SECOND = 100_000;
    private static final int GOING_ON = 6; // checkpoints, more than come before they wait for a merge
    private static final Logger LOGGER = Logger.getLogger(MergeRunner.class.getName()); // held, as is its handler

    @TempDir
    Path temp;

    private final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .checkpointIntervalNs(0)
                .chainLengthMax(CHAIN_LENGTH_MAX)
                .durability(Durability.NONE)
                .storeFiles(files);
    }

    private static boolean isMerger() {
        return Thread.currentThread().getName().equals("quire-merger");
    }

    private static void await(final BooleanSupplier condition) throws InterruptedException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            Thread.sleep(1);
        }
    }

    private static void checkpoints(final DurableStateStore store, final int count) {
        final LongLongState longs = store.longLongState("longs");
        for (int i = 0; i < count; i++) {
            longs.addAndGet(i % KEYS, 1);
            store.checkpoint().join();
        }
    }

    private static void fill(final DurableStateStore store) {
        final LongLongState longs = store.longLongState("longs");
        for (long key = 0; key < KEYS; key++) {
            longs.put(key, key);
        }
        store.checkpoint().join();
    }

    /** Not even that something could not be deleted can be said. */
    private static final class Mute extends Handler {
        @Override
        public void publish(final LogRecord entry) {
            throw new IllegalStateException("planted");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static boolean refusesAChange(final DurableStateStore store) {
        try {
            store.longLongState("longs").put(1, 1);
            return false;
        } catch (final StoreFailedException e) {
            return true;
        }
    }

    @Test
    void shouldStopTheStoreWhenTheThreadEnds() throws Exception {
        final Handler mute = new Mute();
        LOGGER.addHandler(mute);
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
            files.hook((operation, path) -> {
                if (operation == FileOperation.DELETE && isMerger()) {
                    throw new StoreIoException("planted: file=" + path);
                }
            });
            checkpoints(store, 1);
            await(() -> refusesAChange(store));
            assertThatThrownBy(() -> store.checkpoint().join()).hasMessageContaining("planted");
        } finally {
            LOGGER.removeHandler(mute);
        }
    }

    private void holdMerges(final CountDownLatch held) {
        files.hook((operation, path) -> {
            if (operation == FileOperation.CREATE && isMerger()) {
                try {
                    held.await();
                } catch (final InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        });
    }

    /** A disk that is silent for the merge alone. */
    @Test
    void shouldHoldUpCheckpointsOfTheIntervalForHalfTheirTimeoutAtMost() {
        final CountDownLatch held = new CountDownLatch(1);
        holdMerges(held);
        final long timeoutNs = TimeUnit.SECONDS.toNanos(2);
        try (DurableStateStore store = DurableStateStore.open(
                context().checkpointIntervalNs(1).checkpointTimeoutNs(timeoutNs).checkpointOnClose(false))) {
            try {
                final LongLongState longs = store.longLongState("longs");
                final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                for (long value = 0; store.status().checkpoints().completed() < GOING_ON; value++) {
                    for (long key = 0; key < KEYS; key++) {
                        longs.put(key, value);
                    }
                    assertThat(System.nanoTime()).as("time").isLessThan(deadline);
                }
                assertThat(store.status().checkpoints().mergeWaitNs()).isGreaterThanOrEqualTo(timeoutNs / 2);
                assertThat(store.status().checkpoints().merges()).isZero();
            } finally {
                held.countDown();
            }
        }
    }

    private List<Path> checkpointFiles() throws IOException {
        try (Stream<Path> paths = Files.list(temp.resolve("store"))) {
            return paths.filter(path -> path.getFileName().toString().startsWith("checkpoint-"))
                    .sorted()
                    .toList();
        }
    }

    private static void flip(final Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer one = ByteBuffer.allocate(1);
            final long position = channel.size() / 2;
            channel.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            channel.write(one, position);
        }
    }

    /** What cannot be read, the base or another, must not keep the others from being merged. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldGoOnMergingWithoutAFileThatIsDamaged(final int damaged) throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
            checkpoints(store, 1);
            final Path file = checkpointFiles().get(damaged);
            flip(file);
            int chainMax = 0;
            for (int i = 0; i < CHECKPOINTS; i++) {
                fill(store);
                chainMax = Math.max(chainMax, store.status().checkpoints().chainLength());
            }
            assertThat(chainMax).isLessThan(CHECKPOINTS / 2);
            await(() -> store.status().checkpoints().chainLength() <= 2 * CHAIN_LENGTH_MAX);
            assertThat(store.status().checkpoints().merges()).isPositive();
            assertThat(store.status().checkpoints().failedMerges()).isBetween(2L, 12L);
            assertThat(store.status().checkpoints().lastMergeFailure())
                    .contains(file.getFileName().toString());
            flip(file); // a disk that can be read again
            for (int i = 0; i < 2 * CHECKPOINTS; i++) {
                fill(store);
            }
            await(() -> !Files.exists(file));
        }
    }

    /** The log would be what finds no room then, and stop the store. */
    @Test
    void shouldNotBeginAMergeThatLeavesTheLogNoRoom() throws Exception {
        final FaultStoreFiles disk = new FaultStoreFiles();
        final Path directory = Files.createDirectories(temp.resolve("store")).toRealPath();
        disk.createDirectories(directory);
        final AtomicInteger begun = new AtomicInteger();
        final HookedStoreFiles hooked = new HookedStoreFiles(disk);
        hooked.hook((operation, path) -> {
            if (operation == FileOperation.CREATE
                    && isMerger()
                    && path.getFileName().toString().startsWith("checkpoint-")) {
                begun.incrementAndGet();
            }
        });
        try (DurableStateStore store = DurableStateStore.open(context()
                .durability(Durability.PROCESS)
                .logSegmentLength(LOG_SEGMENT_LENGTH)
                .changeRingLength(64 * 1024)
                .storeFiles(hooked))) {
            fill(store);
            final long full = store.status().checkpoints().chainBytes();
            assertThat(full).isLessThan(LOG_SEGMENT_LENGTH);
            // For the log, a further checkpoint and a merge, but not for two segments of the log besides.
            disk.setCapacity(disk.usedBytes() + 3 * LOG_SEGMENT_LENGTH);
            fill(store);
            await(() -> store.status().checkpoints().failedMerges() > 0);
            assertThat(begun).hasValue(0);
            assertThat(store.status().checkpoints().lastMergeFailure()).contains("needed=", "free=");
            checkpoints(store, 1); // goes on
            disk.setCapacity(Long.MAX_VALUE);
            checkpoints(store, 1);
            await(() -> store.status().checkpoints().merges() > 0);
        }
    }

    private FaultStoreFiles smallDisk() throws IOException {
        final FaultStoreFiles disk = new FaultStoreFiles();
        disk.createDirectories(Files.createDirectories(temp.resolve("store")).toRealPath());
        return disk;
    }

    /** The lengths of all its files together say too much: what they replace of each other is not in the result. */
    @Test
    void shouldMergeWhereThereIsRoomForWhatTheResultCanBeAtMost() throws Exception {
        final FaultStoreFiles disk = smallDisk();
        try (DurableStateStore store =
                DurableStateStore.open(context().storeFiles(disk).compressCheckpoints(false))) {
            fill(store);
            final long before = store.status().checkpoints().fileBytes();
            fill(store);
            final long delta = store.status().checkpoints().fileBytes() - before;
            await(() -> store.status().checkpoints().merges() == 1);
            checkpoints(store, 2); // the files before the merge go
            final long full = store.status().checkpoints().chainBytes();
            disk.setCapacity(disk.usedBytes() + delta + (full + delta) * 9 / 10);
            fill(store); // leaves nine tenths of what base and delta have
            await(() -> store.status().checkpoints().merges()
                            + store.status().checkpoints().failedMerges()
                    > 1);
            assertThat(store.status().checkpoints().lastMergeFailure()).isNull();
            assertThat(store.status().checkpoints().merges()).isEqualTo(2);
        }
    }

    /** Fills a disk with a base and a delta of the same length, so that there is no room to merge the two. */
    private void leaveNoRoom(final FaultStoreFiles disk, final DurableStateStore store) throws InterruptedException {
        fill(store);
        final long full = store.status().checkpoints().chainBytes();
        disk.setCapacity(disk.usedBytes() + full * 3 / 2);
        fill(store);
        await(() -> store.status().checkpoints().failedMerges() > 0);
    }

    @Test
    void shouldMergeDeltasWhereThereIsNoRoomToMergeTheBase() throws Exception {
        final FaultStoreFiles disk = smallDisk();
        try (DurableStateStore store = DurableStateStore.open(context().storeFiles(disk))) {
            leaveNoRoom(disk, store);
            checkpoints(store, CHECKPOINTS);
            await(() -> store.status().checkpoints().chainLength() <= 2 * CHAIN_LENGTH_MAX);
            assertThat(store.status().checkpoints().merges()).isPositive();
            assertThat(store.status().checkpoints().lastMergeFailure()).contains("no room");
        }
    }

    /** Or the deltas would fill what is left of the disk the faster. */
    @Test
    void shouldHoldUpCheckpointsOfTheIntervalWhileThereIsNoRoomToMergeAndMergeAsSoonAsThereIs() throws Exception {
        final FaultStoreFiles disk = smallDisk();
        try (DurableStateStore store = DurableStateStore.open(context().storeFiles(disk))) {
            leaveNoRoom(disk, store);
        }
        final long timeoutNs = TimeUnit.SECONDS.toNanos(2);
        try (DurableStateStore store = DurableStateStore.open(context()
                .storeFiles(disk)
                .checkpointIntervalNs(1)
                .checkpointTimeoutNs(timeoutNs)
                .checkpointOnClose(false))) {
            final LongLongState longs = store.longLongState("longs");
            await(() -> {
                longs.addAndGet(1, 1);
                return store.status().checkpoints().completed() >= GOING_ON
                        || store.status().checkpoints().mergeWaitNs() >= timeoutNs / 2;
            });
            assertThat(store.status().checkpoints().mergeWaitNs()).isGreaterThanOrEqualTo(timeoutNs / 2);
            await(() -> store.status().checkpoints().phase() != CheckpointPhase.CAPTURE);
            disk.setCapacity(Long.MAX_VALUE); // and no checkpoint comes any more
            await(() -> store.status().checkpoints().chainLength() == 1);
        }
    }

    /** The first merge of each session is that with the base, and none lasts until a second would be tried. */
    @Test
    void shouldMergeDeltasInShortSessionsThoughTheBaseCannotBeRead() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
        }
        final String base = checkpointFiles().get(0).getFileName().toString();
        files.hook((operation, path) -> {
            if (operation == FileOperation.OPEN_READ && isMerger() && path.endsWith(base)) {
                throw new StoreIoException("planted: file=" + path);
            }
        });
        int chainMax = 0;
        for (int i = 0; i < CHECKPOINTS; i++) {
            try (DurableStateStore store = DurableStateStore.open(context())) {
                chainMax = Math.max(chainMax, store.recoveryReport().checkpointFileCount());
                store.longLongState("longs").addAndGet(i, 1);
            }
        }
        assertThat(chainMax).isGreaterThan(CHAIN_LENGTH_MAX).isLessThan(CHECKPOINTS * 3 / 4);
    }

    @Test
    void shouldNotCountAMergeAsFailedWhoseOldFilesCannotBeDeleted() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
            files.hook((operation, path) -> {
                if (operation == FileOperation.DELETE
                        && isMerger()
                        && path.getFileName().toString().startsWith("checkpoint-")) {
                    throw new StoreIoException("planted: file=" + path);
                }
            });
            for (int i = 0; i < GOING_ON; i++) {
                final long merges = store.status().checkpoints().merges();
                fill(store);
                await(() -> store.status().checkpoints().merges()
                                + store.status().checkpoints().failedMerges()
                        > merges);
            }
            assertThat(store.status().checkpoints().failedMerges()).isZero();
            files.hook((operation, path) -> {});
        }
        assertThat(checkpointFiles()).hasSizeLessThanOrEqualTo(3); // deleted at the end at the latest
    }

    /** A disk that takes nothing for a while says nothing about the files that are there. */
    @Test
    void shouldMergeWithTheBaseAsSoonAsItsResultCanBeWritten() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
            final Path base = checkpointFiles().get(0);
            files.hook((operation, path) -> {
                if (operation == FileOperation.CREATE && isMerger()) {
                    throw new StoreIoException("planted: file=" + path);
                }
            });
            for (int i = 1; i <= GOING_ON; i++) {
                final long failed = i;
                fill(store);
                await(() -> store.status().checkpoints().failedMerges() >= failed);
            }
            files.hook((operation, path) -> {});
            checkpoints(store, 1);
            await(() -> store.status().checkpoints().merges() > 0);
            checkpoints(store, 3); // manifests before are not kept
            await(() -> !Files.exists(base));
        }
    }

    /** Not only after the next checkpoint, which may be long in coming. */
    @Test
    void shouldDeleteWhatItWasOpenedFromWhenAllIsLoaded() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            fill(store);
        }
        final Path base = checkpointFiles().get(0);
        try (DurableStateStore store =
                DurableStateStore.open(context().hydrationBytesPerSecond(HYDRATION_BYTES_PER_SECOND))) {
            final LongLongState other = store.longLongState("other"); // the pages of the first stay cold
            for (long key = 0; key < 4 * KEYS; key++) { // so much that merging does not rest
                other.put(key, key);
            }
            store.checkpoint().join();
            await(() -> store.status().checkpoints().merges() > 0);
            checkpoints(store, 3); // manifests before are not kept, and nothing is to be merged
            assertThat(Files.exists(base)).isTrue();
            assertThat(store.hydration().isComplete()).isFalse();
            await(() -> store.hydration().isComplete());
            await(() -> !Files.exists(base));
        }
    }
}

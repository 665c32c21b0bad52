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
}

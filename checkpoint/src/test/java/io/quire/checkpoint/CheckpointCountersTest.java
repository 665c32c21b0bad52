/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is counted is what was done. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CheckpointCountersTest {
    private static final int KEYS = 100_000; // many times what the capture pool holds
    private static final int POOL_LENGTH = 64 * 1024;
    private static final int CHECKPOINTS = 6;
    private static final long HOLD_NS = TimeUnit.MILLISECONDS.toNanos(2);

    @TempDir
    Path temp;

    private final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .capturePoolLength(POOL_LENGTH)
                .checkpointIntervalNs(0)
                .chainLengthMax(2)
                .storeFiles(files);
    }

    private static void change(final DurableStateStore store, final long value) {
        final LongLongState longs = store.longLongState("longs");
        for (long key = 0; key < KEYS; key++) {
            longs.put(key, key * value);
        }
    }

    /** The writer changes everything again while a checkpoint is held up at each of its writes. */
    private List<CheckpointInfo> takeCheckpoints(final DurableStateStore store) {
        files.hook((operation, path) -> {
            if (operation == FileOperation.WRITE
                    && Thread.currentThread().getName().equals("quire-checkpointer")) {
                LockSupport.parkNanos(HOLD_NS);
            }
        });
        final List<CheckpointInfo> infos = new ArrayList<>();
        for (int i = 0; i < CHECKPOINTS; i++) {
            change(store, 2L * i + 3);
            final CompletableFuture<CheckpointInfo> future = store.checkpoint();
            change(store, 2L * i + 4);
            infos.add(future.join());
        }
        return infos;
    }

    private static long sum(final List<CheckpointInfo> infos, final ToLongFunction<CheckpointInfo> figure) {
        return infos.stream().mapToLong(figure).sum();
    }

    private List<Path> checkpointFiles() throws IOException {
        try (Stream<Path> paths = Files.list(temp.resolve("store"))) {
            return paths.filter(path -> path.getFileName().toString().startsWith("checkpoint-"))
                    .toList();
        }
    }

    private long writtenByMerges(final DurableStateStore store) throws InterruptedException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (store.status().checkpoints().merges() == 0) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            Thread.sleep(1);
        }
        return store.status().checkpoints().mergeBytesWritten();
    }

    @Test
    void shouldCountWhatEachCheckpointSays() throws Exception {
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            final List<CheckpointInfo> infos = takeCheckpoints(store);
            final CheckpointCounters counters = store.status().checkpoints();
            assertThat(counters.completed()).isEqualTo(CHECKPOINTS);
            assertThat(counters.last()).isEqualTo(infos.get(CHECKPOINTS - 1));
            assertThat(counters.rawBytes()).isEqualTo(sum(infos, CheckpointInfo::rawBytes));
            assertThat(counters.storedBytes()).isEqualTo(sum(infos, CheckpointInfo::storedBytes));
            assertThat(counters.fileBytes()).isEqualTo(sum(infos, CheckpointInfo::bytesWritten));
            assertThat(counters.storedBytes())
                    .isBetween(1L, counters.rawBytes() - 1)
                    .isLessThan(counters.fileBytes());
            assertThat(counters.captured().writerPages())
                    .isEqualTo(sum(infos, info -> info.captured().writerPages()));
            assertThat(counters.captured().checkpointerLines())
                    .isEqualTo(sum(infos, info -> info.captured().checkpointerLines()));
            assertThat(counters.captured().stallNs())
                    .isEqualTo(sum(infos, info -> info.captured().stallNs()));
            for (final CheckpointInfo info : infos) {
                final CaptureCounts captured = info.captured();
                assertThat(captured.writerPages() + captured.checkpointerPages())
                        .isEqualTo(info.pageCount());
                assertThat(captured.writerLines() + captured.checkpointerLines())
                        .isEqualTo(info.lineCount());
                assertThat(info.rawBytes()).isGreaterThanOrEqualTo(info.lineCount() * 64);
                assertThat(info.prepareNs()).isNotNegative();
                assertThat(info.barrierNs()).isPositive();
                assertThat(info.captureNs()).isGreaterThan(info.barrierNs());
                assertThat(info.flushNs()).isPositive();
                assertThat(info.publishNs()).isPositive();
            }
        }
    }

    @Test
    void shouldCountTheWritersWaitsAndHowFullThePoolWas() {
        try (DurableStateStore store = DurableStateStore.open(context().durability(Durability.NONE))) {
            takeCheckpoints(store);
            final CheckpointCounters counters = store.status().checkpoints();
            assertThat(counters.captured().stallCount()).isPositive();
            assertThat(counters.captured().stallNs()).isPositive();
            assertThat(counters.poolUsedBytesMax()).isBetween(POOL_LENGTH / 2, counters.poolBytes());
        }
    }

    @Test
    void shouldCountMergesAndTheFilesThatAreLeft() throws Exception {
        try (DurableStateStore store =
                DurableStateStore.open(context().durability(Durability.NONE).checkpointOnClose(false))) {
            takeCheckpoints(store);
            assertThat(writtenByMerges(store)).isPositive();
            final CheckpointCounters counters = store.status().checkpoints();
            assertThat(counters.mergeBytesRead()).isGreaterThan(counters.mergeBytesWritten());
            assertThat(counters.mergeBytesCopied()).isBetween(0L, counters.mergeBytesWritten());
            assertThat(counters.writeAmplification())
                    .isEqualTo((double) (counters.fileBytes() + counters.mergeBytesWritten()) / counters.fileBytes());
        }
        try (DurableStateStore store =
                DurableStateStore.open(context().durability(Durability.NONE).hydrateInBackground(false))) {
            long length = 0;
            for (final Path file : checkpointFiles()) {
                length += Files.size(file);
            }
            assertThat(store.status().checkpoints().chainLength())
                    .isEqualTo(store.recoveryReport().checkpointFileCount())
                    .isPositive();
            assertThat(store.status().checkpoints().chainBytes()).isBetween(1L, length);
        }
    }

    @Test
    void shouldCountTheWaitsForBudgets() {
        try (DurableStateStore store =
                DurableStateStore.open(context().durability(Durability.NONE).checkpointCpuShare(2))) {
            change(store, 1);
            store.checkpoint().join();
            assertThat(store.status().checkpoints().throttledNs()).isZero();
        }
        try (DurableStateStore store = DurableStateStore.open(context()
                .durability(Durability.NONE)
                .checkpointBandwidth(1 << 20)
                .checkpointCpuShare(0.05))) {
            change(store, 5);
            store.checkpoint().join();
            assertThat(store.status().checkpoints().throttledNs()).isPositive();
        }
    }

    @Test
    void shouldEndRecoverysProgressWithAllOfIt() {
        try (DurableStateStore store = DurableStateStore.open(context().checkpointOnClose(false))) {
            change(store, 1);
        }
        final List<long[]> calls = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(
                context().recoveryProgress((done, total) -> calls.add(new long[] {done, total})))) {
            assertThat(store.recoveryReport().logRecordCount()).isGreaterThanOrEqualTo(KEYS);
        }
        final long[] last = calls.get(calls.size() - 1);
        assertThat(last[0]).isEqualTo(last[1]).isPositive();
        for (int i = 1; i < calls.size(); i++) {
            assertThat(calls.get(i)[0]).isGreaterThanOrEqualTo(calls.get(i - 1)[0]);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileOperation;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints, merges and what is not deleted yet never take more of the disk than docs/checkpoints.md says. */
class CheckpointDiskUseTest {
    private static final int KEYS = 10_000;
    private static final int CHECKPOINTS = 40;
    private static final int MULTIPLE = 8;
    private static final int MULTIPLE_ON_DEMAND = 12;
    private static final int MULTIPLE_OPENED = 2;
    private static final int CHAIN_FACTOR_MAX = 8;
    private static final int SESSIONS = 100;
    private static final int MERGES_HELD = 2;
    private static final long HOLD_NS = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    Path temp;

    private final Random random = new Random(11);
    private final FaultStoreFiles disk = new FaultStoreFiles();
    private final HookedStoreFiles files = new HookedStoreFiles(disk);
    private final AtomicLong usedMax = new AtomicLong();
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[8]);
    private final byte[] value = new byte[100];
    private Path directory;

    @BeforeEach
    void prepare() throws java.io.IOException {
        directory = Files.createDirectories(temp.resolve("store")).toRealPath();
        disk.createDirectories(directory);
        files.hook((operation, path) -> usedMax.accumulateAndGet(disk.usedBytes(), Math::max));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.3, 1})
    void shouldStayBelowAMultipleOfTheState(final double changed) {
        final long full;
        try (DurableStateStore store = open(0)) {
            change(store.bytesState("s"), KEYS);
            full = store.checkpoint().join().bytesWritten();
        }
        try (DurableStateStore store = open(1)) {
            final BytesState state = store.bytesState("s");
            for (int i = 1; i <= CHECKPOINTS; i++) {
                change(state, (int) (KEYS * changed));
                awaitCheckpoint(store, i);
            }
            final CheckpointCounters counters = store.status().checkpoints();
            assertThat(counters.merges()).isPositive();
            assertThat(counters.writeAmplification()).isBetween(1.0, 10.0);
        }
        System.out.printf("changed=%.2f: most on disk %.1f of the state%n", changed, (double) usedMax.get() / full);
        assertThat((double) usedMax.get() / full).isBetween(1.0, (double) MULTIPLE);
    }

    /** Merging is held up here, so that checkpoints are asked for faster than their files can be merged. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1})
    void shouldStayBelowAMultipleOfTheStateWhenCheckpointsAreAskedForInQuickSuccession(final double changed) {
        final long full;
        try (DurableStateStore store = open(0)) {
            change(store.bytesState("s"), KEYS);
            full = store.checkpoint().join().bytesWritten();
        }
        usedMax.set(0);
        final AtomicLong taken = new AtomicLong();
        final AtomicInteger merges = new AtomicInteger();
        files.hook((operation, path) -> {
            usedMax.accumulateAndGet(disk.usedBytes(), Math::max);
            if (operation == FileOperation.FORCE
                    && path.getFileName().toString().startsWith("checkpoint-")
                    && Thread.currentThread().getName().equals("quire-merger")
                    && merges.incrementAndGet() <= MERGES_HELD) {
                awaitCheckpoints(taken);
            }
        });
        try (DurableStateStore store = open(0)) {
            final BytesState state = store.bytesState("s");
            for (int i = 1; i <= CHECKPOINTS; i++) {
                change(state, (int) (KEYS * changed));
                store.checkpoint().join();
                taken.incrementAndGet();
            }
            assertThat(store.status().checkpoints().merges()).isPositive();
        }
        System.out.printf(
                "on demand, changed=%.2f: most on disk %.1f of the state%n", changed, (double) usedMax.get() / full);
        assertThat((double) usedMax.get() / full).isBetween(1.0, (double) MULTIPLE_ON_DEMAND);
    }

    /** The files that it was opened from stay. */
    @ParameterizedTest
    @ValueSource(doubles = {0.3, 1})
    void shouldStayBelowAMultipleOfTheStateWhilePagesAreNotLoaded(final double changed) {
        final long full;
        try (DurableStateStore store = open(0)) {
            change(store.bytesState("s"), KEYS);
            full = store.checkpoint().join().bytesWritten();
            change(store.bytesState("s"), KEYS);
        }
        usedMax.set(0);
        try (DurableStateStore store = DurableStateStore.open(context(1).hydrateInBackground(false))) {
            for (int i = 1; i <= CHECKPOINTS; i++) {
                change(store.bytesState("s"), (int) (KEYS * changed));
                awaitCheckpoint(store, i);
            }
        }
        System.out.printf(
                "not loaded, changed=%.2f: most on disk %.1f of the state%n", changed, (double) usedMax.get() / full);
        assertThat((double) usedMax.get() / full).isBetween(1.0, (double) MULTIPLE + MULTIPLE_OPENED);
    }

    /** None of these sessions lasts as long as a merge: that they are short must not keep files from being merged. */
    @Test
    void shouldStayBelowAMultipleOfTheStateWhenNoSessionLastsLong() {
        final long full;
        try (DurableStateStore store = open(0)) {
            change(store.bytesState("s"), KEYS);
            full = store.checkpoint().join().bytesWritten();
        }
        usedMax.set(0);
        int chainMax = 0;
        for (int i = 0; i < SESSIONS; i++) {
            try (DurableStateStore store = DurableStateStore.open(context(0).chainLengthMax(2))) {
                chainMax = Math.max(chainMax, store.recoveryReport().checkpointFileCount());
                change(store.bytesState("s"), KEYS / 4);
            }
        }
        System.out.printf(
                "short sessions: most on disk %.1f of the state, most files %d%n",
                (double) usedMax.get() / full, chainMax);
        assertThat(chainMax).isLessThanOrEqualTo(CHAIN_FACTOR_MAX * 2 + 1);
        assertThat((double) usedMax.get() / full).isBetween(1.0, (double) MULTIPLE_ON_DEMAND);
    }

    /** Lets as many checkpoints pass as would fill the disk, until one does not come and is held up itself, then. */
    private static void awaitCheckpoints(final AtomicLong taken) {
        long passed = taken.get();
        final long target = passed + 2 * MULTIPLE_ON_DEMAND;
        long deadline = System.nanoTime() + HOLD_NS;
        while (passed < target && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
            if (taken.get() != passed) {
                passed = taken.get();
                deadline = System.nanoTime() + HOLD_NS;
            }
        }
    }

    private static void awaitCheckpoint(final DurableStateStore store, final long count) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (store.status().checkpoints().completed() < count) {
            store.poll();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.yield();
        }
    }

    private DurableStateStore open(final long intervalNs) {
        return DurableStateStore.open(context(intervalNs));
    }

    private DurableStoreContext context(final long intervalNs) {
        return new DurableStoreContext()
                .directory(directory)
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .durability(Durability.NONE)
                .checkpointIntervalNs(intervalNs)
                .storeFiles(files);
    }

    private void change(final BytesState state, final int count) {
        for (int i = 0; i < count; i++) {
            key.putLong(0, count == KEYS ? i : random.nextInt(KEYS));
            random.nextBytes(value);
            state.put(key, 0, 8, new UnsafeBuffer(value), 0, value.length);
        }
    }
}

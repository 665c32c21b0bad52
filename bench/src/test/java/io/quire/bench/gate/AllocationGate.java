/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.work.AllocationMeter;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Counts what an operation allocates on the heap: warms it up, then runs it a million times and looks at what the
 * thread has allocated. The least of a few rounds counts, so that a class that happens to load late is not blamed on
 * it; of a table that grows the middle one, since all its segments split at about the same time, and there are rounds
 * without a split.
 */
final class AllocationGate {
    static final int OPERATION_COUNT = 1_000_000;
    /** What the JVM itself may allocate on this thread in a million operations, when it recompiles for example. */
    static final long TOLERANCE = 4_096;
    /**
     * Where the table grows by a million entries, the image of its directory on the heap is doubled, to 16 KiB at last,
     * and the list of dirty pages grows by a chunk of 64 KiB for each 64 MiB of them.
     */
    static final long TOLERANCE_GROWING = 98_304;

    /** Operations of a round where each waits for the disk. */
    static final int SYNCED_COUNT = 500;

    private static final int WARM_COUNT = 200_000;
    private static final int ROUND_COUNT = 3;

    /** One operation; the index chooses the key. */
    @FunctionalInterface
    interface Operation {
        long run(int index);
    }

    /** Makes an operation for a store. */
    @FunctionalInterface
    interface OperationOf {
        Operation in(DurableStateStore store);
    }

    private AllocationGate() {}

    /** Makes a test of each operation with each durability; of one whose name ends with "new" the table grows. */
    static Stream<DynamicTest> tests(
            final Path directory, final Map<String, OperationOf> operations, final Durability... durabilities) {
        return Stream.of(durabilities)
                .flatMap(durability -> operations.entrySet().stream()
                        .map(operation -> DynamicTest.dynamicTest(
                                operation.getKey() + " " + durability,
                                () -> check(
                                        directory,
                                        operation.getValue(),
                                        durability,
                                        operation.getKey().endsWith(" new") ? TOLERANCE_GROWING : TOLERANCE))));
    }

    /**
     * Fails when a million operations in a store of their own allocate as much as the tolerance, in bytes; where each
     * waits for the disk, when {@link #SYNCED_COUNT} do.
     */
    static void check(
            final Path directory, final OperationOf operation, final Durability durability, final long tolerance) {
        try (DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory.resolve("store" + System.nanoTime()))
                .durability(durability)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false))) {
            final boolean synced = durability == Durability.SYNC;
            assertThat(allocatedBytes(
                            operation.in(store),
                            synced ? SYNCED_COUNT : WARM_COUNT,
                            synced ? SYNCED_COUNT : OPERATION_COUNT,
                            tolerance == TOLERANCE_GROWING ? ROUND_COUNT / 2 : 0))
                    .isLessThan(tolerance);
        }
    }

    /** Returns how many bytes a million operations allocated. */
    static long allocatedBytes(final Operation operation) {
        return allocatedBytes(operation, WARM_COUNT, OPERATION_COUNT, 0);
    }

    /** Returns how many bytes the operations of a round allocated: that one which so many rounds are below. */
    private static long allocatedBytes(
            final Operation operation, final int warmCount, final int count, final int lessCount) {
        final AllocationMeter meter = new AllocationMeter();
        long sum = loop(operation, warmCount);
        final long[] rounds = new long[ROUND_COUNT];
        Arrays.fill(rounds, Long.MAX_VALUE);
        for (int round = 0; round < ROUND_COUNT && (lessCount > 0 || round == 0 || rounds[round - 1] > 0); round++) {
            final long before = meter.allocatedBytes();
            sum += loop(operation, count);
            rounds[round] = meter.allocatedBytes() - before;
        }
        if (sum == Long.MIN_VALUE) {
            throw new AssertionError("results are consumed: " + sum);
        }
        Arrays.sort(rounds);
        return rounds[lessCount];
    }

    private static long loop(final Operation operation, final int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += operation.run(i);
        }
        return sum;
    }
}

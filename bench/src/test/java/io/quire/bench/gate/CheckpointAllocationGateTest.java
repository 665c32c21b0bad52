/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.gate.AllocationGate.Operation;
import io.quire.bench.work.AllocationMeter;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.checkpoint.StoreStatus;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.LongBytesState;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What checkpoints cost the writer: to save a page before its first change after a barrier is no garbage; to load one
 * that a reopened store has not read yet is a few small objects, and never a copy of the page. Counted is the writer's
 * thread alone; checkpoints are made by another one.
 */
class CheckpointAllocationGateTest {
    private static final int ENTRY_COUNT = 1 << 17;
    private static final int MASK = ENTRY_COUNT - 1;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 100;
    private static final long INTERVAL_NS = 1_000_000;
    private static final int CHECKPOINT_COUNT = 10;
    private static final int SLICE_COUNT = 100_000;
    private static final int REOPEN_COUNT = 4;

    /** What the writer allocates at a barrier, whatever has changed: the lists that the checkpoint is made from. */
    private static final long TOLERANCE_OF_BARRIER = 2_048;

    /** What the loading of a page allocates, an eighth of its length; measured are 80 to 260 bytes. */
    private static final long TOLERANCE_OF_LOAD = 512;

    /** The smallest object. */
    private static final long OBJECT_LENGTH = 16;

    @TempDir
    private Path directory;

    /** Fills a state the first time, and makes an operation that goes through its keys. */
    @FunctionalInterface
    private interface OperationOf {
        Operation in(DurableStateStore store, boolean fill);
    }

    private static long key(final int index) {
        return KeySpace.keyOf(index & MASK);
    }

    private static UnsafeBuffer buffer(final int length) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    private static DurableStateStore open(final Path store, final Durability durability, final long intervalNs) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(store)
                .durability(durability)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .checkpointIntervalNs(intervalNs)
                .hydrateInBackground(false)
                .checkpointOnClose(false));
    }

    private Stream<DynamicTest> tests(final Map<String, OperationOf> operations, final Check check) {
        return operations.entrySet().stream()
                .map(operation -> DynamicTest.dynamicTest(
                        operation.getKey(),
                        () -> check.run(directory.resolve("store" + System.nanoTime()), operation.getValue())));
    }

    @FunctionalInterface
    private interface Check {
        void run(Path store, OperationOf operation);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingForTheFirstTouchesAfterABarrier() {
        return tests(writes(), CheckpointAllocationGateTest::checkBarriers);
    }

    private static void checkBarriers(final Path directory, final OperationOf operationOf) {
        try (DurableStateStore store = open(directory, Durability.PROCESS, INTERVAL_NS)) {
            final Operation operation = operationOf.in(store, true);
            int index = runCheckpoints(store, operation, 0);
            final StoreStatus before = store.status();
            final AllocationMeter meter = new AllocationMeter();
            long allocated = 0;
            StoreStatus after = before;
            while (checkpointsBetween(before, after) < CHECKPOINT_COUNT) {
                final long start = meter.allocatedBytes();
                for (int i = 0; i < SLICE_COUNT; i++) {
                    operation.run(index++);
                }
                allocated += meter.allocatedBytes() - start;
                after = store.status();
            }
            final long tolerance =
                    AllocationGate.TOLERANCE + (checkpointsBetween(before, after) + 1) * TOLERANCE_OF_BARRIER;
            final long pages = after.checkpoints().captured().writerPages()
                    - before.checkpoints().captured().writerPages();
            assertThat(pages * OBJECT_LENGTH)
                    .as("an object for each page would be noticed: pages=%d", pages)
                    .isGreaterThan(tolerance);
            assertThat(allocated)
                    .as("pages=%d checkpoints=%d", pages, checkpointsBetween(before, after))
                    .isLessThan(tolerance);
        }
    }

    private static long checkpointsBetween(final StoreStatus before, final StoreStatus after) {
        return after.checkpoints().completed() - before.checkpoints().completed();
    }

    /** Until the code is warm. */
    private static int runCheckpoints(final DurableStateStore store, final Operation operation, final int first) {
        final StoreStatus before = store.status();
        int index = first;
        do {
            for (int i = 0; i < SLICE_COUNT; i++) {
                operation.run(index++);
            }
        } while (checkpointsBetween(before, store.status()) < CHECKPOINT_COUNT);
        return index;
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateLittleForPagesThatAreStillCold() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>(writes());
        operations.putAll(reads());
        return tests(operations, CheckpointAllocationGateTest::checkCold);
    }

    private static void checkCold(final Path directory, final OperationOf operationOf) {
        // Without a log: applying one would load the pages that were written before the operations do.
        try (DurableStateStore store = open(directory, Durability.NONE, 0)) {
            operationOf.in(store, true);
            store.checkpoint().join();
        }
        final AllocationMeter meter = new AllocationMeter();
        long least = Long.MAX_VALUE;
        long pages = 0;
        for (int i = 0; i < REOPEN_COUNT; i++) {
            try (DurableStateStore store = open(directory, Durability.NONE, 0)) {
                final Operation operation = operationOf.in(store, false);
                final long before = meter.allocatedBytes();
                for (int index = 0; index < ENTRY_COUNT; index++) {
                    operation.run(index);
                }
                least = Math.min(least, meter.allocatedBytes() - before);
                assertThat(store.status().hydratedPages()).as("nobody else").isZero();
                pages = store.status().recoveredPages();
            }
        }
        assertThat(least).as("pages=%d", pages).isLessThan(AllocationGate.TOLERANCE + pages * TOLERANCE_OF_LOAD);
    }

    private static Map<String, OperationOf> writes() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.addAndGet", (store, fill) -> {
            final LongLongState state = store.longLongState("longs");
            for (int i = 0; fill && i < ENTRY_COUNT; i++) {
                state.put(key(i), i);
            }
            return index -> state.addAndGet(key(index), 1);
        });
        operations.put("LongSetState.remove, add", (store, fill) -> {
            final LongSetState state = store.longSetState("set");
            for (int i = 0; fill && i < ENTRY_COUNT; i++) {
                state.add(key(i));
            }
            return index -> (state.remove(key(index)) ? 1 : 0) + (state.add(key(index)) ? 1 : 0);
        });
        operations.put("LongBytesState.put of another length", (store, fill) -> {
            final LongBytesState state = store.longBytesState("longBytes");
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            for (int i = 0; fill && i < ENTRY_COUNT; i++) {
                state.put(key(i), value, 0, VALUE_LENGTH);
            }
            return index -> {
                state.put(key(index), value, 0, VALUE_LENGTH - (index & 31));
                return index;
            };
        });
        operations.put("BytesState.put", (store, fill) -> {
            final BytesState state = filledBytes(store, fill);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
                return index;
            };
        });
        operations.put("FixedBytesState.addAndGet", (store, fill) -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            for (int i = 0; fill && i < ENTRY_COUNT; i++) {
                key.putLong(0, key(i));
                state.add(key, 0);
            }
            return index -> {
                key.putLong(0, key(index));
                return state.addAndGet(key, 0, 16, 1);
            };
        });
        return operations;
    }

    private static BytesState filledBytes(final DurableStateStore store, final boolean fill) {
        final BytesState state = store.bytesState("bytes");
        final UnsafeBuffer key = buffer(KEY_LENGTH);
        final UnsafeBuffer value = buffer(VALUE_LENGTH);
        for (int i = 0; fill && i < ENTRY_COUNT; i++) {
            key.putLong(0, key(i));
            state.put(key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
        }
        return state;
    }

    private static Map<String, OperationOf> reads() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.get", (store, fill) -> {
            final LongLongState state = store.longLongState("longs");
            for (int i = 0; fill && i < ENTRY_COUNT; i++) {
                state.put(key(i), i);
            }
            return index -> state.get(key(index), -1);
        });
        operations.put("BytesState.get", (store, fill) -> {
            final BytesState state = filledBytes(store, fill);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                return state.get(key, 0, KEY_LENGTH, value, 0);
            };
        });
        return operations;
    }
}

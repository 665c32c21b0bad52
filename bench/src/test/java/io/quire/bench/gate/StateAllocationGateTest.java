/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import io.quire.bench.gate.AllocationGate.OperationOf;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BatchConsumer;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.LongBytesState;
import io.quire.store.LongBytesStateReader;
import io.quire.store.LongDoubleState;
import io.quire.store.LongDoubleStateReader;
import io.quire.store.LongLongState;
import io.quire.store.LongSetState;
import io.quire.store.LongTimerConsumer;
import io.quire.store.LongTimerState;
import io.quire.store.TimeDomain;
import io.quire.store.ValueUpdater;
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
 * The operations that {@link AllocationGateTest} leaves: the rarer ones, timers, batches, and writes that wait in
 * groups for the disk.
 */
class StateAllocationGateTest {
    private static final int ENTRY_COUNT = 1 << 12;
    private static final int MASK = ENTRY_COUNT - 1;
    private static final int BATCH_COUNT = 100;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 40;

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothing() {
        return AllocationGate.tests(directory, operations(), Durability.PROCESS);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingInGroups() {
        final Map<String, OperationOf> some = new LinkedHashMap<>(batches());
        some.putAll(writes());
        return AllocationGate.tests(directory, some, Durability.GROUP);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingWhereEachWriteWaitsForTheDisk() {
        final Map<String, OperationOf> some = new LinkedHashMap<>(batches());
        some.putAll(writes());
        return AllocationGate.tests(directory, some, Durability.SYNC);
    }

    Map<String, OperationOf> operations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.putAll(longs());
        operations.putAll(longBytes());
        operations.putAll(bytes());
        operations.putAll(timers());
        operations.putAll(batches());
        return operations;
    }

    private static long key(final int index) {
        return KeySpace.keyOf(index & MASK);
    }

    private static UnsafeBuffer buffer(final int length) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    private static LongDoubleState filledDoubles(final DurableStateStore store) {
        final LongDoubleState state = store.longDoubleState("doubles");
        for (int i = 0; i < ENTRY_COUNT; i++) {
            state.put(key(i), i);
        }
        return state;
    }

    private static LongBytesState filledLongBytes(final DurableStateStore store) {
        final LongBytesState state = store.longBytesState("longBytes");
        final UnsafeBuffer value = buffer(VALUE_LENGTH);
        for (int i = 0; i < ENTRY_COUNT; i++) {
            state.put(key(i), value, 0, VALUE_LENGTH);
        }
        return state;
    }

    private static Map<String, OperationOf> longs() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongDoubleState.compareAndSet, putIfAbsent, containsKey", store -> {
            final LongDoubleState state = filledDoubles(store);
            return index -> (state.compareAndSet(key(index), index & MASK, index & MASK) ? 1 : 0)
                    + (long) state.putIfAbsent(key(index + 1), 1, -1)
                    + (state.containsKey(key(index + 2)) ? 1 : 0);
        });
        operations.put("LongDoubleState.getAll", store -> {
            final LongDoubleState state = filledDoubles(store);
            final long[] keys = new long[BATCH_COUNT];
            final double[] values = new double[BATCH_COUNT];
            return index -> {
                keys[index % BATCH_COUNT] = key(index);
                if (index % BATCH_COUNT == BATCH_COUNT - 1) {
                    state.getAll(keys, 0, BATCH_COUNT, values, -1);
                }
                return (long) values[index % BATCH_COUNT];
            };
        });
        operations.put("LongLongState.keyGroupOf", store -> {
            final LongLongState state = store.longLongState("longs");
            return index -> state.keyGroupOf(key(index));
        });
        operations.put("LongSetState.keyGroupOf", store -> {
            final LongSetState state = store.longSetState("set");
            return index -> state.keyGroupOf(key(index));
        });
        operations.put("LongDoubleState.keyGroupOf", store -> {
            final LongDoubleState state = store.longDoubleState("doubles");
            return index -> state.keyGroupOf(key(index));
        });
        operations.put("LongDoubleStateReader.getAll", store -> {
            filledDoubles(store);
            final LongDoubleStateReader reader = store.reader().longDoubleState("doubles");
            final long[] keys = new long[BATCH_COUNT];
            final double[] values = new double[BATCH_COUNT];
            return index -> {
                keys[index % BATCH_COUNT] = key(index);
                if (index % BATCH_COUNT == BATCH_COUNT - 1) {
                    reader.getAll(keys, 0, BATCH_COUNT, values, -1);
                }
                return (long) values[index % BATCH_COUNT];
            };
        });
        return operations;
    }

    private static Map<String, OperationOf> longBytes() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongBytesState.wrap, containsKey, valueLength, putIfAbsent, keyGroupOf", store -> {
            final LongBytesState state = filledLongBytes(store);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            return index -> (state.wrap(key(index), view) ? view.getLong(0) : 0)
                    + (state.containsKey(key(index + 1)) ? 1 : 0)
                    + (state.putIfAbsent(key(index + 2), value, 0, VALUE_LENGTH) ? 1 : 0)
                    + state.keyGroupOf(key(index))
                    + state.valueLength(key(index + 3));
        });
        operations.put("LongBytesState.getAll", store -> {
            final LongBytesState state = filledLongBytes(store);
            final long[] keys = new long[BATCH_COUNT];
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, value) -> sum[0] += value.getLong(0);
            return index -> {
                keys[index % BATCH_COUNT] = key(index);
                return index % BATCH_COUNT == BATCH_COUNT - 1 ? state.getAll(keys, 0, BATCH_COUNT, consumer) : sum[0];
            };
        });
        operations.put("LongBytesStateReader.containsKey", store -> {
            filledLongBytes(store);
            final LongBytesStateReader reader = store.reader().longBytesState("longBytes");
            return index -> reader.containsKey(key(index)) ? 1 : 0;
        });
        return operations;
    }

    private static Map<String, OperationOf> bytes() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("BytesState.addAndGet(5), keyGroupOf", store -> {
            final BytesState state = store.bytesState("bytes");
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                return state.addAndGet(key, 0, KEY_LENGTH, 3 * Long.BYTES, 1) + state.keyGroupOf(key, 0, KEY_LENGTH);
            };
        });
        operations.put("BytesStateReader.getAll, containsKey", store -> {
            final BytesState state = store.bytesState("bytes");
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            for (int i = 0; i < ENTRY_COUNT; i++) {
                key.putLong(0, key(i));
                state.addAndGet(key, 0, KEY_LENGTH, 1);
            }
            final BytesStateReader reader = store.reader().bytesState("bytes");
            final UnsafeBuffer keys = buffer(BATCH_COUNT * KEY_LENGTH);
            final int[] offsets = new int[BATCH_COUNT + 1];
            for (int i = 0; i <= BATCH_COUNT; i++) {
                offsets[i] = i * KEY_LENGTH;
            }
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, value) -> sum[0] += value.getLong(0);
            return index -> {
                key.putLong(0, key(index));
                keys.putBytes(index % BATCH_COUNT * KEY_LENGTH, key, 0, KEY_LENGTH);
                if (index % BATCH_COUNT == BATCH_COUNT - 1) {
                    reader.getAll(keys, offsets, 0, BATCH_COUNT, consumer);
                }
                return sum[0] + (reader.containsKey(key, 0, KEY_LENGTH) ? 1 : 0);
            };
        });
        operations.put("FixedBytesState.insertOrUpdate, add, containsKey, keyGroupOf, remove", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final ValueUpdater updater = view -> view.putLong(8, view.getLong(8) + 1);
            return index -> {
                key.putLong(0, key(index));
                final long present = state.insertOrUpdate(key, 0, updater) ? 1 : 0;
                key.putLong(0, key(index + 1));
                final long absent = (state.add(key, 0) ? 1 : 0) + (state.containsKey(key, 0) ? 1 : 0);
                key.putLong(0, key(index + 7));
                return present + absent + state.keyGroupOf(key, 0) + (state.remove(key, 0) ? 1 : 0);
            };
        });
        return operations;
    }

    /** Timers of long keys: half of them are deleted, the others delivered. */
    private static Map<String, OperationOf> timers() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongTimerState.registerTimer, deleteTimer, containsTimer, nextTimestamp, isEmpty", store -> {
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            return index -> (timers.registerTimer(key(index), index & MASK) ? 1 : 0)
                    + (timers.containsTimer(key(index + 1), index + 1 & MASK) ? 1 : 0)
                    + (timers.deleteTimer(key(index - 99), index - 99 & MASK) ? 1 : 0)
                    + (timers.isEmpty() ? 1 : 0)
                    + timers.nextTimestamp();
        });
        operations.put("LongTimerState.registerTimer, pollDue(2), pollDue(3)", store -> {
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            final long[] sum = new long[1];
            final LongTimerConsumer consumer = (key, timestamp) -> sum[0] += key;
            return index -> {
                timers.registerTimer(key(index), index);
                return (index & 1) == 0
                        ? timers.pollDue(index - 50, 3, consumer)
                        : timers.pollDue(index - 50, consumer);
            };
        });
        return operations;
    }

    /** Batches that write to two states, and are committed or rolled back. */
    private static Map<String, OperationOf> batches() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("DurableStateStore.beginBatch, commitBatch(0)", store -> {
            final LongLongState longs = store.longLongState("longs");
            final LongBytesState state = store.longBytesState("longBytes");
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                store.beginBatch();
                longs.addAndGet(key(index), 1);
                state.put(key(index + 1), value, 0, VALUE_LENGTH);
                longs.remove(key(index + 2));
                store.commitBatch();
                return index;
            };
        });
        operations.put("DurableStateStore.beginBatch, rollbackBatch", store -> {
            final LongLongState longs = store.longLongState("longs");
            final LongBytesState state = store.longBytesState("longBytes");
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                store.beginBatch();
                longs.put(key(index), index);
                state.put(key(index + 1), value, 0, VALUE_LENGTH);
                if ((index & 1) == 0) {
                    store.rollbackBatch();
                } else {
                    store.commitBatch();
                }
                return index;
            };
        });
        return operations;
    }

    private static Map<String, OperationOf> writes() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.put, addAndGet, remove", store -> {
            final LongLongState state = store.longLongState("longs");
            return index -> {
                state.put(key(index), index);
                return state.addAndGet(key(index + 1), 1) + (state.remove(key(index + 2)) ? 1 : 0);
            };
        });
        operations.put("LongBytesState.put, remove", store -> {
            final LongBytesState state = store.longBytesState("longBytes");
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                state.put(key(index), value, 0, VALUE_LENGTH);
                return state.remove(key(index + 2)) ? 1 : 0;
            };
        });
        operations.put("FixedBytesState.addAndGet", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                return state.addAndGet(key, 0, 16, 1);
            };
        });
        return operations;
    }
}

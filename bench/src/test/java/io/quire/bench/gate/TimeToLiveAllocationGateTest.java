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
import io.quire.store.FixedBytesStateReader;
import io.quire.store.ListState;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleState;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.LongSetState;
import io.quire.store.LongSetStateReader;
import io.quire.store.MapState;
import io.quire.store.TimeToLive;
import io.quire.store.TimeToLive.UpdateType;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueUpdater;
import io.quire.store.codec.Codecs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * No operation of states of primitives and bytes that have a time to live allocates anything. Nothing expires during
 * the run; of the update types the one that asks for most, which writes at each read, and the one that looks before it
 * writes.
 */
class TimeToLiveAllocationGateTest {
    private static final int ENTRY_COUNT = 1 << 12;
    private static final int MASK = ENTRY_COUNT - 1;
    private static final int BATCH_COUNT = 40;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 40;

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingWhenReadsWrite() {
        return AllocationGate.tests(directory, operations(UpdateType.ON_READ_AND_WRITE), Durability.PROCESS);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingWhenWritesKeepTheTime() {
        return AllocationGate.tests(directory, operations(UpdateType.ON_CREATE), Durability.PROCESS);
    }

    Map<String, OperationOf> operations() {
        return operations(UpdateType.ON_READ_AND_WRITE);
    }

    private static Map<String, OperationOf> operations(final UpdateType update) {
        final TimeToLive hour = TimeToLive.of(Duration.ofHours(1)).updatedBy(update);
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.putAll(longs(hour));
        operations.putAll(bytes(hour));
        operations.putAll(readers(hour));
        operations.putAll(passes(hour));
        return operations;
    }

    private static long key(final int index) {
        return KeySpace.keyOf(index & MASK);
    }

    private static UnsafeBuffer buffer(final int length) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    private static Map<String, OperationOf> longs(final TimeToLive ttl) {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put(
                "LongLongState.put, get, addAndGet, getAndAdd, compareAndSet, putIfAbsent, containsKey, remove,"
                        + " keyGroupOf with a time to live",
                store -> {
                    final LongLongState state = store.longLongState("longs", ttl);
                    return index -> {
                        state.put(key(index), index);
                        return state.get(key(index + 9), 0)
                                + state.addAndGet(key(index + 1), 3)
                                + state.getAndAdd(key(index + 2), 3)
                                + (state.compareAndSet(key(index), index, 1) ? 1 : 0)
                                + state.putIfAbsent(key(index + 17), 5, -1)
                                + (state.containsKey(key(index + 5)) ? 1 : 0)
                                + (state.remove(key(index + 23)) ? 1 : 0)
                                + state.keyGroupOf(index);
                    };
                });
        operations.put("LongLongState.getAll with a time to live", store -> {
            final LongLongState state = store.longLongState("longs", ttl);
            final long[] keys = new long[BATCH_COUNT];
            final long[] values = new long[BATCH_COUNT];
            return index -> {
                keys[index % BATCH_COUNT] = key(index);
                state.put(key(index), index);
                if (index % BATCH_COUNT == BATCH_COUNT - 1) {
                    state.getAll(keys, 0, BATCH_COUNT, values, -1);
                }
                return values[index % BATCH_COUNT];
            };
        });
        operations.put(
                "LongDoubleState.put, get, getAll, addAndGet, getAndAdd, compareAndSet, putIfAbsent, remove with a time"
                        + " to live",
                store -> {
                    final LongDoubleState state = store.longDoubleState("doubles", ttl);
                    final long[] keys = new long[1];
                    final double[] values = new double[1];
                    return index -> {
                        state.put(key(index), index);
                        keys[0] = key(index + 4);
                        state.getAll(keys, 0, 1, values, -1);
                        return (long) (state.get(key(index + 9), 0)
                                + values[0]
                                + state.addAndGet(key(index + 1), 3)
                                + state.getAndAdd(key(index + 2), 3)
                                + (state.compareAndSet(key(index), index, 1) ? 1 : 0)
                                + state.putIfAbsent(key(index + 17), 5, -1)
                                + (state.remove(key(index + 23)) ? 1 : 0));
                    };
                });
        operations.put("LongSetState.add, contains, remove with a time to live", store -> {
            final LongSetState state = store.longSetState("set", ttl);
            return index -> (state.add(key(index)) ? 1 : 0)
                    + (state.contains(key(index + 9)) ? 1 : 0)
                    + (state.remove(key(index + 17)) ? 1 : 0);
        });
        operations.put("LongLongState.put, LongSetState.add in batches with a time to live", store -> {
            final LongLongState longs = store.longLongState("longs", ttl);
            final LongSetState set = store.longSetState("set", ttl);
            return index -> {
                store.beginBatch();
                longs.put(key(index), index);
                longs.addAndGet(key(index + 7), 1);
                set.add(key(index));
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

    private static Map<String, OperationOf> bytes(final TimeToLive ttl) {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        final ValueUpdater updater = view -> view.putLong(8, view.getLong(8) + 1);
        operations.put(
                "LongBytesState.put, get, wrap, update, containsKey, valueLength, putIfAbsent, remove with a time to"
                        + " live",
                store -> {
                    final LongBytesState state = store.longBytesState("longBytes", ttl);
                    final UnsafeBuffer value = buffer(VALUE_LENGTH);
                    final UnsafeBuffer view = new UnsafeBuffer(0, 0);
                    return index -> {
                        state.put(key(index), value, 0, VALUE_LENGTH);
                        return state.get(key(index + 1), value, 0)
                                + (state.wrap(key(index + 2), view) ? view.getLong(0) : 0)
                                + (state.update(key(index + 3), updater) ? 1 : 0)
                                + (state.containsKey(key(index + 4)) ? 1 : 0)
                                + state.valueLength(key(index + 5))
                                + (state.putIfAbsent(key(index + 6), value, 0, VALUE_LENGTH) ? 1 : 0)
                                + (state.remove(key(index + 23)) ? 1 : 0);
                    };
                });
        operations.put("BytesState.put, get, addAndGet(4), addAndGet(5), update, remove with a time to live", store -> {
            final BytesState state = store.bytesState("bytes", ttl);
            final BytesState counters = store.bytesState("counters", ttl);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
                final long sum = state.addAndGet(key, 0, KEY_LENGTH, 12, 3)
                        + counters.addAndGet(key, 0, KEY_LENGTH, 3)
                        + (state.update(key, 0, KEY_LENGTH, updater) ? 1 : 0);
                key.putLong(0, key(index + 9));
                return sum + state.get(key, 0, KEY_LENGTH, value, 0) + (state.remove(key, 0, KEY_LENGTH) ? 1 : 0);
            };
        });
        operations.put("BytesState.getAll with a time to live", store -> {
            final BytesState state = store.bytesState("bytes", ttl);
            final UnsafeBuffer keys = buffer(2 * KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            final int[] offsets = {0, KEY_LENGTH, 2 * KEY_LENGTH};
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, found) -> sum[0] += found.getLong(0);
            return index -> {
                keys.putLong(0, key(index));
                keys.putLong(KEY_LENGTH, key(index + 1));
                state.put(keys, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
                return sum[0] + state.getAll(keys, offsets, 0, 2, consumer);
            };
        });
        operations.put(
                "FixedBytesState.put, get, wrap, add, addAndGet, update, insertOrUpdate, compareAndSet, putIfAbsent,"
                        + " getAll, remove with a time to live",
                store -> {
                    final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH, ttl);
                    final UnsafeBuffer key = buffer(KEY_LENGTH);
                    final UnsafeBuffer value = buffer(VALUE_LENGTH);
                    final UnsafeBuffer view = new UnsafeBuffer(0, 0);
                    final long[] sum = new long[1];
                    final BatchConsumer consumer = (index, found) -> sum[0] += found.getLong(0);
                    return index -> {
                        key.putLong(0, key(index));
                        state.put(key, 0, value, 0);
                        long result = state.addAndGet(key, 0, 16, 1)
                                + (state.get(key, 0, value, 0) ? 1 : 0)
                                + (state.update(key, 0, updater) ? 1 : 0)
                                + (state.compareAndSet(key, 0, value, 0, value, 0) ? 1 : 0);
                        key.putLong(0, key(index + 1));
                        result += (state.insertOrUpdate(key, 0, updater) ? 1 : 0)
                                + (state.add(key, 0) ? 1 : 0)
                                + (state.wrap(key, 0, view) ? view.getLong(0) : 0)
                                + (state.putIfAbsent(key, 0, value, 0) ? 1 : 0)
                                + state.getAll(key, 0, 1, consumer);
                        key.putLong(0, key(index + 7));
                        return result + (state.remove(key, 0) ? 1 : 0) + sum[0];
                    };
                });
        return operations;
    }

    /** Five in a million operations. Cursors of their own would take 64 KiB each; the rest is a few small objects. */
    private static Map<String, OperationOf> passes(final TimeToLive ttl) {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("DurableStateStore.cleanExpired of BytesState", store -> {
            final BytesState state = store.bytesState("bytes", ttl);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, KEY_LENGTH, key, 0, KEY_LENGTH);
                return cleanedAt(store, index);
            };
        });
        operations.put("DurableStateStore.cleanExpired of LongLongState", store -> {
            final LongLongState state = store.longLongState("longs", ttl);
            return index -> {
                state.put(key(index), index);
                return cleanedAt(store, index);
            };
        });
        final UpdateType update =
                ttl.updateType() == UpdateType.ON_READ_AND_WRITE ? UpdateType.ON_CREATE_AND_WRITE : ttl.updateType();
        operations.put("DurableStateStore.cleanExpired of ListState", store -> {
            final ListState<Long, Long> state = store.state(
                    TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG).withTimeToLive(ttl.updatedBy(update)));
            for (long key = 0; key < ENTRY_COUNT; key++) {
                state.add(key, key);
            }
            return index -> cleanedAt(store, index);
        });
        operations.put("DurableStateStore.cleanExpired of MapState", store -> {
            final MapState<Long, Long, Long> state =
                    store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                            .withTimeToLive(ttl));
            for (long key = 0; key < ENTRY_COUNT; key++) {
                state.put(key, key, key);
            }
            return index -> cleanedAt(store, index);
        });
        return operations;
    }

    private static long cleanedAt(final DurableStateStore store, final int index) {
        return index % 200_000 == 0 ? store.cleanExpired(Long.MAX_VALUE) : 0;
    }

    private static Map<String, OperationOf> readers(final TimeToLive ttl) {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongStateReader.get, containsKey, getAll with a time to live", store -> {
            final LongLongState state = store.longLongState("longs", ttl);
            final LongLongStateReader reader = store.reader().longLongState("longs");
            final long[] keys = new long[2];
            final long[] values = new long[2];
            return index -> {
                state.put(key(index), index);
                keys[0] = key(index);
                keys[1] = key(index + 9);
                reader.getAll(keys, 0, 2, values, -1);
                return values[0]
                        + values[1]
                        + reader.get(key(index + 1), -1)
                        + (reader.containsKey(key(index + 2)) ? 1 : 0);
            };
        });
        operations.put("LongSetStateReader.contains with a time to live", store -> {
            final LongSetState state = store.longSetState("set", ttl);
            final LongSetStateReader reader = store.reader().longSetState("set");
            return index -> (state.add(key(index)) ? 1 : 0) + (reader.contains(key(index + 9)) ? 1 : 0);
        });
        operations.put("BytesStateReader.get, valueLength, containsKey with a time to live", store -> {
            final BytesState state = store.bytesState("bytes", ttl);
            final BytesStateReader reader = store.reader().bytesState("bytes");
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
                return reader.get(key, 0, KEY_LENGTH, value, 0)
                        + reader.valueLength(key, 0, KEY_LENGTH)
                        + (reader.containsKey(key, 0, KEY_LENGTH) ? 1 : 0);
            };
        });
        operations.put("FixedBytesStateReader.get, containsKey with a time to live", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH, ttl);
            final FixedBytesStateReader reader = store.reader().fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = buffer(KEY_LENGTH);
            final UnsafeBuffer value = buffer(VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, value, 0);
                return (reader.get(key, 0, value, 0) ? value.getLong(0) : 0) + (reader.containsKey(key, 0) ? 1 : 0);
            };
        });
        return operations;
    }
}
